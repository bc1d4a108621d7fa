# SPDX-License-Identifier: BSD-2-Clause
"""The power button: a guest that listens is asked, and shuts itself down."""
import struct

from cases import on_host
from harness import Failure, expect_equal

HOST = {"disks": 1}


def listen(guest):
    """The guest waits for a press of its power button, says which key of input it was, and powers off."""
    guest.send("exec 3< /dev/input/event0; echo listening; head -c 24 <&3 | od -An -tu2 -j16 -N4; poweroff\n")
    guest.expect(r"^listening\n")


def press(guest):
    """SIGTERM; the guest sees EV_KEY, KEY_POWER."""
    guest.job.signal("TERM")
    guest.expect(r"^ +1 +116\n")


@on_host(**HOST)
def sigterm_presses_the_power_button_of_a_guest_with_a_device_tree(host):
    host.load_vmm()
    guest = host.linux().login()
    guest.run("modprobe evdev && modprobe gpio_keys")
    listen(guest)
    press(guest)
    expect_equal(guest.wait(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_second_sigterm_stops_a_guest_that_does_not_react(host):
    host.load_vmm()
    guest = host.linux().login()
    guest.run("modprobe evdev && modprobe gpio_keys")
    guest.send("exec 3< /dev/input/event0; echo listening; head -c 24 <&3 | od -An -tu2 -j16 -N4\n")
    guest.expect(r"^listening\n")
    press(guest)
    if not guest.job.running():
        raise Failure("bhyve has ended, though the guest has not")
    expect_equal(guest.kill("TERM"), 5, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


# Says by the pvpanic register that it panicked, and powers off.
PANICS = [0xd2a121a0,                           # mov x0, #0x090d0000
          0x52800021, 0x39000001,               # mov w1, #1; strb w1, [x0]
          0x52800100, 0x72b08000, 0xd4000002]   # mov w0, #8; movk w0, #0x8400, lsl 16; hvc #0


@on_host(**HOST)
def a_guest_that_panicked_is_reported_and_ends_as_asked(host):
    """Debian's kernel has no driver for pvpanic: a program does what it does."""
    host.load_vmm()
    octal = "".join(f"\\{byte:03o}" for byte in struct.pack(f"<{len(PANICS)}I", *PANICS))
    host.run(f"printf '{octal}' > /tmp/panics.bin")
    for action, status in (("report", 1), ("halt", 2), ("poweroff", 1), ("reset", 0)):
        result = host.run(f"bhyve -o console=null -o kernel=/tmp/panics.bin -o panic.action={action} vm0 2>&1", check=False)
        expect_equal(result.status, status, f"bhyve's exit status with panic.action={action}")
        if not result.output.startswith("bhyve: vm0: the guest panicked"):
            raise Failure(f"bhyve said {result.output!r}")
        host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_guest_that_lets_its_watchdog_expire_is_reset_or_ends_as_asked(host):
    """Linux' own driver; who opened the device and lets it go without a word has hung."""
    host.load_vmm()
    for options, status in (("", 0), ("-o watchdog.action=poweroff", 1)):
        guest = host.linux(options=options).login()
        guest.run("modprobe sbsa_gwdt timeout=2 && [ -c /dev/watchdog0 ]")
        found = guest.run("cat /sys/class/watchdog/watchdog0/identity /sys/class/watchdog/watchdog0/timeout").lines
        expect_equal(found, ["SBSA Generic Watchdog", "2"], "the watchdog")
        guest.send("echo > /dev/watchdog0\n")
        expect_equal(guest.wait(), status, "bhyve's exit status")
        if "vm0: the guest's watchdog expired" not in guest.stderr():
            raise Failure(f"bhyve said {guest.stderr()!r}")
        host.run("bhyvectl --vm=vm0 --destroy")
