# SPDX-License-Identifier: BSD-2-Clause
"""netboot.py SERVE FOLDER - in a network namespace: a server on interface pc0, a machine that boots from it, what is said.

other0 is a second interface, on which nothing may be served: at its far end, in a namespace of its own, somebody asks.
"""
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from uboot import UBoot  # noqa: E402


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


# Asks for an address, and for the boot script at each address of the PC's; says what was answered.
ASK = """
import socket, struct
ask = struct.pack("!4BIHH16s16s192s4s", 1, 1, 6, 0, 7, 0, 0x8000, b"", bytes([2, 0, 0, 0, 0, 9]), b"", bytes([99, 130, 83, 99]))
dhcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dhcp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
dhcp.bind(("", 68))
dhcp.sendto(ask + bytes([53, 1, 1, 255]), ("255.255.255.255", 67))
asked = {"DHCP": dhcp}
for server in ("192.168.99.1", "192.168.37.1"):
    asked["TFTP at " + server] = tftp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tftp.sendto(bytes([0, 1]) + b"boot.scr.uimg" + bytes(1) + b"octet" + bytes(1), (server, 69))
for what, one in asked.items():
    one.settimeout(1)
    try:
        print("stranger:", what, "answered with", len(one.recv(2000)), "bytes")
    except OSError:
        print("stranger:", what, "is silent")
"""


def ask_as_a_stranger(stranger):
    print(subprocess.run(["nsenter", "-t", str(stranger.pid), "-n", sys.executable, "-c", ASK], check=True,
                         capture_output=True, text=True).stdout)


def stranger_at_other0():
    """A process in a namespace of its own, at the far end of other0."""
    stranger = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stranger.stdout.readline()
    ip("link", "add", "other0", "type", "veth", "peer", "name", "far0", "netns", str(stranger.pid))
    ip("addr", "add", "192.168.99.1/24", "dev", "other0")
    ip("link", "set", "other0", "up")
    for words in ("link set far0 up", "addr add 192.168.99.2/24 dev far0", "route add default via 192.168.99.1"):
        subprocess.run(["nsenter", "-t", str(stranger.pid), "-n", "ip", *words.split()], check=True)
    return stranger


def main():
    serve, folder = sys.argv[1:]
    ip("link", "set", "lo", "up")
    ip("tuntap", "add", "pc0", "mode", "tap")
    ip("link", "set", "pc0", "up")
    stranger = stranger_at_other0()
    server = subprocess.Popen([serve, folder, "pc0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              start_new_session=True)
    lines, ready = [], threading.Event()

    def read():
        for line in server.stdout:
            lines.append(line)
            if "TFTP root is" in line:
                ready.set()
        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    ready.wait(60)
    try:
        if server.poll() is not None:
            sys.exit("the server did not start")
        listening = subprocess.run(["ss", "-Hulnp"], check=True, capture_output=True, text=True).stdout
        for line in listening.splitlines():
            print("listens:", line.split()[3])
        ask_as_a_stranger(stranger)
        with UBoot(network="tap,id=net,ifname=pc0,script=no,downscript=no") as uboot:
            uboot.stream.send("setenv boot_targets dhcp; boot\n")
            uboot.expect("Starting kernel", 240)
            print(uboot.stream.history)
    finally:
        stranger.kill()
        stranger.wait()
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)
        reader.join(60)
        print("".join(lines))
    if "192.168.37.1" not in ip("-4", "addr", "show", "dev", "pc0"):
        print("the address is gone again")


main()
