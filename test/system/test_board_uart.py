# SPDX-License-Identifier: BSD-2-Clause
"""The program uart-boot against the simulated BootROM, over a pty: each variant of what is guessed about the real one."""
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
from contextlib import contextmanager
from pathlib import Path

from cases import on_pc
from harness import PC_BUILD, Failure

UART_BOOT = PC_BUILD / "board/uart-boot"
A3700_IMAGE = PC_BUILD / "board/a3700-image"
SIMULATOR = PC_BUILD / "board/test/sim-bootrom"
# More than any run needs, and less than a hang
LIMIT = 150

RECIPE = """[CRV2]
RELEASE: 2 0x1FFF0760
[GPP2]
DELAY: 1
[DDR3]
DDR_INIT_ENABLE: 1
WRITE: 0xC00002C4 0x00100030
"""


@contextmanager
def made_image():
    """A folder with the flash image "image", made of random "wtmi" and "obmi"."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "recipe").write_text(RECIPE)
        (path / "wtmi").write_bytes(os.urandom(10668))
        (path / "obmi").write_bytes(os.urandom(200001))
        subprocess.run([A3700_IMAGE, "create", "--recipe", path / "recipe", "--output", path / "image", path / "wtmi",
                        path / "obmi"], check=True, capture_output=True)
        yield path


def boot(folder, *options, board=(), status=0, terminal=False):
    """Run uart-boot on a simulated board. Returns what it said, and what the board reports."""
    with subprocess.Popen([SIMULATOR, "--save", folder, *board], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as simulator:
        device = simulator.stdout.readline().strip()
        command = [UART_BOOT, *options, *([] if terminal else ["--no-terminal"]), device, folder / "image"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        finally:
            report, _ = simulator.communicate()
    output = done.stdout + done.stderr
    report = dict(line.partition(" ")[::2] for line in report.splitlines())
    if done.returncode != status or status == 0 and report["complaint"]:
        raise Failure(f"{options} on {board}: status {done.returncode}, not {status}: {report}\n{output}")
    return output, report


def check_images(folder, report):
    """The board has each image as it is in the file; the TIM has become one for the UART."""
    assert report["received"] == "3", report
    tim = (folder / "image0").read_bytes()
    assert struct.unpack_from("<I", tim, 0x28)[0] == 0x55415223
    for name, image in (("wtmi", "image1"), ("obmi", "image2")):
        assert (folder / name).read_bytes() == (folder / image).read_bytes(), f"{name} is not what was sent"


def guesses():
    done = subprocess.run([SIMULATOR, "--list"], capture_output=True, text=True, check=True)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@on_pc
def uart_boot_starts_a_board_in_every_variant_that_is_guessed():
    with made_image() as folder:
        for other in [[], *([f"--other={guess}"] for guess in guesses())]:
            output, report = boot(folder, board=other)
            check_images(folder, report)
            assert "all images sent: the board starts them" in output
            assert report["fast"] == ("0" if other == ["--other=fast"] else "1"), report


@on_pc
def uart_boot_starts_a_board_on_which_every_guess_is_wrong():
    with made_image() as folder:
        every = [f"--other={guess}" for guess in guesses()]
        for options in ([], ["--slow"]):
            _, report = boot(folder, *options, board=every)
            check_images(folder, report)


@on_pc
def uart_boot_goes_on_by_itself_through_several_resets():
    with made_image() as folder:
        for start, said in (("boots", "lost after it took the pattern (time 3)"),
                            ("misses", "the board runs something else"),
                            ("falls-silent", "(time 3): reset it again; several times are normal")):
            output, report = boot(folder, board=[f"--start={start}", "--boots=3"])
            check_images(folder, report)
            assert report["resets"] == "3" and said in output, output
        for start in ("uboot", "vendors-uboot"):
            output, report = boot(folder, board=[f"--start={start}"])
            check_images(folder, report)


@on_pc
def uart_boot_says_why_it_gave_up_and_ends_with_status_2():
    with made_image() as folder:
        for start, reason in (("dead", "was the board reset, and is this its console?"),
                              ("uboot-stays", "prompt, and was not reset"),
                              ("boots", "it boots from its own device")):
            output, report = boot(folder, "--wait", "3", board=[f"--start={start}", "--boots=1000"], status=2)
            assert reason in output and report["received"] == "0", output


@on_pc
def uart_boot_changes_the_speed_where_the_board_can():
    with made_image() as folder:
        fast, slow = (912000, 931000), (115200, 115200)
        for other, speeds in (([], fast), (["--other=pll", "--other=uart1-pins", "--other=scratch"], fast),
                              (["--other=status-9"], slow)):
            output, report = boot(folder, "--baud", "921600", board=["--crystal=25000000", *other])
            check_images(folder, report)
            assert speeds[0] <= int(report["highest"]) <= speeds[1], report
            assert 111600 < int(report["baud"]) < 118000 and report["garbled"] == "0", report
            assert ("staying at 115200" in output) == (speeds == slow), output


@on_pc
def uart_boot_becomes_a_terminal_and_takes_a_prompt():
    with made_image() as folder:
        for options, start in ((["--console"], "prompt"), ([], "prompt"), (["--ready"], "ready")):
            output, report = boot(folder, *options, board=[f"--start={start}"], terminal=True)
            check_images(folder, report)
            assert "terminal; Ctrl-] leaves it" in output, output


def run_terminal(folder, until, **streams):
    """Run uart-boot as a terminal on a simulated board until that function of the process has returned; ends it."""
    with subprocess.Popen([SIMULATOR, "--start", "ready"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as simulator:
        device = simulator.stdout.readline().strip()
        with subprocess.Popen([UART_BOOT, "--ready", device, folder / "image"], text=True, **streams) as program:
            try:
                until(program, device)
                return program.wait(timeout=LIMIT)
            finally:
                program.kill()
                simulator.communicate()


@on_pc
def uart_boot_that_is_killed_leaves_the_users_terminal_as_it_was():
    def kill(program, _):
        assert any("terminal; Ctrl-]" in line for line in program.stdout)
        while termios.tcgetattr(terminal)[3] & termios.ICANON:
            assert program.poll() is None
        program.send_signal(signal.SIGTERM)

    master, terminal = pty.openpty()
    try:
        before = termios.tcgetattr(terminal)
        with made_image() as folder:
            status = run_terminal(folder, kill, stdin=terminal, stdout=subprocess.PIPE)
        assert status == -signal.SIGTERM, status
        assert termios.tcgetattr(terminal) == before, "the terminal is still raw"
    finally:
        os.close(master)
        os.close(terminal)
