# SPDX-License-Identifier: BSD-2-Clause
"""ACPI: the same Debian, started by UEFI firmware with acpi=force, finds the machine in the tables alone."""
import subprocess

from cases import Skip, on_host
from harness import BOOT, BUILD, TOP, Failure, expect_equal
from test_guest import check_interrupts
from test_power import listen, press

HOST = {"disks": 1}
FIRMWARE = "/guest/firmware/AAVMF_CODE.fd"
UUID = "00112233-4455-6677-8899-aabbccddeeff"


def start(host, words, options=""):
    """A guest whose firmware finds the kernel on the disk in slot 0; its root is the disk in slot 1."""
    if host.run(f"[ -e {FIRMWARE} ]", check=False).status != 0:
        raise Skip("no UEFI firmware is in build/HOST/guest")
    subprocess.run([TOP / "platform/debian/esp", BUILD, BUILD / "guest/esp.img", "quiet", "root=/dev/vdb", "rw", *words],
                   check=True)
    host.load_vmm()
    return host.bhyve("vm0", f"-c 2 -m 512M -o console=stdio -o bootrom={FIRMWARE} {options}"
                             " -s 0,virtio-blk,/guest/esp.img,ro -s 1,virtio-blk,/dev/vda -s 2,virtio-rnd"
                             " -s 3,virtio-console,port.0.backend=null,port.0.name=data")


@on_host(**HOST)
def a_guest_with_acpi_force_finds_its_devices_and_its_name_in_the_tables(host):
    guest = start(host, ["acpi=force"], f"-U {UUID}").login(2 * BOOT)
    tables = guest.run("ls /sys/firmware/acpi/tables").output.split()
    expect_equal(tables, ["APIC", "DBG2", "DSDT", "FACP", "GTDT", "PPTT", "SPCR", "data", "dynamic"], "tables")
    expect_equal(guest.run("ls /proc/device-tree", check=False).status, 2, "there is a device tree: ls's status")
    expect_equal(guest.run("nproc").output, "2", "nproc")
    check_interrupts(guest, 2)
    expect_equal(guest.run("cat /sys/class/rtc/rtc0/name").output.split()[0], "rtc-efi", "the clock")
    expect_equal(guest.run("head -c 4096 /dev/hwrng | wc -c").output, "4096", "bytes from /dev/hwrng")
    guest.run("[ -e /dev/virtio-ports/data ]")
    identity = guest.run("cd /sys/class/dmi/id && cat bios_vendor sys_vendor product_name product_uuid").lines
    expect_equal(identity, ["BHYVE", "bhyve-armv8", "BHYVE", UUID], "what SMBIOS says")
    errors = guest.dmesg_errors()
    if errors:
        raise Failure("the guest's kernel log has errors:\n" + "\n".join(errors))
    guest.run("modprobe evdev")
    listen(guest)
    press(guest)
    expect_equal(guest.wait(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def without_acpi_tables_the_firmware_hands_over_the_device_tree(host):
    guest = start(host, [], "-o acpi_tables=off").login(2 * BOOT)
    expect_equal(guest.run("ls /sys/firmware/acpi", check=False).status, 2, "there are ACPI tables: ls's status")
    model = guest.run("tr -d '\\0' < /proc/device-tree/model").output
    expect_equal(model, "bhyve-armv8", "the device tree's model")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")
