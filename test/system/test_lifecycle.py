# SPDX-License-Identifier: BSD-2-Clause
"""The life of a virtual machine: reboot, power-off, force from outside, and a bhyve that is killed."""
import random
import time

from cases import on_host
from harness import COMMAND, Failure, expect_equal

HOST = {"disks": 3}


@on_host(**HOST)
def a_reboot_from_inside_ends_bhyve_with_status_0(host):
    host.load_vmm()
    guest = host.linux().login()
    guest.send("reboot\n")
    expect_equal(guest.wait(), 0, "bhyve's exit status after a reboot")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_reboot_from_inside_restarts_in_place_with_m(host):
    host.load_vmm()
    guest = host.linux(options="-M").login()
    for _ in range(3):
        guest.run("touch /run/before-the-reboot")
        guest.send("reboot\n")
        guest.login()
        guest.run("[ ! -e /run/before-the-reboot ]")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status after a power-off")
    expect_equal(host.vms(), [], "virtual machines left by bhyve -M")


@on_host(**HOST)
def a_power_off_from_inside_ends_bhyve_with_status_1(host):
    host.load_vmm()
    expect_equal(host.linux(cpus=2).login().poweroff(), 1, "bhyve's exit status after a power-off")
    expect_equal(host.vms(), ["vm0"], "the virtual machine is kept without -D")
    host.run("bhyvectl --vm=vm0 --destroy")
    expect_equal(host.linux(cpus=2, options="-D").login().poweroff(), 1, "bhyve's exit status after a power-off")
    expect_equal(host.vms(), [], "virtual machines left by bhyve -D")


