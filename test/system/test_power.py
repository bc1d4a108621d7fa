"""The power button: a guest that listens is asked, and shuts itself down."""
from cases import on_host
from harness import Failure, expect_equal

HOST = {"disks": 1}


def listen(guest):
    """The guest waits for a press of its power button, says which key of input it was, and powers off."""
    guest.send("exec 3< /dev/input/event0; echo listening; head -c 24 <&3 | od -An -tu2 -j16 -N4; poweroff\n")
    guest.expect(r"^listening\n")


def press(guest):
    """SIGTERM; the guest sees EV_KEY, KEY_POWER."""
    guest.job.signal("TERM")
    guest.expect(r"^ +1 +116\n")


@on_host(**HOST)
def sigterm_presses_the_power_button_of_a_guest_with_a_device_tree(host):
    host.load_vmm()
    guest = host.linux().login()
    guest.run("modprobe evdev && modprobe gpio_keys")
    listen(guest)
    press(guest)
    expect_equal(guest.wait(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_second_sigterm_stops_a_guest_that_does_not_react(host):
    host.load_vmm()
    guest = host.linux().login()
    guest.run("modprobe evdev && modprobe gpio_keys")
    guest.send("exec 3< /dev/input/event0; echo listening; head -c 24 <&3 | od -An -tu2 -j16 -N4\n")
    guest.expect(r"^listening\n")
    press(guest)
    if not guest.job.running():
        raise Failure("bhyve has ended, though the guest has not")
    expect_equal(guest.kill("TERM"), 5, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def a_guest_that_panicked_is_reported_and_ends_as_asked(host):
    """Debian's kernel has no driver for pvpanic: the register is written as the driver does."""
    host.load_vmm()
    for options, status in (("", None), ("-o panic.action=halt", 2), ("-o panic.action=poweroff", 1)):
        guest = host.linux(options=options).login()
        found = guest.run("cat /proc/device-tree/pvpanic*/compatible | tr '\\0' ' '; devmem 0x90d0000 8").lines
        expect_equal(found, ["qemu,pvpanic-mmio 0x03"], "node of the device tree, and events it knows")
        guest.send("devmem 0x90d0000 8 1; echo still here\n")
        if status is None:
            guest.expect(r"^still here\n")
        expect_equal(guest.poweroff() if status is None else guest.wait(), status or 1, "bhyve's exit status")
        if "vm0: the guest panicked" not in guest.stderr():
            raise Failure(f"bhyve said {guest.stderr()!r}")
        host.run("bhyvectl --vm=vm0 --destroy")
