# SPDX-License-Identifier: BSD-2-Clause
"""What a person meets on this PC: make's help, the installation of packages, the runner of these very tests."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import on_pc
from harness import HOST, TOP, expect_equal

PACKAGES = TOP / "platform/debian/packages"
# What is on every Debian system, and make
ESSENTIAL = "bash sh sed grep find cat head tail sort tr cut uname nproc mkdir touch dirname basename awk mawk make git env test true".split()


def out(*command, status=0, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, **options)
    assert done.returncode == status, f"{command}: status {done.returncode}:\n{done.stdout}"
    return done.stdout


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # a link to this PC's program, which is not to be written to
    path.write_text(text)
    path.chmod(0o755)


def only(folder, names):
    """A folder that has these programs of this PC, for PATH."""
    folder.mkdir()
    for name in names:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


@on_pc
def make_reads_its_files_without_anything_that_it_installs():
    with tempfile.TemporaryDirectory() as scratch:
        path = only(Path(scratch) / "bin", ESSENTIAL)
        # The Makefile appends the folders of root's tools, where no compiler is.
        text = out("make", "-C", TOP, "--no-print-directory", "help", env={"PATH": str(path), "HOME": scratch})
    expect_equal(text.splitlines()[0], "bhyve-armv8: a hypervisor for ARMv8-A, built on this PC and tried on an emulated ARM host.",
                 "the first line of make help")
    assert "not found" not in text and "rror" not in text, text


class Pc:
    """A PC as platform/debian/packages sees it, in a folder: what dpkg, apt-get, sudo and id say there."""

    def __init__(self, scratch, installed=(), root=False, groups="ann", sudo=None, lists=False):
        self.scratch = Path(scratch)
        self.bin = only(self.scratch / "bin", [*ESSENTIAL, "comm", "xargs", "stat", "flock", "sleep"])
        self.installed = self.scratch / "installed"
        self.installed.write_text("".join(f"installed amd64 {name}\n" for name in installed))
        program(self.bin / "dpkg", "#!/bin/sh\necho amd64\n")
        program(self.bin / "dpkg-query", f"#!/bin/sh\ncat {self.installed}\n")
        program(self.bin / "id", f"#!/bin/sh\ncase $1 in -u) echo {0 if root else 1000} ;; *) echo {groups} ;; esac\n")
        # Whether apt has lists is what find says of them
        program(self.bin / "find", f"#!/bin/sh\n{'echo there' if lists else ':'}\n")
        program(self.bin / "apt-get", f"""#!/bin/bash
case " $* " in
*" --assume-no "*) echo "2 upgraded, 3 newly installed, 0 to remove and 9 not upgraded."
	echo "After this operation, 12.3 MB of additional disk space will be used." ;;
