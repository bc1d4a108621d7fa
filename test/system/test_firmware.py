# SPDX-License-Identifier: BSD-2-Clause
"""A boot ROM: Debian's U-Boot and EDK2 start from flash, keep their variables in it, and boot disks."""
from cases import on_host
from harness import BOOT, expect_equal

HOST = {"disks": 3}
U_BOOT = "/guest/firmware/u-boot.bin"
EDK2 = "/guest/firmware/AAVMF_CODE.fd"
GUID = "12345678-1234-1234-1234-123456789abc"


def start(host, rom, options="", name="vm0"):
    host.load_vmm()
    return host.bhyve(name, f"-m 512M -o console=stdio -o bootrom={rom} -s 0,virtio-blk,/dev/vda {options}")


def u_boot(guest):
    """Stop at U-Boot's prompt."""
    guest.expect("Hit any key", BOOT)
    guest.send("\n")
    guest.expect(r"=> $", BOOT)
    return guest


def command(guest, text, timeout=BOOT):
    guest.send(text + "\n")
    return guest.expect(r"=> $", timeout)[0].removeprefix(text)


def shell(guest):
    """The shell that EDK2 starts when no disk boots."""
    guest.expect(r"Press.*ESC.*in \d seconds", BOOT)
    guest.send("\x1b")
    guest.expect("Shell> ", BOOT)
    return guest


