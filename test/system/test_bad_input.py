# SPDX-License-Identifier: BSD-2-Clause
"""Bad input: every refusal has one line that names the object, what failed and what to do, and leaves nothing behind."""
import re

from cases import CASES, on_host
from harness import Failure, Host

# A name that no test leaves behind
VM = "refused"
BHYVE = "bhyve -o console=null -o kernel=/guest/Image"
HOST = {"disks": 1}


def refused(sentence, command, message, status=4, before=""):
    """Make a test: command, on the host, ends with status and says message (a regular expression) on one line."""
    def test(host: Host):
        host.load_vmm()
        if before:
            host.run(before)
        result = host.run(f"cd /tmp && {command}", check=False)
        if result.status != status:
            raise Failure(f"{command}: status {result.status}, not {status}; it said {result.output!r}")
        if len(result.lines) != 1:
            raise Failure(f"{command}: not one line of message: {result.output!r}")
        if not re.match(r"(bhyve|bhyveload|bhyvectl): ", result.output) or not re.search(message, result.output):
            raise Failure(f"{command}: said {result.output!r}, which is not {message!r}")
        host.run(f"[ ! -e /dev/vmm/{VM} ] || bhyvectl --vm={VM} --destroy")
    test.__name__ = sentence.replace(" ", "_")
    test.__module__ = __name__
    on_host(**HOST)(test)


# Kernels
refused("a missing kernel is refused", f"bhyve -o kernel=/none {VM}", "/none.*(No such file|no such file)")
refused("a missing kernel is refused by bhyveload", f"bhyveload -k /none {VM}", "/none.*(No such|no such)", 1)
refused("an empty kernel is refused", f"bhyve -o kernel=/tmp/empty {VM}", "/tmp/empty.*empty", before=": > /tmp/empty")
refused("a truncated kernel is refused", f"bhyve -o kernel=/tmp/short {VM}", "/tmp/short.*truncated",
        before="head -c 1000000 /guest/Image > /tmp/short")
refused("a kernel truncated within its header is refused", f"bhyveload -k /tmp/shorter {VM}", "/tmp/shorter.*truncated",
        1, before="head -c 40 /guest/Image > /tmp/shorter")
refused("a truncated gzip kernel is refused", f"bhyveload -k /tmp/short.gz {VM}", "/tmp/short.gz.*truncated", 1,
        before="head -c 4000000 /guest/Image | gzip -1 | head -c 1000000 > /tmp/short.gz")
refused("a truncated zstd kernel is refused", f"bhyveload -k /tmp/short.zst {VM}", "/tmp/short.zst.*truncated", 1,
        before=r"printf '\50\265\57\375\0\130' > /tmp/short.zst")
refused("a damaged zstd kernel is refused", f"bhyve -o kernel=/tmp/bad.zst {VM}", "/tmp/bad.zst.*damaged",
        before=r"printf '\50\265\57\375\10\130\0\0\0\0' > /tmp/bad.zst")
refused("a truncated ELF kernel is refused", f"bhyveload -k /tmp/short.elf {VM}", "/tmp/short.elf.*truncated", 1,
        before="head -c 1000 /guest/conformance/freebsd-kernel > /tmp/short.elf")
refused("a truncated compressed EFI kernel is refused", f"bhyve -o kernel=/tmp/short.efi {VM}", "/tmp/short.efi.*truncated",
        before=r"{ printf 'MZ\0\0zimg\100\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0gzip'; head -c 60 /dev/zero; } > /tmp/short.efi")
refused("an x86 kernel is refused", f"bhyve -o kernel=/tmp/x86 {VM}", "/tmp/x86.*x86",
        before="dd if=/dev/zero of=/tmp/x86 bs=1024 count=4; printf HdrS | dd of=/tmp/x86 bs=1 seek=514 conv=notrunc")
