# SPDX-License-Identifier: BSD-2-Clause
"""A stock Debian guest: boots to its shell, sees the machine that it should see, and uses every device."""
import re

from cases import on_host
from harness import Failure, expect_equal

HOST = {"disks": 3}


def boots(host, cpus):
    host.load_vmm()
    guest = host.linux(cpus=cpus).login()
    cpuinfo = guest.run("cat /proc/cpuinfo").output
    expect_equal(cpuinfo.count("processor\t:"), cpus, "processors in /proc/cpuinfo")
    expect_equal(len(re.findall(r"CPU part\t: 0xd03", cpuinfo)), cpus, "Cortex-A53 parts in /proc/cpuinfo")
    expect_equal(guest.run("nproc").output, str(cpus), "nproc")
    check_interrupts(guest, cpus)
    errors = guest.dmesg_errors()
    if errors:
        raise Failure("the guest's kernel log has errors:\n" + "\n".join(errors))
    expect_equal(guest.poweroff(), 1, "bhyve's exit status after a power-off")
    host.run("bhyvectl --vm=vm0 --destroy")


def check_interrupts(guest, cpus):
    # Let every CPU run something, so that each has a tick to show.
    guest.run("for cpu in $(seq 0 $(($(nproc) - 1))); do taskset -c $cpu true; done")
    table = {}
    for line in guest.run("cat /proc/interrupts").lines[1:]:
        name, _, rest = line.partition(":")
        words = rest.split()
        counts = [int(word) for word in words[:cpus] if word.isdigit()]
        table[name.strip()] = (counts, " ".join(words[cpus:]))
    by_kind = {kind: (counts, kind) for counts, kind in table.values()}

    def one(pattern):
        found = [(counts, kind) for kind, (counts, _) in by_kind.items() if re.search(pattern, kind)]
        if len(found) != 1:
            raise Failure(f"{len(found)} interrupts are {pattern!r}, not one:\n" + "\n".join(by_kind))
        return found[0][0]

    timer = one(r"GICv3\s+27 Level\s+arch_timer")
    if not all(timer):
        raise Failure(f"the virtual timer ticked {timer} times")
    if not sum(one(r"GICv3\s+33 Level\s+uart-pl011")):
        raise Failure("the PL011 never interrupted")
    # Slot N of virtio-mmio is SPI 16 + N: interrupt 48 + N.
    for slot in range(3):
        if not sum(one(rf"GICv3\s+{48 + slot} (Edge|Level)\s+virtio{slot}")):
            raise Failure(f"the device in slot {slot} never interrupted")
    if cpus > 1 and not all(table["IPI1"][0]):
        raise Failure(f"function call interrupts came to {table['IPI1'][0]}")


@on_host(**HOST)
def a_guest_with_1_vcpu_reaches_its_shell(host):
    boots(host, 1)


@on_host(**HOST)
def a_guest_with_2_vcpus_reaches_its_shell(host):
    boots(host, 2)


@on_host(**HOST)
def a_guest_with_4_vcpus_on_2_cpus_reaches_its_shell(host):
    boots(host, 4)