*" --print-uris "*) echo "'http://x/a.deb' a.deb 2000000 SHA256:0"; echo "'http://x/b.deb' b.deb 3000000 SHA256:0" ;;
*) echo "apt-get $*" >> {self.scratch}/calls; echo "E: said by apt-get" >&2; [[ ! -e {self.scratch}/broken ]] ;;
esac
""")
        if sudo is not None:
            program(self.bin / "sudo", f'#!/bin/bash\necho "sudo $*" >> {self.scratch}/calls\n[[ $1 != -n ]] || {sudo} || exit 1\n'
                                       'while [[ $1 == -* ]]; do shift; done\nexec "$@"\n')
        self.list = self.scratch / "list"
        self.list.write_text("# a comment\n\nhave\nlack-a\nlack-b\nelsewhere [!amd64]\narm [arm64]\n\nhere [amd64 i386]\n")

    def packages(self, status):
        # No terminal of this process's is to be asked for a password.
        return out("/usr/bin/setsid", "--wait", PACKAGES, self.list, status=status, cwd=self.scratch, env={"PATH": str(self.bin)})

    def calls(self):
        calls = self.scratch / "calls"
        return calls.read_text().splitlines() if calls.exists() else []


INSTALL = "apt-get install -y --no-install-recommends here lack-a lack-b"


@on_pc
def packages_that_dpkg_has_are_not_installed_again():
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have", "lack-a", "lack-b", "here"])
        expect_equal(pc.packages(status=0), "", "what is said")
        expect_equal(pc.calls(), [], "what is called")


@on_pc
def root_installs_after_reading_the_lists_where_there_are_none():
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have"], root=True)
        said = pc.packages(status=0)
        assert "this PC: 5 packages, with what they depend on: 5 MB to download, 12.3 MB on disk" in said, said
        calls = pc.calls()
        assert len(calls) == 2 and calls[0].endswith(" update") and calls[1].endswith(" install here lack-a lack-b"), calls
        assert "--no-install-recommends" in calls[1], calls


@on_pc
def lists_that_are_there_are_read_anew_only_when_an_installation_fails():
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have"], root=True, lists=True)
        pc.packages(status=0)
        expect_equal(len(pc.calls()), 1, "calls of apt-get")
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have"], root=True, lists=True)
        (pc.scratch / "broken").touch()
        said = pc.packages(status=1)
        expect_equal([call.split()[-1] for call in pc.calls()], ["lack-b", "update", "lack-b"], "calls of apt-get")
        assert "E: said by apt-get" in said and f"    {INSTALL}\n" in said and "sudo" not in said, said


@on_pc
def a_user_without_sudo_is_told_what_root_has_to_type():
    for sudo in (None, "false"):  # none, or one that this user is not of the group of
        with tempfile.TemporaryDirectory() as scratch:
            pc = Pc(scratch, installed=["have"], sudo=sudo)
            said = pc.packages(status=1)
            assert f"\n    su - -c 'apt-get update && {INSTALL}'\n" in said, said
            expect_equal(said.count("apt-get install"), 1, "commands that are printed")
            assert "5 MB to download" in said and "sudo" not in said.replace("sudo -n", ""), said
            assert not any(call.startswith("apt-get") for call in pc.calls()), pc.calls()


@on_pc
def sudo_is_used_where_it_asks_nothing_and_named_where_nobody_can_type_a_password():
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have"], sudo="true", lists=True)
        pc.packages(status=0)
        assert pc.calls()[-1].endswith(" install here lack-a lack-b"), pc.calls()
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have"], sudo="false", groups="ann sudo", lists=True)
        said = pc.packages(status=1)
        assert f"\n    sudo sh -c '{INSTALL}'\n" in said and "su -" not in said, said


@on_pc
def sudo_asks_for_its_password_on_a_terminal():
    with tempfile.TemporaryDirectory() as scratch:
        pc = Pc(scratch, installed=["have"], sudo="false", groups="ann sudo", lists=True)
        # script(1) is a terminal for what it runs.
        said = out("/usr/bin/script", "-qec", f"env PATH={pc.bin} {PACKAGES} {pc.list}", "/dev/null", cwd=scratch)
        assert "sudo installs them" in said, said
        assert "sudo -v" in pc.calls() and pc.calls()[-1].endswith(" install here lack-a lack-b"), pc.calls()


# As apt-get writes it to APT::Status-Fd
APT_STATUS = """dlstatus:1:0.0000:Retrieving file 1 of 4
dlstatus:2:-nan:Retrieving file 2 of 4
dlstatus:3:51.0843:Retrieving file 3 of 4 (2s remaining)
dlstatus:4:99.0000:Retrieving file 4 of 4
pmstatus:dpkg-exec:0.0000:Running dpkg
pmstatus:cpio:7.6923:Preparing cpio (amd64)
pmstatus:cpio:7.6923:Unpacking cpio (amd64)
pmstatus:libfdt1:amd64:17.6923:Unpacking libfdt1 (amd64)
pmstatus:zstd:38.4615:Unpacking zstd (amd64)
pmstatus:mtools:38.4615:Unpacking mtools (amd64)
pmstatus:cpio:38.4615:Unpacking cpio (amd64)
pmstatus:cpio:46.1538:Installing cpio (amd64)
pmstatus:cpio:61.5385:Installed cpio (amd64)
pmstatus:zstd:92.3077:Installed zstd (amd64)
"""


@on_pc
def apt_progress_counts_packages_and_megabytes():
    progress = TOP / "platform/debian/apt-progress"
    with tempfile.TemporaryDirectory() as scratch:
        status = Path(scratch) / "status"
        status.write_text(APT_STATUS)
        with open(status) as text:
            lines = subprocess.run([progress, "this PC", "4", "8000000"], stdin=text, capture_output=True, text=True, check=True).stdout
        expect_equal(lines.splitlines(), [
            "  APT     this PC: downloaded 2 of 4 packages, 4 of 8 MB",
            "  APT     this PC: downloaded 3 of 4 packages, 7 of 8 MB",
            *(f"  APT     this PC: unpacked {n} of 4 packages ({name})"
              for n, name in enumerate(("cpio", "libfdt1", "zstd", "mtools"), 1)),
            *(f"  APT     this PC: set up {n} of 4 packages ({name})" for n, name in enumerate(("cpio", "zstd"), 1))], "lines")
        shown = subprocess.run(["script", "-qec", f"{progress} 'this PC' 4 8000000 < {status}", "/dev/null"], stdin=subprocess.DEVNULL,
                               capture_output=True, check=True).stdout.decode()
    # On a terminal, one line for each phase, that changes
    assert shown.count("\n") == 3 and "\r\033[K  APT     this PC: unpacked 4 of 4 packages (mtools)\r" in shown, repr(shown)


@on_pc
def downloads_are_what_is_missing_and_whole():
    with tempfile.TemporaryDirectory() as scratch:
        archives, calls = Path(scratch) / "archives", Path(scratch) / "calls"
        archives.mkdir()
        (archives / "there_1_arm64.deb").touch()
        wanted = "there_1_arm64.deb 5000000\nb_1%3a2.0%2b_armhf.deb 2000000\nc_3_all.deb 1500000\n"

        def download(status, broken):
            program(Path(scratch) / "bin/apt-get", f"#!/bin/sh\necho \"$*\" > {calls}\necho x > b_1%3a2.0%2b_armhf.deb\n{broken}\n"
                                                   "echo x > c_3_all.deb\n")
            path = f"{scratch}/bin:{os.environ['PATH']}"
            done = subprocess.run([TOP / "platform/debian/download", archives, "a host"], input=wanted, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env=dict(os.environ, PATH=path))
            expect_equal(done.returncode, status, f"status of {done.stdout}")
            return done.stdout

        said = download(1, broken="echo E: no such luck; exit 100")
        assert "E: no such luck" in said and sorted(archives.glob("*.deb")) == [archives / "there_1_arm64.deb"], said
        assert "a host: 2 packages to download, 4 MB" in download(0, broken=""), said
        assert calls.read_text().endswith(" download b:armhf=1:2.0+ c=3\n"), calls.read_text()
        assert (archives / "b_1%3a2.0%2b_armhf.deb").exists() and (archives / "c_3_all.deb").exists()
        calls.unlink()
        expect_equal(download(0, broken=""), "", "what is said when all is there")
        assert not calls.exists()


@on_pc
def the_headers_that_are_installed_need_no_others():
    with tempfile.TemporaryDirectory() as scratch:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        out("make", "-C", TOP, "-s", f"HOST={HOST}", "install", f"DESTDIR={scratch}", "PREFIX=/usr", env=environment)
        headers = sorted(Path(scratch, "usr/include/bhyve").iterdir())
        assert "vmmapi.h" in [header.name for header in headers], headers
        for header in headers:
            out("gcc", "-std=c17", "-fsyntax-only", "-Wall", "-Werror", "-x", "c", "-include", header, "/dev/null")


# What apt-cache says of kernels: one in a single package, a newer one in several, and two that the mirror does not have whole yet:
# without headers, and with the older kernel's build tools for this PC.
KERNELS = """
linux-image-arm64 9-1 linux-image-9-arm64
linux-image-9-arm64 9-1 kmod, linux-base-9-arm64 (= 9-1), linux-binary-9-arm64 (= 9-1), linux-modules-9-arm64 (= 9-1)
linux-image-arm64 8-2 linux-image-8-arm64 (= 8-2)
linux-image-8-arm64 8-2 dracut | initramfs-tools, linux-base-8-arm64 (= 8-2), linux-binary-8-arm64 (= 8-2), linux-modules-8-arm64 (= 8-2)
linux-base-8-arm64 8-2
linux-binary-8-arm64 8-2 linux-base-8-arm64 (= 8-2)
linux-modules-8-arm64 8-2 kmod, linux-base-8-arm64 (= 8-2)
linux-headers-8-arm64 8-2 gcc-14, linux-base (>= 4), linux-headers-8-common (= 8-2), linux-kbuild-8
linux-headers-8-common 8-2
linux-image-arm64 8-1 linux-image-8-arm64 (= 8-1)
linux-image-8-arm64 8-1 dracut | initramfs-tools, linux-base-8-arm64 (= 8-1), linux-binary-8-arm64 (= 8-1), linux-modules-8-arm64 (= 8-1)
linux-base-8-arm64 8-1
linux-binary-8-arm64 8-1 linux-base-8-arm64 (= 8-1)
linux-modules-8-arm64 8-1 kmod, linux-base-8-arm64 (= 8-1)
linux-headers-8-arm64 8-1 gcc-14, linux-base (>= 4), linux-headers-8-common (= 8-1), linux-kbuild-8
linux-headers-8-common 8-1
linux-kbuild-8:amd64 8-1
linux-image-rt-arm64 6-1 linux-image-6-rt-arm64 (= 6-1)
linux-image-6-rt-arm64 6-1 kmod, linux-base (>= 4) | initramfs-tools
linux-headers-6-rt-arm64 6-1 linux-headers-6-common-rt (= 6-1), linux-kbuild-6
linux-headers-6-common-rt 6-1
linux-kbuild-6:amd64 6-1
"""
# As apt-cache itself: "show" of a version that is not there says nothing and ends with 0 where the package has another.
APT_CACHE = """#!/bin/sh
case $1 in
madison) awk -v name="$2" '$1 == name { print name " | " $2 " | mirror" }' "$KERNELS" ;;
show) shift; [ "$1" != --no-all-versions ] || shift
	awk -v name="${1%%=*}" -v version="${1#*=}" '
		$1 == name { found = 1 }
		$1 == name && $2 == version { sub(/^[^ ]+ [^ ]+ ?/, ""); print "Depends: " $0 }
		END { exit found ? 0 : 100 }' "$KERNELS" ;;