refused("a program is no kernel", f"bhyve -o kernel=/usr/bin/bhyve {VM}", "/usr/bin/bhyve.*ELF")
refused("a kernel larger than the memory is refused", f"{BHYVE} -m 16M {VM}", "/guest/Image.*does not fit.*-m")
refused("a device tree that is none is refused", f"bhyveload -k /guest/Image -t /etc/passwd {VM}",
        "/etc/passwd.*not a valid device tree", 1)
refused("text is no kernel", f"bhyve -o kernel=/etc/passwd {VM}", "/etc/passwd: is text; give an arm64 Linux Image")
refused("an ISO image is no kernel", f"bhyveload -k /tmp/cd.iso {VM}", "/tmp/cd.iso: is an ISO image", 1,
        before="truncate -s 1M /tmp/cd.iso; printf '\\1CD001' | dd of=/tmp/cd.iso bs=1 seek=32768 conv=notrunc")
refused("a qcow2 image is no kernel", f"bhyve -o kernel=/tmp/q.img {VM}", "/tmp/q.img: is a qcow2 disk image",
        before=r"printf 'QFI\373' > /tmp/q.img; truncate -s 1M /tmp/q.img")
refused("a folder is no kernel", f"bhyve -o kernel=/tmp {VM}", "/tmp.*not a regular file")

# Boot ROMs
refused("text is no boot ROM", f"bhyve -o bootrom=/etc/passwd {VM}", "/etc/passwd: is text; give firmware")
refused("a qcow2 image is no boot ROM", f"bhyve -o bootrom=/tmp/q.img {VM}", "/tmp/q.img: is a qcow2 disk image; give firmware",
        before=r"printf 'QFI\373' > /tmp/q.img; truncate -s 1M /tmp/q.img")
refused("a kernel is no boot ROM", f"bhyve -o bootrom=/guest/Image {VM}", "/guest/Image: is an arm64 Linux kernel.*kernel=")
refused("variables in a qcow2 image are refused", f"bhyve -o kernel=/guest/Image -o bootvars=/tmp/q.img {VM}",
        "/tmp/q.img: is a qcow2 image; convert", before=r"printf 'QFI\373' > /tmp/q.img; truncate -s 1M /tmp/q.img")

# Initial RAM disks
refused("an initrd that does not fit is refused", f"{BHYVE} -m 64M -o initrd=/tmp/big {VM}", "/tmp/big.*does not fit.*-m",
        before="truncate -s 100M /tmp/big")
refused("a missing initrd is refused", f"{BHYVE} -o initrd=/none {VM}", "/none.*(No such|no such)")
refused("an initrd without a kernel is refused", f"bhyve -o initrd=/guest/initrd {VM}", "initrd.*kernel=")

# Memory
refused("memory of 0 is refused", f"{BHYVE} -m 0 {VM}", "memory.*0.*-m")
refused("memory of 0 is refused by bhyveload", f"bhyveload -k /guest/Image -m 0 {VM}", "memory.*0.*-m", 1)
refused("memory that is no number is refused", f"{BHYVE} -m lots {VM}", "lots.*not a size")
refused("more memory than the host has is refused", f"{BHYVE} -m 64G {VM}", "host does not have that much memory.*-m")
refused("more memory than there are addresses is refused", f"{BHYVE} -m 2T {VM}", "memory.*255G.*-m")
refused("an odd size of memory is refused", f"{BHYVE} -m 5M {VM}", "memory.*2M")

# Options, keys, devices, slots
refused("an unknown option is refused", f"bhyve -Z {VM}", "-Z.*unknown option")
refused("an unknown option of bhyveload is refused", f"bhyveload -Z {VM}", "-Z.*unknown option", 1)
refused("the folder of a boot loader is no call for help", f"bhyveload -h /boot {VM}", "-h: there is no boot loader.*-k", 1)
refused("the disk of a boot loader is refused", f"bhyveload -m 256M -d disk.img {VM}", "-d: give the disk to bhyve", 1)
refused("the console of a boot loader is refused", f"bhyveload -c stdio {VM}", "-c: .*bhyve -o console=", 1)
refused("a host bridge is not needed", f"{BHYVE} -s 0,hostbridge {VM}", "hostbridge: not supported: there is no PCI bus")
refused("a key of a file is named with its line", f"bhyve -k /tmp/key.conf {VM}", r"/tmp/key.conf:2: cpu: unknown key; .*cpus",
        before="printf 'memory.size=64M\\ncpu=1\\n' > /tmp/key.conf")