@on_host(**HOST)
def a_guest_with_16_vcpus_reaches_its_shell(host):
    host.load_vmm()
    guest = host.linux(cpus=16).login()
    expect_equal(guest.run("nproc").output, "16", "nproc")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def the_acceptance_run_of_the_original_project(host):
    """Ping the host over virtio-net; mount the disk, read, write, remount, read back; the host sees it in the image."""
    host.load_vmm()
    guest = host.linux(devices=["virtio-net,tap:new:tap0", "virtio-blk,/dev/vdb"]).login()
    host.run("ifconfig tap0 192.168.77.1 netmask 255.255.255.0 up")
    guest.run("ip addr flush dev eth0; ip addr add 192.168.77.2/24 dev eth0")
    guest.run("ping -c 3 -W 5 192.168.77.1")
    host.run("ping -c 3 -W 5 192.168.77.2")
    guest.run("mount /dev/vdb /mnt")
    expect_equal(guest.run("cat /mnt/etc/hostname").output, "guest", "the file read from the disk")
    guest.run("echo written by the guest > /mnt/written && umount /mnt && mount /dev/vdb /mnt")
    expect_equal(guest.run("cat /mnt/written").output, "written by the guest", "the file after a remount")
    guest.run("umount /mnt")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("mkdir -p /tmp/m && mount -o ro -t ext4 /dev/vdb /tmp/m")
    try:
        expect_equal(host.run("cat /tmp/m/written").output, "written by the guest", "the file in the image, on the host")
    finally:
        host.run("umount /tmp/m; bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_file_system_made_in_the_guest_is_right_in_the_raw_file(host):
    host.load_vmm()
    host.run("rm -f /tmp/raw.img; truncate -s 64M /tmp/raw.img")
    guest = host.linux(devices=["virtio-blk,/tmp/raw.img,serial=TAPE-42"]).login()
    expect_equal(guest.run("cat /sys/block/vdb/serial").output, "TAPE-42", "the disk's serial number")
    expect_equal(guest.run("cat /sys/block/vdb/size").output, str(64 * 2048), "the disk's size")
    guest.run("mkfs.ext4 -q /dev/vdb && mount /dev/vdb /mnt && dd if=/dev/urandom of=/mnt/data bs=1M count=16")
    digest = guest.run("sha256sum < /mnt/data; umount /mnt").output.split()[0]
    guest.run("fsck.ext4 -fn /dev/vdb")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("mkdir -p /tmp/m && mount -o loop,ro -t ext4 /tmp/raw.img /tmp/m")
    try:
        expect_equal(host.run("sha256sum < /tmp/m/data").output.split()[0], digest, "the data in the image, on the host")
    finally:
        host.run("umount /tmp/m; rm /tmp/raw.img; bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_read_only_disk_cannot_be_written(host):
    host.load_vmm()
    guest = host.linux(devices=["virtio-blk,/guest/disk.img,ro"]).login()
    expect_equal(guest.run("cat /sys/block/vdb/ro").output, "1", "ro of the disk")
    guest.run("mount -o ro,noload /dev/vdb /mnt && [ -s /mnt/etc/hostname ] && umount /mnt")
    assert guest.run("dd if=/dev/zero of=/dev/vdb bs=512 count=1 oflag=direct", check=False).status != 0
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def discards_free_space_in_the_raw_file(host):
    host.load_vmm()
    host.run("rm -f /tmp/raw.img; truncate -s 64M /tmp/raw.img")
    guest = host.linux(devices=["virtio-blk,/tmp/raw.img"]).login()
    guest.run("dd if=/dev/urandom of=/dev/vdb bs=1M count=32 oflag=direct")
    used = int(host.run("du -k /tmp/raw.img").output.split()[0])
    guest.run("blkdiscard -l 32M /dev/vdb")
    left = int(host.run("du -k /tmp/raw.img").output.split()[0])
    assert used >= 32 * 1024 and left < 1024, f"{used} KiB before the discard, {left} KiB after"
    guest.run("dd if=/dev/urandom of=/dev/vdb bs=1M count=4 oflag=direct && blkdiscard -z -l 4M /dev/vdb"
              " && cmp -n 4194304 /dev/vdb /dev/zero")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("rm /tmp/raw.img; bhyvectl --vm=vm0 --destroy")


@on_host(**HOST, seconds=40)
def http_transfers_of_32_mib_each_way_compare_equal(host):
    host.load_vmm()
    guest = host.linux(devices=["virtio-net,slirp,hostfwd=tcp::8081-:80", "virtio-rnd"], memory="384M").login()
    host.run("mkdir -p /tmp/www && dd if=/dev/urandom of=/tmp/www/down bs=1M count=32 && httpd -p 8080 -h /tmp/www")
    try:
        digest = host.run("sha256sum < /tmp/www/down").output
        guest.run("until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done", timeout=60)
        guest.run("curl -sS -o /tmp/down http://10.0.2.2:8080/down", timeout=300)
        expect_equal(guest.run("sha256sum < /tmp/down").output, digest, "what the guest received")

        guest.run("mkdir -p /tmp/www && dd if=/dev/urandom of=/tmp/www/up bs=1M count=32 && busybox httpd -p 80 -h /tmp/www")
        digest = guest.run("sha256sum < /tmp/www/up").output
        host.run("wget -q -O /tmp/up http://127.0.0.1:8081/up", timeout=300)
        expect_equal(host.run("sha256sum < /tmp/up").output, digest, "what the host received")
    finally:
        host.run("killall httpd; rm -rf /tmp/www /tmp/up", check=False)
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_mebibyte_through_virtio_console_each_way_compares_equal(host):
    host.load_vmm()
    guest = host.linux(devices=["virtio-console,port.0.backend=unix:/run/vm0.data,port.0.name=data"]).login()
    port = "/dev/virtio-ports/data"
    host.run("dd if=/dev/urandom of=/tmp/down bs=64k count=16")
    guest.run("dd if=/dev/urandom of=/tmp/up bs=64k count=16")

    # What is sent while nobody listens is lost, as on any serial line: wait until the guest knows of its peer.
    guest.run("mount -t debugfs debugfs /sys/kernel/debug")
    connected = "until grep -q 'host_connected: {}' /sys/kernel/debug/virtio-ports/*; do sleep 0.1; done"
    receiver = host.start("sockcat /run/vm0.data receive 1048576 > /tmp/up")
    guest.run(connected.format(1))
    guest.run(f"cat /tmp/up > {port}")
    expect_equal(receiver.wait().status, 0, "status of the receiver")
    expect_equal(host.run("sha256sum < /tmp/up").output, guest.run("sha256sum < /tmp/up").output, "what the host received")

    guest.run(connected.format(0))
    sender = host.start("sockcat /run/vm0.data send < /tmp/down")
    received = guest.run(f"exec 3<>{port}; head -c 1048576 <&3 | sha256sum; echo x >&3").lines[0]
    expect_equal(received, host.run("sha256sum < /tmp/down").output, "what the guest received")
    expect_equal(sender.wait().status, 0, "status of the sender")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("rm /tmp/up /tmp/down; bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def hwrng_feeds_from_virtio_rnd(host):
    host.load_vmm()
    guest = host.linux(devices=["virtio-rnd"]).login()
    current = guest.run("cat /sys/class/misc/hw_random/rng_current").output
    assert current.startswith("virtio_rng"), current
    first = guest.run("head -c 4096 /dev/hwrng | sha256sum").output
    expect_equal(guest.run("head -c 4096 /dev/hwrng | wc -c").output, "4096", "bytes from /dev/hwrng")
    assert first != guest.run("head -c 4096 /dev/hwrng | sha256sum").output, "/dev/hwrng repeats itself"
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def guest_has_its_name_its_network_and_the_time(host):
    host.load_vmm()
    guest = host.linux(append="hostname=nimbus").login()
    expect_equal(guest.run("hostname").output, "nimbus", "host name")
    guest.run("until ip -4 addr show eth0 | grep -q 10.0.2.15/24; do sleep 0.1; done", timeout=60)
    guest.run("ping -c 1 -W 5 10.0.2.2")
    apart = abs(int(guest.run("date +%s").output) - int(host.run("date +%s").output))
    assert apart <= 5, f"the guest's clock is {apart} s off"
    expect_equal(guest.run("cat /sys/class/rtc/rtc0/name").output.split()[0], "rtc-pl031", "the clock")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def vcpus_of_the_guest_go_off_and_on_line(host):
    host.load_vmm()
    guest = host.linux(cpus=2).login()
    for _ in range(3):
        guest.run("echo 0 > /sys/devices/system/cpu/cpu1/online")
        expect_equal(guest.run("nproc").output, "1", "nproc")
        guest.run("echo 1 > /sys/devices/system/cpu/cpu1/online")
        expect_equal(guest.run("taskset -c 1 nproc --all").output, "2", "nproc --all, run on vCPU 1")
    assert not guest.dmesg_errors()
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")
