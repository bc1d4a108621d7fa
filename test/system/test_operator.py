# SPDX-License-Identifier: BSD-2-Clause
"""An operator's day: what runs here, its console, its counters, and the end of it."""
import json
import re

from cases import on_host
from harness import Failure, Guest, expect_equal

HOST = {"disks": 1}
SOCKET = "/run/bhyve/vm0/console"


def listed(host, name="vm0"):
    """What --list says of a virtual machine, as text and as JSON: (state, process)."""
    line = [line.split() for line in host.run("bhyvectl --list").lines if line.startswith(name + " ")][0]
    vm = [vm for vm in json.loads(host.run("bhyvectl --list --json").output)["vms"] if vm["name"] == name][0]
    expect_equal(line[2], vm["state"], "the state as text, and as JSON")
    expect_equal(line[1], str(vm["pid"] or "-"), "the process as text, and as JSON")
    return vm["state"], vm["pid"]


def detached(host):
    """A Linux guest whose console is the socket; bhyve as a job."""
    words = ("-c 2 -m 256M -o console=socket -o kernel=/guest/Image -o initrd=/guest/initrd"
             " -o 'cmdline=console=ttyAMA0 quiet root=/dev/vda rw' -s 0,virtio-blk,/dev/vda -s 1,virtio-net,slirp")
    job = host.start(f"bhyve {words} vm0 2>/run/vm0.stderr")
    host.run(f"until [ -S {SOCKET} ]; do usleep 10000; done")
    return job


def attach(host):
    port = host.free_ports.pop(0)
    return Guest(host, "console", "bhyvectl --vm=vm0 --console", port)


@on_host(**HOST)
def list_shows_the_process_and_a_state_that_one_understands(host):
    host.load_vmm()
    host.run("bhyvectl --vm=vm0 --create")
    expect_equal(listed(host), ("loading", None), "a virtual machine that was just created")
    host.run("bhyvectl --vm=vm0 --destroy")
    guest = host.linux(options="-o persist=yes").login()
    expect_equal(listed(host), ("running", guest.job.pid()), "one that runs")
    guest.kill("KILL")
    expect_equal(listed(host), ("paused", None), "one whose bhyve was killed")
    guest = host.bhyve("vm0", "-o console=stdio -s 0,virtio-blk,/dev/vda").login()
    guest.poweroff()
    expect_equal(listed(host), ("off", None), "one that powered off")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def everything_that_bhyvectl_prints_of_a_vm_is_json_when_asked(host):
    host.load_vmm()
    guest = host.linux(cpus=2, options="-o persist=yes").login()
    shown = json.loads(host.run("bhyvectl --vm=vm0 --json --get-all").output)
    for key in ("name", "state", "pid", "memsegs", "memmap", "cpu-topology", "active-cpus", "suspended-cpus", "registers", "stats",
                "devices"):
        if key not in shown:
            raise Failure(f"no {key!r} in what --get-all --json prints: {sorted(shown)}")
    expect_equal([device["device"] for device in shown["devices"]], ["virtio-blk", "virtio-net"], "devices with counters")
    guest.kill("KILL")
    shown = json.loads(host.run("bhyvectl --vm=vm0 --json --stats").output)
    expect_equal(shown["devices"], [], "devices of one that does not run")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_console_is_attached_to_and_detached_from(host):
    host.load_vmm()
    job = detached(host)
    first = attach(host).login()
    first.run("echo first > /run/who")
    first.kill("TERM")
    again = attach(host)
    # The end of what came before: the output of the last command's end mark.
    again.expect(r"end-\d+ 0\n")
    again.logged_in = True
    expect_equal(again.run("cat /run/who").output, "first", "the file that the user before wrote")
    expect_equal(host.run(f"stat -c '%a %G' {SOCKET} /run/bhyve/vm0").lines, ["660 vmm", "2750 vmm"], "modes and groups")
    again.send("poweroff\n")
    expect_equal(job.wait().status, 1, "bhyve's exit status")
    again.wait()
    host.run("[ ! -e /run/bhyve/vm0 ]")
    host.run("bhyvectl --vm=vm0 --destroy")