refused("a host CPU for a vCPU that is not there is refused", f"{BHYVE} -p 1:0 {VM}", "vcpu.1.cpuset: there is no vCPU 1")
refused("an unknown option of bhyvectl is refused", f"bhyvectl --vm={VM} --frobnicate", "frobnicate", 1)
refused("an unknown key is refused with a suggestion", f"{BHYVE} -o memory.sise=1G {VM}", "memory.sise.*memory.size")
refused("an unknown device is refused with a suggestion", f"{BHYVE} -s 0,virtio-blok,/dev/vda {VM}",
        "virtio-blok.*virtio-blk")
refused("an unknown option of a device is refused", f"{BHYVE} -s 0,virtio-blk,/dev/vda,colour=red {VM}", "colour")
refused("slot 32 does not exist", f"{BHYVE} -s 32,virtio-rnd {VM}", "-s 32.*0.*31")
refused("a slot that is no number is refused", f"{BHYVE} -s first,virtio-rnd {VM}", "-s first.*no such slot")
refused("two devices in one slot are refused", f"{BHYVE} -s 3,virtio-rnd -s 3,virtio-net,slirp {VM}", "slot 3.*two devices")
refused("an option without its argument is refused", "bhyve -m", "-m")
refused("no name is refused", "bhyve -c 1", "name|no virtual machine")
refused("vCPUs of 0 are refused", f"{BHYVE} -c 0 {VM}", "cpus.*16")
refused("more than 16 vCPUs are refused", f"{BHYVE} -c 17 {VM}", "cpus.*16")
refused("a missing configuration file is refused", f"bhyve -k /none {VM}", "/none")
refused("a configuration file is refused with its line", f"bhyve -k /tmp/bad.conf {VM}", r"/tmp/bad.conf:2",
        before="printf 'cpus=1\\nnonsense\\n' > /tmp/bad.conf")
refused("a truth value that is none is refused", f"{BHYVE} -o memory.wired=maybe {VM}", "memory.wired=maybe")

# Disks
refused("a missing disk is refused", f"{BHYVE} -s 0,virtio-blk,/tmp/none.img {VM}", "/tmp/none.img.*no such file")
refused("an empty disk is refused", f"{BHYVE} -s 0,virtio-blk,/tmp/empty.img {VM}", "/tmp/empty.img.*empty",
        before=": > /tmp/empty.img")
refused("a disk of odd length is refused", f"{BHYVE} -s 0,virtio-blk,/tmp/odd.img {VM}", "/tmp/odd.img.*1000001.*512",
        before="truncate -s 1000001 /tmp/odd.img")
refused("a qcow2 disk is refused with the way to convert it", f"{BHYVE} -s 0,virtio-blk,/tmp/q.img {VM}",
        "/tmp/q.img.*not a raw image.*qemu-img convert", before=r"printf 'QFI\373' > /tmp/q.img; truncate -s 1M /tmp/q.img")
refused("a folder is no disk", f"{BHYVE} -s 0,virtio-blk,/tmp {VM}", "/tmp.*directory")
refused("a read-only disk is refused without ro", f"{BHYVE} -s 0,virtio-blk,/guest/disk.img {VM}",
        "/guest/disk.img.*read-only.*ro")
refused("sectors larger than a page are refused", f"{BHYVE} -s 0,virtio-blk,/tmp/d.img,sectorsize=8192 {VM}",
        "sectorsize=8192.*4096 at most", before="truncate -s 1M /tmp/d.img")
