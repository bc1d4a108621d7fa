"""netboot.py SERVE FOLDER - in a network namespace: a server on interface pc0, a machine that boots from it, what is said.

other0 is a second interface, on which nothing may be served.
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


def main():
    serve, folder = sys.argv[1:]
    ip("link", "set", "lo", "up")
    for name in ("pc0", "other0"):
        ip("tuntap", "add", name, "mode", "tap")
        ip("link", "set", name, "up")
    ip("addr", "add", "192.168.99.1/24", "dev", "other0")
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
        with UBoot(network="tap,id=net,ifname=pc0,script=no,downscript=no") as uboot:
            uboot.stream.send("setenv boot_targets dhcp; boot\n")
            uboot.expect("Starting kernel", 240)
            print(uboot.stream.history)
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)
        reader.join(60)
        print("".join(lines))
    if "192.168.37.1" not in ip("-4", "addr", "show", "dev", "pc0"):
        print("the address is gone again")


main()
