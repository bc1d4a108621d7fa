# SPDX-License-Identifier: BSD-2-Clause
"""Several machines under load at once."""
from cases import on_host
from harness import Failure, expect_equal

# Every round has one known answer; a round that differs is printed and ends the work.
WORK = r"""cat > /tmp/work <<'END'
end=$(($(date +%s) + $1))
dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null
good=$(sha256sum < /tmp/data)
rounds=0
while [ $(date +%s) -lt $end ]; do
	case $2 in
	cpu) found=$(sha256sum < /tmp/data) ;;
	memory) cp /tmp/data /tmp/copy.$2; found=$(sha256sum < /tmp/copy.$2) ;;
	disk) cp /tmp/data /root/copy; sync; echo 3 > /proc/sys/vm/drop_caches; found=$(sha256sum < /root/copy) ;;
	esac
	[ "$found" = "$good" ] || { echo "$2: round $rounds: $found is not $good"; exit 1; }
	rounds=$((rounds + 1))
done
echo "$2: $rounds rounds"
[ $rounds -gt 0 ]
END"""


@on_host(disks=2, seconds=90)
def two_vms_work_side_by_side_for_a_minute_while_a_host_cpu_comes_and_goes(host):
    host.load_vmm()
    guests = [host.linux(name=f"vm{i}", cpus=2, disk=f"/dev/vd{'ab'[i]}").login() for i in range(2)]
    for guest in guests:
        guest.run(WORK)
        guest.console.forget()
        guest.send("for kind in cpu memory disk; do (mkdir -p /tmp/$kind; sed \"s,/tmp/data,/tmp/$kind/data,g\" /tmp/work"
                   " > /tmp/$kind/work; sh /tmp/$kind/work 60 $kind; echo $kind-status-$?) & done; wait; echo all-done\n")
    cycles = host.start("sh -c 'cpu=/sys/devices/system/cpu/cpu1/online; n=0; while [ ! -e /run/enough ]; do"
                        " echo 0 > $cpu || exit 1; usleep 300000; echo 1 > $cpu || exit 1; usleep 700000;"
                        " n=$((n + 1)); done; echo $n'")
    for guest in guests:
        output, _ = guest.expect(r"^all-done\n", timeout=600)
        for kind in ("cpu", "memory", "disk"):
            if f"{kind}-status-0\n" not in output:
                raise Failure(f"{guest.name}: {kind} work went wrong:\n{output}")
    host.run("touch /run/enough")
    result = cycles.wait()
    expect_equal(result.status, 0, "status of taking the host's CPU 1 off and on line")
    if int(result.output) < 10:
        raise Failure(f"the host's CPU 1 went off line only {result.output} times in a minute")
    for guest in guests:
        assert not guest.dmesg_errors(), "\n".join(guest.dmesg_errors())
        expect_equal(guest.poweroff(), 1, "bhyve's exit status")
        host.run(f"bhyvectl --vm={guest.name} --destroy")