esac
"""


@on_pc
def a_kernel_in_one_package_or_in_several_is_fetched_whole_and_unpacked_with_the_same_names():
    debian = TOP / "platform/debian"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        program(scratch / "bin/apt-cache", APT_CACHE)
        (scratch / "kernels").write_text(KERNELS.lstrip())
        environment = dict(os.environ, PATH=f"{scratch}/bin:{os.environ['PATH']}", KERNELS=str(scratch / "kernels"))

        def packages(flavour, status=0):
            return out("bash", "-c", f". {debian}/kernel.sh; kernel_packages {flavour} amd64", status=status, env=environment).split()

        parts = ["image-8-arm64", "base-8-arm64", "binary-8-arm64", "modules-8-arm64", "headers-8-arm64", "headers-8-common",
                 "kbuild-8:amd64"]
        expect_equal(packages("arm64"), [f"linux-{part}=8-1" for part in parts], "packages of a kernel in several")
        parts = ["image-6-rt-arm64", "headers-6-rt-arm64", "headers-6-common-rt", "kbuild-6:amd64"]
        expect_equal(packages("rt-arm64"), [f"linux-{part}=6-1" for part in parts], "packages of a kernel in one")
        expect_equal(packages("cloud-arm64", status=1), [], "packages of a kernel that is not there")

        for version, image, tree in (("6.0.0", "boot/vmlinuz-6.0.0", "usr/lib/linux-image-6.0.0/a/b.dtb"),
                                     ("8.0.0", "usr/lib/modules/8.0.0/vmlinuz", "usr/lib/modules/8.0.0/dtb/a/b.dtb")):
            unpacked = unpack_image(scratch / version, version, {image: "the kernel", tree: "the tree"})
            found = [(unpacked / name).read_text().strip() for name in ("version", "Image", "dtb/a/b.dtb")]
            expect_equal(found, [version, "the kernel", "the tree"], f"{image} unpacked")
            assert (unpacked / "lib/modules" / version / "modules.dep").exists()


def unpack_image(folder, version, files):
    """Make a package of these files, and unpack it as a kernel."""
    package = folder / "package"
    for name, text in {f"usr/lib/modules/{version}/modules.order": "", f"usr/lib/modules/{version}/modules.builtin": "",
                       "DEBIAN/control": "Package: image\nVersion: 1\nArchitecture: arm64\nMaintainer: a\nDescription: b\n",
                       **files}.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    out("dpkg-deb", "-b", package, folder / "image.deb")
    (folder / "apt").mkdir()
    (folder / "apt/image.debs").write_text(f"{folder}/image.deb\n")
    out(TOP / "platform/debian/unpack", "image", folder)
    return folder / "kernel"


FLAKY = '''
from pathlib import Path
from cases import on_pc
from harness import Failure

@on_pc
def passes_when_tried_again():
    mark = Path(__file__).with_name("mark")
    if not mark.exists():
        mark.touch()
        raise Failure("first try")

@on_pc
def always_fails():
    raise Failure("any try")

@on_pc
def passes():
    pass
'''


def run_flaky(scratch, tests=FLAKY, **environment):
    """The runner with tests of its own; (status, output)."""
    folder = Path(scratch) / "test/system"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("run", "harness.py", "cases.py", "progress.py"):
        shutil.copy(TOP / "test/system" / name, folder)
    (folder / "test_flaky.py").write_text(tests)
    (Path(scratch) / "build/debian12").mkdir(parents=True, exist_ok=True)
    base = {name: value for name, value in os.environ.items() if name not in ("CI", "TEST_RETRY")}
    done = subprocess.run([sys.executable, folder / "run"], env=dict(base, HOST="debian12", **environment), capture_output=True, text=True)
    return done.returncode, done.stdout


@on_pc
def a_test_that_fails_is_run_again_alone_where_that_is_asked_for():
    with tempfile.TemporaryDirectory() as scratch:
        status, said = run_flaky(scratch)
        expect_equal((status, said.splitlines()[-1]), (1, "1 passed, 2 failed, 0 skipped"), "without a second try")
        for environment in ({"CI": "true"}, {"TEST_RETRY": "1"}):
            status, said = run_flaky(scratch, **environment)
            expect_equal((status, said.splitlines()[-1]), (1, "2 passed, 1 failed, 0 skipped"), "with a second try")
            assert re.search(r"^UNSTABLE system flaky: passes_when_tried_again\b.*\n.*\n    first try$", said, re.M), said
            assert "unstable: system flaky: passes_when_tried_again\nfailed: system flaky: always_fails\n" in said, said
        status, said = run_flaky(scratch, FLAKY.replace('raise Failure("any try")', "pass"), CI="true")
        expect_equal((status, said.splitlines()[-1]), (0, "3 passed, 0 failed, 0 skipped"), "a run that passes at the second try")
        many = FLAKY + "".join(f"\n@on_pc\ndef fails_{n}():\n    raise Failure('try of {n}')\n" for n in range(5))
        status, said = run_flaky(scratch, many, CI="true")
        expect_equal((status, said.splitlines()[-1]), (1, "1 passed, 7 failed, 0 skipped"), "a run where many fail")


@on_pc
def a_run_says_how_far_it_is_and_how_long_the_rest_will_take():
    with tempfile.TemporaryDirectory() as scratch:
        _, said = run_flaky(scratch)
        found = re.findall(r"\[(\d) of 3(, about \d+ s left)?\]", said)
        expect_equal([(count, bool(left)) for count, left in found], [("1", True), ("2", True), ("3", False)], "what is said")
        # The next run knows from this one that these take no time.
        _, said = run_flaky(scratch)
        assert "[1 of 3, about 1 s left]" in said, said
