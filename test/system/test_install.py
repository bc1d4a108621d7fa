# SPDX-License-Identifier: BSD-2-Clause
"""The packages on a Debian machine with systemd: installed, used by an ordinary user and by the service, and removed."""
import re
import shlex

from cases import on_host
from harness import BOOT, BUILD, COMMAND, PATIENCE, TOP, Failure, expect_equal

# Its disk has apt, a compiler and kernel headers, and the machine really starts again when it is told to.
HOST = {"disks": ("install.img",), "initramfs": str(BUILD / "guest/initrd"), "append": "root=/dev/vda ro", "shells": 3, "guests": 0,
        "qemu_args": "-action reboot=reset"}
VERSION = re.search(r'VMM_VERSION "(.*)"', (TOP / "vmm/include/vmm_version.h").read_text())[1]
# A compiler at work, emulated
BUILDING = 40 * COMMAND
WEB1 = """cpus=1
memory.size=128M
kernel=/var/lib/bhyve/Image
initrd=/var/lib/bhyve/initrd
cmdline=console=ttyAMA0 quiet {words}
slot.0.device=virtio-blk
slot.0.path=/var/lib/bhyve/%(name).img
"""
# What a machine that has been used, and had packages installed and removed, has besides
USED = re.compile(r"^/(proc|sys|dev|run|tmp|guest|srv|root|home|var/(log|cache|lib/(apt|dpkg|systemd|dkms)|tmp|spool/mail|mail))(/|$)"
                  r"|^/etc/((passwd|group|g?shadow|subuid|subgid)-?|\.pwd\.lock|\.updated|ld\.so\.cache|machine-id|mtab)$"
                  r"|^/usr/lib/modules/[^/]*/modules\."
                  # What packages of the machine itself make when apt first configures something
                  r"|^/(etc/dpkg/origins/default|etc/shells|var/lib/shells\.state|usr/lib/udev/hwdb\.bin|usr/share/info/dir)$")
# What the test has made as an administrator
MADE = ["/etc/bhyve/web1.conf", "/etc/systemd/system/bhyve@.service.d", "/etc/systemd/system/bhyve@.service.d/time.conf",
        "/var/lib/bhyve/Image", "/var/lib/bhyve/initrd", "/var/lib/bhyve/web1.img"]


def files(host):
    found = host.run("find / -xdev -mindepth 1", 4 * COMMAND).lines
    return {path for path in found if not USED.search(path)}


def booted(host):
    """All that boots has booted, without a failure."""
    state = host.run("systemctl is-system-running --wait", 4 * BOOT, check=False).lines[-1]
    failed = host.run("systemctl --failed --plain --no-legend --no-pager").output
    expect_equal((state, failed), ("running", ""), "systemd's state and its failed units")


def starts(host, count):
    """Wait until the guest of web1, which counts its starts on its disk, is up for the count-th time."""
    host.run(f"until [ \"$(head -c 4 /var/lib/bhyve/web1.img | tr -dc 0-9)\" = {count} ]; do sleep 0.2; done", 4 * BOOT)


def journal(host, since):
    return host.run(f"journalctl -q -o cat -u bhyve@web1 --after-cursor={shlex.quote(since)}").output


def cursor(host):
    return host.run("journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p'").output


def expect_in_journal(host, since, *lines):
    text = journal(host, since)
    missing = [line for line in lines if line not in text.splitlines()]
    if missing:
        raise Failure(f"the journal of bhyve@web1 has no {missing}:\n{text}")


def console(host, text):
    """Type a line on web1's console, through the socket that the service has made."""
    host.run("perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => shift) or die $!; $s->syswrite(shift . qq(\\n))' "
             f"/run/bhyve/web1/console {shlex.quote(text)}")


def install(host):
    host.run("apt-get update && cd /guest/install && apt-get install -y ./bhyve-armv8*.deb", BUILDING)
    kernel = host.run("uname -r").output
    expect_equal(host.run("dkms status").output, f"bhyve-armv8/{VERSION}, {kernel}, aarch64: installed", "dkms status")
    host.run("modprobe vmm")
    expect_equal(host.run("modinfo -F version vmm; modinfo -F license vmm").lines, [VERSION, "Dual BSD/GPL"], "modinfo vmm")
    expect_equal(host.run("for tool in bhyve bhyveload bhyvectl; do $tool --version; done").lines,
                 [f"{tool} {VERSION}" for tool in ("bhyve", "bhyveload", "bhyvectl")], "versions of the tools")
    expect_equal(host.run("udevadm settle; stat -c '%U %G %a' /dev/vmmctl").output, "root vmm 660", "owner and mode of /dev/vmmctl")
    libvmmapi_can_be_linked_with(host)
    host.run("bash -c '. /usr/share/bash-completion/completions/bhyvectl; COMP_WORDS=(bhyvectl --lis) COMP_CWORD=1; "
             "_bhyvectl bhyvectl; [ \"${COMPREPLY[*]}\" = --list ]'")


def libvmmapi_can_be_linked_with(host):
    """By what pkg-config would say; the machine has none."""
    pc = host.run("cat /usr/lib/aarch64-linux-gnu/pkgconfig/libvmmapi.pc").output
    variables = dict(re.findall(r"^(\w+)=(.*)$", pc, re.M))
    pc = re.sub(r"\$\{(\w+)\}", lambda match: variables[match[1]], pc)
    flags = [re.search(rf"^{field}: (.*)$", pc, re.M)[1] for field in ("Cflags", "Libs")]
    host.run("printf '#include <vmmapi.h>\\nint main(void) { return vm_check_name(\"vm0\"); }\\n' > /tmp/name.c && "
             f"gcc -o /tmp/name {flags[0]} /tmp/name.c {flags[1]} && /tmp/name")


