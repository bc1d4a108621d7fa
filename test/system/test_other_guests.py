# SPDX-License-Identifier: BSD-2-Clause
"""Guests beside Linux's Image: FreeBSD's ways to be started, ELF and raw programs (doc/guests.md has the table)."""
import gzip
import hashlib
import re
import struct
import subprocess

from bare_metal import POWERED_OFF, finish
from cases import Skip, on_host
from harness import BOOT, BUILD, Failure, expect_equal

FREEBSD = "/guest/conformance/freebsd-kernel"


@on_host()
def freebsd_kernel_finds_what_its_loader_leaves(host):
    host.load_vmm()
    host.run("printf 'memory disk' > /tmp/md")
    host.run(f"bhyveload -m 64M -k {FREEBSD} -i /tmp/md -a -v -e 'guest.words=two words' -e guest.last=1 freebsd")
    finish(host.bhyve("freebsd", "-D -c 1 -o console=stdio"))


@on_host()
def freebsd_kernel_is_loaded_by_bhyve_again_after_a_run(host):
    host.load_vmm()
    host.run(f"printf 'memory disk' > /tmp/md; gzip -c {FREEBSD} > /tmp/kernel.gz")
    guest = host.bhyve("freebsd", "-c 2 -m 48M -o console=stdio -o kernel=/tmp/kernel.gz -o initrd=/tmp/md "
                                  "-o 'cmdline=-v guest.words=\"two words\" guest.last=1'")
    finish(guest)
    finish(host.bhyve("freebsd", "-D -c 2 -o console=stdio"))


@on_host()
def elf_program_is_entered_at_its_physical_address(host):
    host.load_vmm()
    finish(host.bhyve("elf", "-D -c 2 -m 256M -o console=stdio -o kernel=/guest/conformance/psci.elf"))


def efi_program(word, payload):
    """A kernel in a compressed EFI program, as far as a loader reads its header (zboot-header.S of Linux)."""
    head = struct.pack("<4s4sII8s32s", b"MZ", b"zimg", 64, len(payload), b"", word)
    return head.ljust(64, b"\0") + payload + bytes(512)


def boots_to_a_shell(host, name, content):
    """The stock kernel in a file made on the PC."""
    host.load_vmm()
    (BUILD / "share" / name).write_bytes(content)
    try:
        guest = host.bhyve("packed", f"-D -c 1 -m 256M -o console=stdio -o kernel=/mnt/pc/{name} "
                                     "-o initrd=/guest/initrd -o cmdline=console=ttyAMA0")
        guest.expect(r"^/ # ", BOOT)
        guest.send("poweroff -f\n")
        if guest.wait() != POWERED_OFF:
            raise Failure(f"bhyve said {guest.stderr()}")
    finally:
        (BUILD / "share" / name).unlink()


def zstd(*options):
    return subprocess.run(["zstd", "-q", "-c", *options, BUILD / "guest/Image"], stdout=subprocess.PIPE, check=True).stdout


@on_host(seconds=15)
def compressed_efi_kernel_boots(host):
    boots_to_a_shell(host, "vmlinuz-gzip.efi", efi_program(b"gzip", gzip.compress((BUILD / "guest/Image").read_bytes(), 1)))


@on_host(seconds=15)
def compressed_efi_kernel_of_zstd_boots(host):
    # With the window of "zstd -22 --ultra", which Linux's build calls, in less time
    boots_to_a_shell(host, "vmlinuz-zstd.efi", efi_program(b"zstd22", zstd("-1", "--long=27", "--no-content-size")))


@on_host(seconds=20)
def zstd_kernel_boots(host):
    boots_to_a_shell(host, "Image.zst", zstd("-1"))


@on_host(seconds=25, disks=1)
def debian_cloud_kernel_boots_with_disk_and_network(host):
    if not (BUILD / "guest/Image-cloud").exists():
        raise Skip("no cloud kernel could be fetched from Debian's mirrors (make guest-cloud says why)")
    host.load_vmm()
    guest = host.bhyve("cloud", "-D -c 2 -m 256M -o console=stdio -o kernel=/guest/Image-cloud -o initrd=/guest/initrd-cloud "
                                "-o 'cmdline=console=ttyAMA0 quiet root=/dev/vda rw' -s 0,virtio-blk,/dev/vda "
                                "-s 1,virtio-net,slirp -s 2,virtio-rnd").login()
    if "cloud" not in guest.run("uname -r").output:
        raise Failure("this is not the cloud kernel")
    expect_equal(guest.run("nproc").output, "2", "processors")
    guest.run("until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done", timeout=60)
    guest.run("ping -c 1 10.0.2.2 && echo written > /root/cloud && sync && [ $(head -c 64 /dev/hwrng | wc -c) = 64 ]")
    expect_equal(guest.dmesg_errors(), [], "errors in the guest's kernel log")
    expect_equal(guest.poweroff(), POWERED_OFF, "bhyve's exit status")