refused("a disk without a path is refused", f"{BHYVE} -s 0,virtio-blk {VM}", "virtio-blk.*-s 0,virtio-blk,FILE")
refused("one disk for two devices is refused", f"{BHYVE} -s 0,virtio-blk,/tmp/d.img -s 1,virtio-blk,/tmp/d.img {VM}",
        "/tmp/d.img.*in use", before="truncate -s 1M /tmp/d.img")

# Network and consoles
refused("an unknown network is refused", f"{BHYVE} -s 0,virtio-net,carrier-pigeon {VM}", "carrier-pigeon.*slirp")
refused("a TAP interface that does not exist is refused", f"{BHYVE} -s 0,virtio-net,tap9 {VM}", "tap9.*no such interface.*tap:new:tap9")
refused("a bridge that does not exist is refused", f"{BHYVE} -s 0,virtio-net,tap:new,bridge=br9 {VM}", "br9.*no such bridge.*ip link add")
refused("a console of a virtual machine without one says how to get it", f"bhyvectl --vm={VM} --console", "no console.*console=socket", 1)
refused("metrics as JSON are refused", "bhyvectl --metrics --json", "metrics.*json", 1)
refused("an address of zeroes is refused", f"{BHYVE} -s 0,virtio-net,slirp,mac=00:00:00:00:00:00 {VM}", "is no address")
refused("a multicast address is refused", f"{BHYVE} -s 0,virtio-net,slirp,mac=01:00:00:00:00:01 {VM}", "mac=.*multicast")
refused("a port forwarding that is none is refused", f"{BHYVE} -s 0,virtio-net,slirp,hostfwd=80 {VM}", "hostfwd=80.*tcp:")
refused("an unknown console is refused", f"bhyve -o console=teletype -o kernel=/guest/Image {VM}", "teletype.*stdio")

# Names and virtual machines
refused("a name with a slash is refused", "bhyve -o kernel=/guest/Image a/b", "a/b.*not a name")
refused("a name with a slash is refused by bhyveload", "bhyveload -k /guest/Image a/b", "a/b.*not a name", 1)
refused("a name of 300 bytes is refused", f"bhyvectl --vm={'n' * 300} --create", "too long", 1)
refused("a name of 300 bytes is refused by bhyveload", f"bhyveload -k /guest/Image {'n' * 300}", "too long", 1)
refused("an empty name is refused", "bhyvectl --vm= --create", "name", 1)
refused("a virtual machine that exists is not created again", f"bhyvectl --vm={VM} --create", f"{VM}.*exists.*--destroy", 1,
        before=f"bhyvectl --vm={VM} --create")
refused("a virtual machine that does not exist is not run", "bhyve nobody", "nobody.*no such virtual machine")
refused("a virtual machine that does not exist is not destroyed", "bhyvectl --vm=nobody --destroy",
        "nobody.*no such virtual machine", 1)
refused("a virtual machine with nothing loaded is not run", f"bhyve {VM}", f"{VM}.*nothing is loaded.*bhyveload",
        before=f"bhyvectl --vm={VM} --create")
refused("an unknown register is refused", f"bhyvectl --vm={VM} --get-x99", "get-x99", 1, before=f"bhyvectl --vm={VM} --create")

# Permission
refused("bhyve without permission says who may", f"su user -c '{BHYVE} {VM}'",
        "permission denied.*be root")
refused("bhyvectl without permission says who may",
        f"su user -c 'bhyvectl --vm={VM} --create'", "permission denied.*be root", 1)


@on_host(**HOST)
def tools_without_the_driver_say_how_to_load_it(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    for command, status in ((f"{BHYVE} {VM}", 4), (f"bhyveload -k /guest/Image {VM}", 1),
                            (f"bhyvectl --vm={VM} --create", 1), ("bhyvectl --list", 1)):
        result = host.run(command, check=False)
        if result.status != status or "modprobe vmm" not in result.output:
            raise Failure(f"{command}: status {result.status}, said {result.output!r}")


assert len({case.name for case in CASES}) == len(CASES)
