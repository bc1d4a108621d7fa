# SPDX-License-Identifier: BSD-2-Clause
"""The emulated host itself: what everything else stands on."""
from cases import on_host
from harness import Failure


@on_host()
def host_boots_at_el2_on_every_cpu(host):
    log = host.run("dmesg").output
    assert "CPU: All CPU(s) started at EL2" in log, log
    assert host.run("nproc").output == "2"


@on_host()
def stock_kernel_has_kvm(host):
    host.run("[ -c /dev/kvm ]")


@on_host()
def modules_for_the_devices_are_loaded(host):
    loaded = host.run("lsmod").output
    for module in ("virtio_mmio", "virtio_net", "virtio_blk", "virtio_console", "9p", "ext4", "tun"):
        assert f"\n{module} " in loaded, f"{module} is not loaded"


@on_host()
def folders_of_the_pc_are_mounted(host):
    host.run("[ -s /guest/Image ] && [ -s /guest/initrd ] && [ -s /guest/disk.img ]")
    host.run("echo yes > /mnt/pc/.write && [ $(cat /mnt/pc/.write) = yes ] && rm /mnt/pc/.write")


@on_host()
def kernel_log_of_a_boot_has_no_errors(host):
    if host.boot_errors:
        raise Failure("\n".join(host.boot_errors))
