"""Guests beside Linux's Image: FreeBSD's ways to be started, ELF and raw programs (doc/guests.md has the table)."""
import struct

from bare_metal import POWERED_OFF, finish
from cases import on_host
from harness import Failure

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


@on_host()
def compressed_efi_kernel_boots(host):
    host.load_vmm()
    # the header of drivers/firmware/efi/libstub/zboot-header.S, as far as a loader reads it
    host.run("gzip -1 -c /guest/Image > /tmp/Image.gz; size=$(wc -c < /tmp/Image.gz); cd /tmp; "
             "le32() { for shift in 0 8 16 24; do printf \"\\\\$(printf %03o $(($1 >> shift & 255)))\"; done; }; "
             "{ printf 'MZ\\0\\0zimg'; le32 64; le32 $size; printf '\\0\\0\\0\\0\\0\\0\\0\\0gzip'; "
             "head -c 36 /dev/zero; cat Image.gz; } > vmlinuz.efi; rm Image.gz")
    guest = host.bhyve("zboot", "-D -c 1 -m 256M -o console=stdio -o kernel=/tmp/vmlinuz.efi -o initrd=/guest/initrd "
                                "-o cmdline=console=ttyAMA0")
    guest.expect(r"^/ # ")
    guest.send("poweroff -f\n")
    if guest.wait() != POWERED_OFF:
        raise Failure(f"bhyve said {guest.stderr()}")
    host.run("rm /tmp/vmlinuz.efi")


# Writes "raw!" to the PL011 and switches the machine off, from wherever it lies.
RAW = [0xd2a12000,                # mov x0, #0x09000000
       *(word for c in b"raw!\n" for word in (0x52800001 | c << 5, 0xb9000001)),  # mov w1, #c; str w1, [x0]
       0x52800100, 0x72b08000,    # mov w0, #8; movk w0, #0x8400, lsl 16
       0xd4000002]                # hvc #0


@on_host()
def raw_program_is_entered_512_kib_above_the_start_of_memory(host):
    host.load_vmm()
    octal = "".join(f"\\{byte:03o}" for byte in struct.pack(f"<{len(RAW)}I", *RAW))
    host.run(f"printf '{octal}' > /tmp/raw.bin")
    host.run("bhyveload -m 64M -k /tmp/raw.bin raw")
    guest = host.bhyve("raw", "-D -c 1 -o console=stdio")
    guest.expect("raw!")
    if guest.wait() != POWERED_OFF:
        raise Failure(f"bhyve said {guest.stderr()}")