@on_host(seconds=80, disks=1)
def debian_installer_asks_its_first_questions(host):
    if not (BUILD / "guest/installer/initrd.gz").exists():
        raise Skip("no installer could be fetched from Debian's mirrors (make guest-installer says why)")
    host.load_vmm()
    guest = host.bhyve("installer", "-D -c 2 -m 768M -o console=stdio -o kernel=/guest/installer/linux "
                                    "-o initrd=/guest/installer/initrd.gz -o 'cmdline=console=ttyAMA0 --- quiet' "
                                    "-s 0,virtio-blk,/dev/vda -s 1,virtio-net,slirp")
    guest.expect(r"Select a language.*<Enter> activates buttons", 4 * BOOT)
    guest.send("\r")
    guest.expect(r"Select your location.*<Enter> activates buttons", BOOT)
    guest.kill()
    assert not host.vms(), "the machine did not go with its killed process"


@on_host(seconds=35)
def squashfs_root_with_an_overlay_in_memory_boots(host):
    host.load_vmm()
    guest = host.bhyve("router", "-c 1 -m 128M -o console=stdio -o kernel=/guest/Image -o initrd=/guest/initrd-squashfs "
                                 "-o 'cmdline=console=ttyAMA0 quiet root=/dev/vda rootfstype=squashfs init=/sbin/preinit' "
                                 "-s 0,virtio-blk,/guest/rootfs.squashfs,ro -s 1,virtio-net,slirp")

    def shell():
        guest.expect(r"^[/~] # ", BOOT)
        guest.send("stty -echo; PS1= PS2=; echo quiet-$((6 * 7))\n")
        guest.expect(r"^quiet-42\n")

    shell()
    mounts = guest.run("cat /proc/mounts").output
    assert re.search(r"^overlay / overlay rw", mounts, re.M), mounts
    assert re.search(r"^/dev/vda /rom squashfs ro", mounts, re.M), mounts
    guest.run("echo changed > /etc/passwd && grep -x changed /etc/passwd && grep root: /rom/etc/passwd")
    guest.run("! touch /rom/etc/new && touch /etc/new && ls /overlay/upper/etc/new")
    # The whole image through squashfs and virtio-blk, as it is on the PC
    image = hashlib.sha256((BUILD / "guest/rootfs.squashfs").read_bytes()).hexdigest()
    assert image in guest.run("sha256sum /dev/vda").output
    busybox = hashlib.sha256((BUILD / "host/root/bin/busybox").read_bytes()).hexdigest()
    assert busybox in guest.run("sha256sum /bin/busybox").output
    expect_equal(guest.dmesg_errors(), [], "errors in the guest's kernel log")
    guest.send("reboot\n")
    expect_equal(guest.wait(), 0, "bhyve's exit status after a reboot")
    guest = host.bhyve("router", "-D -o console=stdio -s 0,virtio-blk,/guest/rootfs.squashfs,ro")
    shell()
    guest.run("grep root: /etc/passwd && [ ! -e /etc/new ]")
    expect_equal(guest.poweroff(), POWERED_OFF, "bhyve's exit status")


# Writes "raw!" to the PL011, then "1" if X0 is a device tree above it, of which there is a copy at the start of memory, and
# switches the machine off, from wherever it lies.
RAW = [0xaa0003f3, 0xd2a12000,    # mov x19, x0; mov x0, #0x09000000
       *(word for c in b"raw!\n" for word in (0x52800001 | c << 5, 0xb9000001)),  # mov w1, #c; str w1, [x0]
       0x10000002, 0xeb02027f, 0x1a9f97e6,              # adr x2, .; cmp x19, x2; cset w6, hi
       0xb9400263, 0xd2a80004, 0xb9400085,              # ldr w3, [x19]; mov x4, #0x40000000; ldr w5, [x4]
       0x52bdbfc8, 0x7281ba08, 0x6b08007f,              # movz w8, #0xedfe, lsl 16; movk w8, #0x0dd0; cmp w3, w8
       0x7a450060, 0x1a9f17e7, 0x0a0700c6,              # ccmp w3, w5, #0, eq; cset w7, eq; and w6, w6, w7
       0x1100c0c1, 0xb9000001,                          # add w1, w6, #'0'; str w1, [x0]
       0x52800100, 0x72b08000,    # mov w0, #8; movk w0, #0x8400, lsl 16
       0xd4000002]                # hvc #0


@on_host()
def raw_program_is_entered_512_kib_above_the_start_of_memory_and_finds_its_tree(host):
    host.load_vmm()
    octal = "".join(f"\\{byte:03o}" for byte in struct.pack(f"<{len(RAW)}I", *RAW))
    host.run(f"printf '{octal}' > /tmp/raw.bin")
    host.run("bhyveload -m 64M -k /tmp/raw.bin raw")
    guest = host.bhyve("raw", "-D -c 1 -o console=stdio")
    guest.expect("raw!\n1")
    if guest.wait() != POWERED_OFF:
        raise Failure(f"bhyve said {guest.stderr()}")
