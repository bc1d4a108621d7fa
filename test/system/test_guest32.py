# SPDX-License-Identifier: BSD-2-Clause
"""A stock 32-bit Debian guest: armhf kernel with LPAE, on vCPUs whose EL1 is in AArch32."""
import re

from cases import Skip, on_host
from harness import BOOT, BUILD, Failure, expect_equal

HOST = {"disks": 2}


def start(host, cpus=1, options="", loaded=False):
    if not (BUILD / "guest/zImage").exists():
        raise Skip("no armhf kernel could be fetched from Debian's mirrors (make guest32 says why)")
    kernel = "-o kernel=/guest/zImage -o initrd=/guest/initrd-armhf " \
             "-o 'cmdline=console=ttyAMA0 quiet'"
    return host.bhyve("arm32", f"-c {cpus} -m 512M -o console=stdio {'' if loaded else kernel} "
                               "-s 0,virtio-blk,/dev/vda,ro -s 1,virtio-net,slirp -s 2,virtio-console,port.0.backend=unix:/run/arm32.data,port.0.name=data "
                               f"-s 3,virtio-rnd {options}")


def login(guest):
    """To the initrd's shell, which is busybox's."""
    guest.expect(r"/ # ", BOOT)
    guest.send("stty -echo; PS1= PS2=; echo quiet-$((6 * 7))\n")
    guest.expect(r"^quiet-42\r?\n")
    guest.logged_in = True
    return guest


def check_devices(guest):
    """All four kinds of virtio device work, and the disk has what its file system says."""
    guest.run("mount -t ext4 -o ro,noload /dev/vda /newroot && grep -q guest /newroot/etc/hostname && umount /newroot")
    guest.run("dd if=/dev/vda of=/dev/null bs=1M count=64")
    guest.run("ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ping -c 2 10.0.2.2")
    guest.run("[ $(head -c 64 /dev/hwrng | wc -c) -eq 64 ]")
    guest.run("grep -x data /sys/class/virtio-ports/vport*/name")
    table = guest.run("cat /proc/interrupts").output
    for slot in range(4):
        if not re.search(rf"GICv3\s+{48 + slot} Edge\s+virtio{slot}|GICv3\s+{48 + slot} .*virtio{slot}", table):
            raise Failure(f"no interrupt of the device in slot {slot}:\n{table}")


def check_log(guest):
    errors = guest.dmesg_errors()
    if errors:
        raise Failure("the guest's kernel log has errors:\n" + "\n".join(errors))


def end(host, guest):
    guest.send("poweroff -f\n")
    expect_equal(guest.wait(), 1, "bhyve's exit status after a power-off")
    host.run("bhyvectl --vm=arm32 --destroy")


@on_host(**HOST)
def a_32_bit_guest_with_2_vcpus_uses_all_devices(host):
    host.load_vmm()
    guest = login(start(host, cpus=2))
    expect_equal(guest.run("uname -m").output.strip(), "armv7l", "the guest's machine")
    expect_equal(guest.run("grep -c ^processor /proc/cpuinfo").output.strip(), "2", "processors")
    check_devices(guest)
    check_log(guest)
    end(host, guest)


@on_host(**HOST)
def a_32_bit_guest_is_loaded_by_bhyveload_and_starts_again(host):
    host.load_vmm()
    host.run("bhyveload -m 512M -k /guest/zImage -i /guest/initrd-armhf -a 'console=ttyAMA0 quiet' arm32")
    guest = login(start(host, loaded=True))
    guest.send("reboot -f\n")
    expect_equal(guest.wait(), 0, "bhyve's exit status after a reboot")
    guest = login(start(host, loaded=True))
    expect_equal(guest.run("uname -m").output.strip(), "armv7l", "the guest's machine after the reboot")
    state = host.run("bhyvectl --vm=arm32 --get-all").output
    if not re.search(r"dacr32-el2", state):
        raise Failure(f"bhyvectl does not show the registers of AArch32:\n{state}")
    end(host, guest)


@on_host(cpu="cortex-a76", append="id_aa64mmfr1.vh=0", disks=2)
def a_host_without_aarch32_at_el1_says_so(host):
    host.load_vmm()
    guest = start(host)
    expect_equal(guest.wait(), 4, "bhyve's exit status")
    if "no AArch32 at EL1" not in guest.stderr():
        raise Failure(f"bhyve says: {guest.stderr()}")
    host.run("bhyvectl --vm=arm32 --destroy", check=False)