def device(host, name):
    shown = json.loads(host.run("bhyvectl --vm=vm0 --stats --json").output)
    return [found for found in shown["devices"] if found["device"] == name][0]


@on_host(**HOST)
def what_disks_and_networks_move_is_counted(host):
    host.load_vmm()
    guest = host.linux().login()
    guest.run("until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done", timeout=60)
    disk, card = device(host, "virtio-blk"), device(host, "virtio-net")
    guest.run("dd if=/dev/zero of=/root/file bs=1M count=4 oflag=direct && sync && dd if=/root/file of=/dev/null bs=1M iflag=direct")
    guest.run("ping -c 3 -i 0.2 10.0.2.2")
    disk_after, card_after = device(host, "virtio-blk"), device(host, "virtio-net")
    for counter, least in (("write-bytes", 4 << 20), ("read-bytes", 4 << 20), ("write-requests", 4), ("read-requests", 4),
                           ("flush-requests", 1)):
        if disk_after[counter] - disk[counter] < least:
            raise Failure(f"{counter}: {disk[counter]}, then {disk_after[counter]}")
    expect_equal(disk_after["read-errors"] + disk_after["write-errors"], 0, "errors of the disk")
    for counter, least in (("receive-packets", 3), ("transmit-packets", 3), ("receive-bytes", 3 * 98), ("transmit-bytes", 3 * 98)):
        if card_after[counter] - card[counter] < least:
            raise Failure(f"{counter}: {card[counter]}, then {card_after[counter]}")
    text = host.run("bhyvectl --vm=vm0 --get-stats").output
    assert re.search(r"^0 +virtio-blk +write-bytes +\d+  bytes written$", text, re.M), text
    guest.poweroff()
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_disk_that_has_grown_is_larger_in_the_guest(host):
    host.load_vmm()
    host.run("rm -f /tmp/raw.img; truncate -s 64M /tmp/raw.img")
    guest = host.linux(devices=["virtio-blk,/tmp/raw.img"]).login()
    expect_equal(guest.run("cat /sys/block/vdb/size").output, str(64 * 2048), "the disk's size")
    host.run("truncate -s 96M /tmp/raw.img && bhyvectl --vm=vm0 --resize-disk=1")
    guest.run(f"until [ $(cat /sys/block/vdb/size) = {96 * 2048} ]; do sleep 0.1; done", timeout=60)
    refused = host.run("bhyvectl --vm=vm0 --resize-disk=7", check=False)
    assert refused.status == 1 and re.fullmatch(r"bhyvectl: vm0: .*no device is there", refused.output), refused
    guest.poweroff()
    host.run("bhyvectl --vm=vm0 --destroy; rm /tmp/raw.img")


def parse_metrics(text):
    """Prometheus' text format, 0.0.4: {(name, labels): value}; raises Failure where it is none."""
    samples, types, ended, current = {}, {}, set(), None
    for line in text.splitlines():
        comment = re.fullmatch(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)", line)
        sample = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-z_]+="[^"\\\n]*",?)*)\} ([0-9.]+)', line)
        if not comment and not sample:
            raise Failure(f"metrics: neither a comment nor a sample: {line!r}")
        name = comment[2] if comment else sample[1]
        if name != current:
            if name in ended:
                raise Failure(f"metrics: the lines of {name} are not together")
            ended.add(current)
            current = name
        if comment and comment[1] == "TYPE":
            if name in types or any(known == name for known, _ in samples):
                raise Failure(f"metrics: TYPE of {name} comes twice, or late")
            types[name] = comment[3]
        if sample:
            if types.get(name) not in ("counter", "gauge"):
                raise Failure(f"metrics: {name} has no type")
            if (types[name] == "counter") != name.endswith("_total"):
                raise Failure(f"metrics: {name} is a {types[name]}")
            key = name, sample[2]
            if key in samples:
                raise Failure(f"metrics: {key} is there twice")
            samples[key] = float(sample[3])
    return samples


