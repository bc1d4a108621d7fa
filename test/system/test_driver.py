"""vmm.ko: takes EL2 on a stock kernel, gives it back, and refuses where it is not to be had."""
from bare_metal import finish, start
from cases import on_host
from harness import Failure, expect_equal


def steps(host):
    return [line.split("vmm: ", 1)[1] for line in host.run("dmesg").lines if "vmm: " in line]


@on_host()
def loading_prints_numbered_lines_from_start_to_stop(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    before = len(steps(host))
    host.run("modprobe vmm")
    said = [line for line in steps(host)[before:] if line.startswith(("START", "[", "STOP"))]
    assert said[0].startswith("START"), said
    assert said[-1].startswith("STOP: ready"), said
    count = len(said) - 2
    assert [line.split("]")[0] for line in said[1:-1]] == [f"[{i + 1}/{count}" for i in range(count)], said


@on_host()
def kvm_works_before_loading_and_after_unloading(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    for _ in range(3):
        assert host.run("kvm_smoke", check=False).status == 0, "KVM does not work without vmm"
        host.load_vmm()
        assert host.run("kvm_smoke", check=False).status == 2, "KVM is not kept out while vmm is loaded"
        host.unload_vmm()
    host.run("kvm_smoke")


@on_host()
def driver_loads_and_unloads_fifty_times(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    host.run("for i in $(seq 50); do modprobe vmm && rmmod vmm || exit 1; done", timeout=300)


@on_host()
def rmmod_refuses_while_a_virtual_machine_exists(host):
    host.load_vmm()
    host.run("bhyvectl --vm=keeps --create")
    refusal = host.run("rmmod vmm", check=False)
    host.run("bhyvectl --vm=keeps --destroy")
    if refusal.status == 0:
        raise Failure("rmmod took the driver from under a virtual machine")
    host.unload_vmm()


@on_host()
def a_cpu_goes_off_and_on_line_with_the_driver_loaded(host):
    host.load_vmm()
    for _ in range(5):
        host.run("echo 0 > /sys/devices/system/cpu/cpu1/online && echo 1 > /sys/devices/system/cpu/cpu1/online")
    assert host.run("nproc").output == "2"
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host()
def driver_loads_with_a_cpu_off_line_and_takes_it_later(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    host.run("echo 0 > /sys/devices/system/cpu/cpu1/online; modprobe vmm; echo 1 > /sys/devices/system/cpu/cpu1/online")
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host(machine="virt,gic-version=3")
def a_host_booted_at_el1_is_refused_with_the_reason(host):
    result = host.run("modprobe vmm", check=False)
    assert result.status != 0
    assert any("EL2" in line or "EL1" in line for line in steps(host)), steps(host)
    host.dmesg_errors()


@on_host(cpu="max")
def a_host_with_vhe_is_refused_with_the_parameter_that_helps(host):
    result = host.run("modprobe vmm", check=False)
    assert result.status != 0
    assert any("id_aa64mmfr1.vh=0" in line for line in steps(host)), steps(host)
    host.dmesg_errors()


@on_host(cpu="max", append="id_aa64mmfr1.vh=0")
def a_host_that_uses_sve_is_refused_with_the_parameter_that_helps(host):
    result = host.run("modprobe vmm", check=False)
    assert result.status != 0
    assert any("arm64.nosve" in line for line in steps(host)), steps(host)
    host.dmesg_errors()


@on_host(cpu="max", append="id_aa64mmfr1.vh=0 arm64.nosve")
def cpus_of_later_architectures_are_taken_without_sve(host):
    host.load_vmm()
    finish(start(host, "gic", 2))
    finish(start(host, "state", 2))
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host(append="kvm-arm.mode=none")
def a_host_without_kvm_is_taken_too(host):
    host.load_vmm()
    host.unload_vmm()
    host.load_vmm()


@on_host()
def a_thousand_virtual_machines_leave_no_memory_behind(host):
    host.load_vmm()
    free = "sync; echo 3 > /proc/sys/vm/drop_caches; awk '/MemFree/ { print $2 }' /proc/meminfo"
    host.run("vmchurn leak 200 8", timeout=300)
    # The kernel keeps some MiB of free pages in lists of its own, now more and now less. A leak of one page a round is 4000
    # KiB every time.
    for _ in range(4):
        before = int(host.run(free).output)
        host.run("vmchurn leak 1000 8", timeout=900)
        gone = before - int(host.run(free).output)
        if gone < 2000:
            return
    raise Failure(f"{gone} KiB are gone after the last 1000 rounds, and not less after those before")


@on_host()
def tools_create_and_destroy_a_hundred_virtual_machines(host):
    host.load_vmm()
    host.run("for i in $(seq 100); do bhyvectl --vm=many$i --create || exit 1; done", timeout=300)
    expect_equal(len(host.vms()), 100, "virtual machines in /dev/vmm")
    expect_equal(len(host.run("bhyvectl --list").lines), 101, "lines of bhyvectl --list")
    host.run("for i in $(seq 100); do bhyvectl --vm=many$i --destroy || exit 1; done", timeout=300)


@on_host()
def every_ioctl_does_what_it_says_and_refuses_what_is_wrong(host):
    host.load_vmm()
    # A thread that is registered for restartable sequences leaves VMM_RUN for a moment whenever it was preempted, which is
    # right, but a runner that is expected to be inside would not be.
    result = host.run("GLIBC_TUNABLES=glibc.pthread.rseq=0 ioctl_smoke", check=False, timeout=600)
    if result.status != 0:
        raise Failure(result.output)