@on_host(**HOST)
def a_power_off_can_be_forced_from_outside(host):
    host.load_vmm()
    guest = host.linux(cpus=2).login()
    host.run("bhyvectl --vm=vm0 --force-poweroff")
    expect_equal(guest.wait(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_reset_can_be_forced_from_outside(host):
    host.load_vmm()
    guest = host.linux(cpus=2, options="-M").login()
    host.run("bhyvectl --vm=vm0 --force-reset")
    guest.login()
    host.run("bhyvectl --vm=vm0 --force-poweroff")
    expect_equal(guest.wait(), 1, "bhyve's exit status")


@on_host(**HOST)
def a_guest_that_spins_with_interrupts_off_can_be_stopped(host):
    host.load_vmm()
    # A branch to itself, as a raw binary: no guest software will ever answer.
    host.run(r"printf '\000\000\000\024' > /tmp/spin && truncate -s 4096 /tmp/spin")
    job = host.start("bhyve -m 16M -o console=null -o kernel=/tmp/spin spin")
    host.run("until bhyvectl --list | grep -q 'spin.*running'; do usleep 10000; done")
    host.run("bhyvectl --vm=spin --force-poweroff")
    expect_equal(job.wait().status, 1, "bhyve's exit status")
    host.run("bhyvectl --vm=spin --destroy")


@on_host(**HOST)
def bhyve_stops_on_a_signal_with_status_5(host):
    host.load_vmm()
    guest = host.linux(cpus=2).login()
    expect_equal(guest.kill("TERM"), 5, "bhyve's exit status")
    expect_equal(host.vms(), ["vm0"], "the virtual machine outlives bhyve")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_virtual_machine_is_destroyed_while_it_runs(host):
    host.load_vmm()
    guest = host.linux(cpus=2).login()
    host.run("bhyvectl --vm=vm0 --destroy")
    status = guest.wait()
    if status == 0:
        raise Failure("bhyve ended as if the guest had been reset")
    expect_equal(host.vms(), [], "virtual machines")


@on_host(**HOST)
def a_killed_bhyve_takes_its_virtual_machine_with_it(host):
    host.load_vmm()
    host.linux(cpus=2).login().kill("KILL")
    expect_equal(host.vms(), [], "virtual machines whose process was killed")
    # What bhyveload made is not bhyve's
    host.run("bhyveload -m 256M -k /guest/Image -i /guest/initrd -a 'console=ttyAMA0 root=/dev/vda rw quiet' vm0")
    host.bhyve("vm0", "-o console=stdio -s 0,virtio-blk,/dev/vda").login().kill("KILL")
    expect_equal(host.vms(), ["vm0"], "virtual machines of bhyveload")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_killed_bhyve_leaves_a_persistent_virtual_machine_that_can_be_inspected_and_run_again(host):
    host.load_vmm()
    guest = host.linux(cpus=2, options="-o persist=yes").login()
    guest.kill("KILL")
    listing = host.run("bhyvectl --list").output
    assert "vm0" in listing and "running" not in listing, listing
    host.run("bhyvectl --vm=vm0 --get-pc && bhyvectl --vm=vm0 --get-stats && bhyvectl --vm=vm0 --get-all > /dev/null")
    again = host.bhyve("vm0", "-c 2 -o console=stdio -s 0,virtio-blk,/dev/vda -s 1,virtio-net,slirp")
    again.login()
    expect_equal(again.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def bhyveload_creates_and_exits_and_bhyve_runs(host):
    host.load_vmm()
    host.run("bhyveload -m 256M -k /guest/Image -i /guest/initrd -a 'console=ttyAMA0 root=/dev/vda rw quiet' vm0")
    listing = host.run("bhyvectl --list").output
    assert "vm0" in listing, listing
    guest = host.bhyve("vm0", "-c 1 -o console=stdio -s 0,virtio-blk,/dev/vda").login()
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_gzip_kernel_boots(host):
    host.load_vmm()
    host.run("gzip -1 < /guest/Image > /tmp/Image.gz")
    guest = host.bhyve("vm0", "-m 256M -o console=stdio -o kernel=/tmp/Image.gz -o initrd=/guest/initrd"
                              " -o 'cmdline=console=ttyAMA0 quiet root=/dev/vda rw' -s 0,virtio-blk,/dev/vda").login()
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("rm /tmp/Image.gz; bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_configuration_file_describes_the_whole_machine(host):
    host.load_vmm()
    host.run("cat > /tmp/vm0.conf <<'END'\n"
             "# a guest\nname=vm0\ncpus=2\nmemory.size=256M\nconsole=stdio\nkernel=/guest/Image\ninitrd=/guest/initrd\n"
             "cmdline=console=ttyAMA0 quiet root=/dev/vda rw\n"
             "slot.0.device=virtio-blk\nslot.0.path=/dev/vda\nslot.1.device=virtio-net\nslot.1.backend=slirp\nEND\n")
    dump = host.run("bhyve -k /tmp/vm0.conf -o config.dump=true").output
    assert "slot.0.path=/dev/vda" in dump and "cpus=2" in dump, dump
    guest = host.bhyve("vm0", "-k /tmp/vm0.conf").login()
    expect_equal(guest.run("nproc").output, "2", "nproc")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


def free_memory(host, wanted=0):
    """Free memory of the host in KiB, caches dropped; what a killed process had pinned comes back in the background, so
    that less than wanted is waited for."""
    end = time.monotonic() + COMMAND
    while True:
        free = int(host.run("echo 3 > /proc/sys/vm/drop_caches; awk '/MemFree/ { print $2 }' /proc/meminfo").output)
        if free >= wanted or time.monotonic() > end:
            return free
        host.run("usleep 200000")


@on_host(**HOST, seconds=140)
def a_bhyve_killed_at_random_during_disk_writes_twenty_times_leaves_the_host_clean(host):
    host.load_vmm()
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    print(f"     random seed {seed}", flush=True)
    host.run("rm -f /tmp/raw.img; truncate -s 64M /tmp/raw.img")
    before = 0
    for kills in range(20):
        guest = host.linux(cpus=2, devices=["virtio-blk,/tmp/raw.img"]).login()
        guest.send("while :; do dd if=/dev/urandom of=/dev/vdb bs=64k count=256 oflag=direct 2>/dev/null; echo wrote-$?;"
                   " date > /root/last; sync; done\n")
        guest.expect(r"wrote-0\n")
        # The moment is what is random here: no event says when.
        time.sleep(moments.uniform(0, 1.5))
        guest.kill("KILL")
        expect_equal(host.vms(), [], f"virtual machines after kill {kills + 1}")
        # The first rounds fill caches of the host's own, and the raw file.
        if kills == 2:
            before = free_memory(host)
        free = free_memory(host, before - 16 * 1024)
        if before - free > 16 * 1024:
            raise Failure(f"{before - free} KiB of the host's memory are gone after kill {kills + 1}, seed {seed}")
    guest = host.linux(cpus=2).login()
    guest.run("[ -s /root/last ]")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy; rm /tmp/raw.img")
