# SPDX-License-Identifier: BSD-2-Clause
"""A disk as a distribution has it (GPT, GRUB, Debian with systemd and cloud-init), booted by firmware to its login."""
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from cases import on_host, on_pc
from harness import BOOT, BUILD, TOP, Failure, expect_equal, tail

IMAGE = BUILD / "guest/system.img"
SEED = TOP / "platform/debian/cloud-seed"
# A disk for each test: what one writes is no other's.
HOST = {"disks": ("system.img",) * 3}
EDK2 = "/guest/firmware/AAVMF_CODE.fd"
U_BOOT = "/guest/firmware/u-boot.bin"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhKp4mEl2Yl9k9mCBoqHDHCpPFVXSYxp9sx0Znqf5gE ann@pc"


def output(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command))}: status {done.returncode}:\n{tail(done.stdout + done.stderr)}")
    return done.stdout


@on_pc
def system_disk_has_boot_loader_and_a_sound_root():
    table = json.loads(output("/sbin/sfdisk", "--json", IMAGE))["partitiontable"]
    expect_equal(table["label"], "gpt", "kind of partition table")
    esp, root = table["partitions"]
    expect_equal(esp["type"], "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "type of the EFI system partition")
    expect_equal((esp["name"], root["name"]), ("esp", "system"), "names of the partitions")
    output("mdir", "-b", "-i", f"{IMAGE}@@{esp['start'] * 512}", "::EFI/BOOT/BOOTAA64.EFI")
    output("/sbin/e2fsck", "-fn", f"{IMAGE}?offset={root['start'] * 512}")


@on_pc
def same_packages_give_the_same_system_disk_bit_for_bit():
    def digest(path):
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        again = Path(folder) / "again.img"
        output(TOP / "platform/debian/system-disk", BUILD, again)
        if digest(again) != digest(IMAGE):
            raise Failure("two builds differ: " + subprocess.run(["cmp", again, IMAGE], capture_output=True, text=True).stdout)


@on_pc
def cloud_seed_refuses_what_is_no_public_key():
    with tempfile.TemporaryDirectory() as folder:
        key, seed = Path(folder) / "key", Path(folder) / "seed"
        for content in (None, "", "-----BEGIN OPENSSH PRIVATE KEY-----\n", KEY + "\n" + KEY + "\n"):
            if content is not None:
                key.write_text(content)
            done = subprocess.run([SEED, seed, "web1", "ann", key], capture_output=True, text=True)
            expect_equal((done.returncode, done.stderr), (1, f"cloud-seed: {key}: not a public ssh key on one line; "
                                                             "give the .pub file that ssh-keygen made\n"), "what was said")
            assert not seed.exists(), content
        key.write_text(KEY + "\n")
        output(SEED, seed, "web1", "ann", key)
        assert KEY in output("mtype", "-i", seed, "::user-data")


def start(host, disk, rom, options):
    host.load_vmm()
    return host.bhyve("vm0", f"-c 2 -m 512M -o console=stdio -o bootrom={rom} -s 0,virtio-blk,{disk} {options}")


def log_in(guest, timeout=2 * BOOT):
    """As root, who has no password, at systemd's login; then wait until all that boots has booted, without a failure."""
    guest.expect("GNU GRUB", BOOT)
    guest.expect(r"login: $", timeout)
    guest.send("root\n")
    guest.login(timeout)
    # What is still starting may write to the console before the answer.
    state = guest.run("systemctl is-system-running --wait", timeout, check=False).lines[-1]
    failed = guest.run("systemctl --failed --plain --no-legend --no-pager").output
    expect_equal((state, failed), ("running", ""), "systemd's state and its failed units")
    errors = guest.dmesg_errors()
    if errors:
        raise Failure("the guest's kernel log has errors:\n" + "\n".join(errors))
    return guest


def has_network(guest):
    guest.run("/lib/systemd/systemd-networkd-wait-online -i eth0 -4")
    assert "inet 10.0.2.15/24" in guest.run("ip -4 address show dev eth0").output


@on_host(**HOST, seconds=80)
def edk2_boots_a_disk_to_systemd_whose_files_survive_a_reboot_with_acpi_force(host):
    host.run("cp /guest/firmware/AAVMF_VARS.fd /tmp/vars.fd")
    guest = log_in(start(host, "/dev/vda", f"{EDK2},/tmp/vars.fd", "-M -s 1,virtio-net,slirp -s 2,virtio-rnd"))
    has_network(guest)
    guest.run("echo kept > /root/kept; mount /boot/efi; sed -i 's/ quiet$/ acpi=force&/' /boot/efi/EFI/debian/grub.cfg")
    guest.send("systemctl reboot\n")
    log_in(guest)
    expect_equal(guest.run("cat /root/kept").output, "kept", "what was written before the reboot")
    assert "acpi=force" in guest.run("cat /proc/cmdline").output.split()
    tables = guest.run("ls /sys/firmware/acpi/tables").output.split()
    assert {"APIC", "DSDT", "FACP", "GTDT", "SPCR"} <= set(tables), tables
    expect_equal(guest.run("ls /proc/device-tree", check=False).status, 2, "there is a device tree: ls's status")
    expect_equal(guest.run("nproc").output, "2", "nproc")
    has_network(guest)
    guest.send("systemctl poweroff\n")
    expect_equal(guest.wait(BOOT), 1, "bhyve's exit status")
    host.run("rm /tmp/vars.fd")


@on_host(**HOST, seconds=40)
def u_boot_boots_the_same_disk_and_its_systemd_hears_the_power_button(host):
    guest = log_in(start(host, "/dev/vdb", U_BOOT, "-s 1,virtio-net,slirp -s 2,virtio-rnd"))
    model = guest.run("tr -d '\\0' < /proc/device-tree/model").output
    expect_equal(model, "bhyve-armv8", "the device tree's model")
    has_network(guest)
    guest.job.signal("TERM")
    expect_equal(guest.wait(BOOT), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST, seconds=80)
def a_seed_disk_gives_the_machine_its_name_and_its_user(host):
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as key:
        print(KEY, file=key, flush=True)
        output(SEED, BUILD / "guest/seed.img", "web1", "ann", key.name)
    guest = log_in(start(host, "/dev/vdc", EDK2, "-s 1,virtio-blk,/guest/seed.img,ro"), 4 * BOOT)
    expect_equal(guest.run("hostname").output, "web1", "the host name")
    expect_equal(guest.run("getent passwd ann").output, "ann:x:1000:1000::/home/ann:/bin/bash", "the user")
    expect_equal(guest.run("cat /home/ann/.ssh/authorized_keys").output, KEY, "the user's keys")
    expect_equal(guest.run("stat -c '%U %a' /home/ann/.ssh/authorized_keys").output, "ann 600", "owner and mode of the keys")
    guest.send("systemctl poweroff\n")
    expect_equal(guest.wait(BOOT), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")