def user_runs_a_machine(host):
    """Without root, for a member of the group; one user's machine is no other's."""
    host.run("cp /guest/Image /var/lib/bhyve/ && cp /guest/initrd-service /var/lib/bhyve/initrd && chmod 644 /var/lib/bhyve/*")
    host.run("useradd -m -G vmm ann; useradd -m -G vmm bob; useradd -m eve")
    load = "bhyveload -m 128M -k /var/lib/bhyve/Image -i /var/lib/bhyve/initrd -a 'console=ttyAMA0 quiet once'"
    refused = host.run(f"runuser -u eve -- {load} eves", check=False)
    assert refused.status == 1 and "ermission" in refused.output, refused
    host.run(f"runuser -u ann -- {load} anns")
    expect_equal(host.run("udevadm settle; stat -c '%U %a' /dev/vmm/anns").output, "ann 600", "owner and mode of /dev/vmm/anns")
    expect_equal(host.run("runuser -u bob -- bhyvectl --vm=anns --get-pc", check=False).status, 1, "another user's bhyvectl")
    ran = host.run("runuser -u ann -- bhyve -D -o console=stdio anns", 2 * BOOT, check=False)
    assert ran.status == 1 and "guest: powers off" in ran.output, ran


def time_to_stop(host, seconds):
    """As an administrator sets it; an emulated guest needs more of the PC's seconds than the default has."""
    folder = "/etc/systemd/system/bhyve@.service.d"
    host.run(f"mkdir -p {folder} && printf '[Service]\\nTimeoutStopSec=%d\\n' {seconds:.0f} > {folder}/time.conf && "
             "systemctl daemon-reload")


def service(host):
    """The power button stops it, a reboot inside and a crash do not, and time runs out for a guest that does not listen."""
    time_to_stop(host, 90 * PATIENCE)
    host.run(f"printf %s {shlex.quote(WEB1.format(words=''))} > /etc/bhyve/web1.conf; truncate -s 1M /var/lib/bhyve/web1.img")
    since = cursor(host)
    host.run("systemctl enable --now bhyve@web1")
    starts(host, 1)
    expect_equal(host.run("stat -c '%F %U %a' /run/bhyve/web1/console /run/bhyve/web1").lines,
                 ["socket root 600", "directory root 700"], "the console's socket and its folder")
    console(host, "reboot -f")
    starts(host, 2)
    host.run("systemctl kill -s KILL --kill-who=main bhyve@web1")
    starts(host, 3)
    host.run("systemctl stop bhyve@web1", 2 * BOOT)
    expect_in_journal(host, since, "web1: bhyve was ended by signal KILL", "web1: pressing the power button",
                      "web1: the guest powered off")
    expect_equal(host.run("systemctl is-active bhyve@web1; systemctl is-failed bhyve@web1", check=False).lines,
                 ["inactive", "inactive"], "the service's state")
    expect_equal(host.vms(), [], "virtual machines left")

    since = cursor(host)
    time_to_stop(host, 10 * PATIENCE)
    host.run("sed -i 's/quiet /quiet deaf/' /etc/bhyve/web1.conf; systemctl start bhyve@web1")
    starts(host, 4)
    host.run("systemctl stop bhyve@web1", 2 * BOOT)
    expect_in_journal(host, since, "web1: was stopped; its guest did not shut down by itself")
    expect_equal(host.vms(), [], "virtual machines left")
    time_to_stop(host, 90 * PATIENCE)
    host.run("sed -i 's/deaf//' /etc/bhyve/web1.conf; systemctl reset-failed bhyve@web1", check=False)


def machine_starts_again(host):
    """The service's guest is shut down before, and started after, with nobody logged in."""
    host.run("systemctl start bhyve@web1")
    starts(host, 5)
    boot = host.run("cat /proc/sys/kernel/random/boot_id").output
    host.streams["console"].forget()
    host.run("systemctl reboot")
    host.streams["console"].expect(r"login: ", 4 * BOOT)
    assert host.run("cat /proc/sys/kernel/random/boot_id", BOOT).output != boot, "the machine has not started again"
    host.seen_errors = 0
    starts(host, 6)
    booted(host)
    host.run("systemctl is-active bhyve@web1")


def remove(host, before):
    """A machine that runs is shut down; the driver goes. What the administrator has made stays."""
    since = cursor(host)
    host.run("apt-get purge -y --autoremove bhyve-armv8 bhyve-armv8-dkms", 10 * COMMAND)
    expect_in_journal(host, since, "web1: the guest powered off")
    expect_equal(host.run("ls -d /sys/module/vmm /dev/vmmctl /dev/vmm 2> /dev/null", check=False).output, "", "left of the driver")
    expect_equal(host.run("getent group vmm", check=False).status, 2, "getent group vmm: status")
    expect_equal(sorted(files(host) - before - {"/etc/bhyve", "/var/lib/bhyve"}), MADE, "files that were not there before")
    host.run("modprobe vmm && exit 1; exit 0")


@on_host(**HOST, fresh=True, seconds=500, long=True)
def packages_are_installed_used_by_users_and_the_service_and_removed_again(host):
    booted(host)
    before = files(host)
    install(host)
    user_runs_a_machine(host)
    service(host)
    machine_starts_again(host)
    remove(host, before)