@on_host(**HOST)
def metrics_are_in_the_format_of_prometheus(host):
    host.load_vmm()
    expect_equal([key for key in parse_metrics(host.run("bhyvectl --metrics").output)], [], "samples without virtual machines")
    guest = host.linux(cpus=2).login()
    host.run("bhyvectl --vm=other-1.x --create")
    samples = parse_metrics(host.run("bhyvectl --metrics").output)
    for name, labels in (("bhyve_vm_state", 'vm="vm0",state="running"'), ("bhyve_vm_state", 'vm="other-1.x",state="loading"')):
        expect_equal(samples[name, labels], 1, f"{name} of {labels}")
    expect_equal(samples["bhyve_vm_state", 'vm="vm0",state="off"'], 0, "the state that it is not in")
    expect_equal(samples["bhyve_vm_memory_bytes", 'vm="vm0"'], 256 << 20, "memory")
    for cpu in "01":
        assert samples["bhyve_vcpu_cpu_seconds_total", f'vm="vm0",vcpu="{cpu}"'] > 0
        assert samples["bhyve_vcpu_exits_total", f'vm="vm0",vcpu="{cpu}",kind="wfi"'] > 0
        assert samples["bhyve_vcpu_exits_finished_total", f'vm="vm0",vcpu="{cpu}",by="el2"'] > 0
    assert samples["bhyve_device_read_bytes_total", 'vm="vm0",device="virtio-blk",slot="0"'] > 0
    assert ("bhyve_device_receive_drops_total", 'vm="vm0",device="virtio-net",slot="1"') in samples
    one = parse_metrics(host.run("bhyvectl --metrics --vm=other-1.x").output)
    expect_equal({label.split('"')[1] for _, label in one}, {"other-1.x"}, "virtual machines in the metrics of one")
    guest.poweroff()
    host.run("bhyvectl --vm=vm0 --destroy; bhyvectl --vm=other-1.x --destroy")


@on_host(**HOST)
def a_vm_is_reset_powered_off_and_destroyed_by_one_command(host):
    host.load_vmm()
    command = "bhyvectl --vm=vm0 --force-reset --force-poweroff --destroy"
    guest = host.linux().login()
    host.run(command)
    guest.wait()
    expect_equal(host.vms(), [], "virtual machines")
    guest = host.linux().login()
    guest.poweroff()
    host.run(command)
    expect_equal(host.vms(), [], "virtual machines, once it was off already")


@on_host(**HOST)
def a_port_is_forwarded_over_ipv6_and_for_udp(host):
    host.load_vmm()
    guest = host.linux(devices=["virtio-net,slirp,hostfwd=tcp:[::1]:8082-:80,hostfwd=udp:127.0.0.1:5300-:53"]).login()
    guest.run("until ip -6 addr show eth0 | grep -q 'inet6 fec0.*scope'; do sleep 0.1; done", timeout=60)
    guest.run("until ip -4 addr show eth0 | grep -q inet; do sleep 0.1; done", timeout=60)
    guest.run("mkdir -p /tmp/www && echo over IPv6 > /tmp/www/index.html && busybox httpd -p 80 -h /tmp/www")
    expect_equal(host.run("wget -q -O - 'http://[::1]:8082/'").output, "over IPv6", "what the host received")
    # Nobody listens in the guest, whose kernel counts what came to such a port. TFTP's client sends its request by UDP.
    strays = "awk '/^Udp: [0-9]/ { print $3 }' /proc/net/snmp"
    before = guest.run(strays).output
    request = host.start("tftp -g -l /tmp/datagram -r datagram 127.0.0.1 5300")
    guest.run(f"until [ $({strays}) -gt {before} ]; do sleep 0.1; done", timeout=60)
    request.stop()
    guest.poweroff()
    host.run("bhyvectl --vm=vm0 --destroy")