def end(host, guest):
    guest.kill("TERM")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def u_boot_reaches_its_prompt_and_uses_disk_and_network(host):
    guest = u_boot(start(host, U_BOOT, "-s 1,virtio-net,slirp -s 2,virtio-rnd"))
    assert "Flash: 64 MiB" in guest.console.history, guest.console.history
    assert "Capacity: 512.0 MB" in command(guest, "virtio info")
    assert "etc" in command(guest, "ls virtio 0:0")
    assert "bytes read" in command(guest, "load virtio 0:0 ${loadaddr} /etc/hostname")
    assert "DHCP client bound to address 10.0.2.15" in command(guest, "setenv autoload no; dhcp")
    assert "is alive" in command(guest, "ping 10.0.2.2")
    guest.send("poweroff\n")
    expect_equal(guest.wait(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def u_boot_keeps_its_environment_in_the_flash(host):
    host.run("rm -f /tmp/vars.fd; truncate -s 256K /tmp/vars.fd")
    guest = u_boot(start(host, f"{U_BOOT},/tmp/vars.fd", "-M"))
    command(guest, "setenv color blue")
    assert "OK" in command(guest, "saveenv", 4 * BOOT)
    guest.send("reset\n")
    assert "color=blue" in command(u_boot(guest), "printenv color"), "lost by a reset"
    guest.kill("KILL")
    host.run("strings /tmp/vars.fd | grep color=blue")
    guest = u_boot(start(host, f"{U_BOOT},/tmp/vars.fd"))
    assert "color=blue" in command(guest, "printenv color"), "lost by the end of bhyve"
    end(host, guest)
    host.run("rm /tmp/vars.fd")


@on_host(**HOST)
def u_boot_loaded_as_a_kernel_runs_from_memory(host):
    host.load_vmm()
    host.run(f"bhyveload -m 256M -k {U_BOOT} vm0")
    guest = u_boot(host.bhyve("vm0", "-M -o console=stdio -s 0,virtio-blk,/dev/vda -s 1,virtio-net,slirp"))
    # It has moved itself to the end of the memory that its device tree names
    assert "relocaddr   = 0x000000004f" in command(guest, "bdinfo")
    assert "bytes read" in command(guest, "load virtio 0:0 ${loadaddr} /etc/hostname")
    assert "DHCP client bound to address 10.0.2.15" in command(guest, "setenv autoload no; dhcp")
    guest.send("reset\n")
    command(u_boot(guest), "version")
    guest.send("poweroff\n")
    expect_equal(guest.wait(), 1, "bhyve's exit status")
    expect_equal(host.vms(), [], "virtual machines after a power-off under -M")


@on_host(seconds=25, **HOST)
def u_boot_loaded_as_a_kernel_keeps_its_environment_in_a_file(host):
    host.load_vmm()
    host.run("rm -f /tmp/vars.fd; truncate -s 256K /tmp/vars.fd")
    guest = u_boot(host.bhyve("vm0", f"-m 256M -o console=stdio -o persist=yes -o kernel={U_BOOT}"
                                      " -o bootvars=/tmp/vars.fd"))
    command(guest, "setenv color blue")
    assert "OK" in command(guest, "saveenv", 4 * BOOT)
    guest.kill("KILL")
    # The same machine again, which has its file without being told
    guest = u_boot(host.bhyve("vm0", "-o console=stdio"))
    assert "color=blue" in command(guest, "printenv color"), "lost by the end of bhyve"
    end(host, guest)
    host.run("rm /tmp/vars.fd")


@on_host(**HOST)
def edk2_reaches_its_shell_and_variables_survive(host):
    host.run("cp /guest/firmware/AAVMF_VARS.fd /tmp/vars.fd")
    guest = shell(start(host, f"{EDK2},/tmp/vars.fd"))
    guest.send(f'setvar Color -guid {GUID} -nv -bs =L"blue"\r')
    guest.expect("Shell> ", BOOT)
    guest.send("reset -s\r")
    expect_equal(guest.wait(), 1, "bhyve's exit status after a power-off")
    # The same machine, as it was left, and then a new one
    for name in ("vm0", "vm1"):
        guest = shell(start(host, f"{EDK2},/tmp/vars.fd", name=name))
        guest.send(f"setvar Color -guid {GUID}\r")
        guest.expect("62.00.6C.00.75.00.65.00|b.l.u.e", BOOT)
        guest.kill("KILL")
    host.run("rm /tmp/vars.fd")


@on_host(**HOST)
def edk2_without_a_file_for_variables_reaches_its_boot_manager(host):
    guest = shell(start(host, "/guest/firmware/QEMU_EFI.fd"))
    guest.send("exit\r")
    guest.expect("Boot Manager", BOOT)
    end(host, guest)


@on_host(**HOST)
def flash_that_cannot_be_used_is_said_so(host):
    host.load_vmm()
    host.run("truncate -s 100 /tmp/odd.fd; truncate -s 256K /tmp/vars.fd")

    def said(options, *words):
        output = host.run(f"bhyve -m 64M -o console=null {options} vm9", check=False)
        expect_equal(output.status, 4, "bhyve's exit status")
        expect_equal(len(output.lines), 1, "lines of " + output.output)
        for word in words:
            assert word in output.output, output.output

    said("-o bootrom=/nowhere.fd", "/nowhere.fd", "cannot be opened")
    said(f"-o bootrom={U_BOOT},/nowhere.fd", "/nowhere.fd", "no such file", "truncate -s 64M")
    said(f"-o bootrom={U_BOOT},/tmp/odd.fd", "/tmp/odd.fd", "100 bytes are no size for flash")
    said(f"-o bootrom={U_BOOT},/guest/firmware/AAVMF_VARS.fd", "AAVMF_VARS.fd", "read-only")
    said(f"-o bootrom={U_BOOT} -o kernel=/guest/Image", "bootrom, kernel: give one")
    said("-o bootvars=/tmp/vars.fd", "bootvars: goes with bootrom= or kernel=")
    guest = u_boot(start(host, f"{U_BOOT},/tmp/vars.fd"))
    said(f"-o bootrom={U_BOOT},/tmp/vars.fd", "/tmp/vars.fd", "in use by another process")
    end(host, guest)
    host.run("rm /tmp/vars.fd /tmp/odd.fd")
    expect_equal(host.vms(), [], "virtual machines left by what was refused")
