# SPDX-License-Identifier: Apache-2.0
"""-o syslog: RFC 5424 messages to a socket, one for each thing there is to say."""

import os
import re
import socket
import subprocess
import threading

import pytest
import sweep
from conftest import CANARY
from sweep import EXIT_FAILED, EXIT_FINDINGS, EXIT_USAGE

MESSAGE = re.compile(
    r'<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) '
    r'sweeper (?P<pid>\d+) (?P<type>[a-z_]{1,32}) '
    r'\[sweeper@32473(?P<data>(?: [a-z0-9_]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\] '
    "\ufeff(?P<text>.+)", re.DOTALL)
VALUE = re.compile(r' ([a-z0-9_]+)="((?:[^"\\\]]|\\.)*)"', re.DOTALL)


def parse(raw):
    found = MESSAGE.fullmatch(raw.decode("utf-8"))
    assert found, raw
    parts = found.groupdict()
    parts["data"] = {name: re.sub(r"\\(.)", r"\1", value)
                     for name, value in VALUE.findall(parts["data"])}
    parts["facility"], parts["level"] = divmod(int(parts["pri"]), 8)
    return parts


class Daemon(threading.Thread):
    """Reads datagrams, or a stream of messages that end with a NUL."""

    def __init__(self, path, kind):
        super().__init__(daemon=True)
        self.kind = kind
        self.socket = socket.socket(socket.AF_UNIX, kind)
        self.socket.bind(os.fspath(path))
        self.raw = []
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        self.start()

    def run(self):
        if self.kind == socket.SOCK_DGRAM:
            while True:
                raw = self.socket.recv(1 << 20)
                if raw == b"end":
                    return
                self.raw.append(raw)
        connection, _ = self.socket.accept()
        data = b""
        while piece := connection.recv(65536):
            data += piece
        assert data == b"" or data.endswith(b"\0")
        self.raw = data.split(b"\0")[:-1]

    def messages(self, path):
        if self.kind == socket.SOCK_DGRAM:
            with socket.socket(socket.AF_UNIX, self.kind) as end:
                end.sendto(b"end", os.fspath(path))
        self.join(20)
        assert not self.is_alive()
        return [parse(raw) for raw in self.raw]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_one_message_for_each_thing(tree, place, scan, kind):
    (tree / 'a "]\\ b').write_bytes(CANARY)
    (tree / "low").write_bytes(b"sweeper-lowbird-7731")
    (tree / "large").write_bytes(b"." * 2000)
    daemon = Daemon(place / "log", kind)
    result = scan("--max-file-size", "1K", "-o", "jsonl", "-o", f"syslog={place / 'log'}", tree)
    assert result.code == EXIT_FINDINGS
    messages = daemon.messages(place / "log")
    told = [r for r in result.records if r["type"] not in ("sweep_start", "root")]
    assert [m["type"] for m in messages] == [r["type"] for r in told]
    assert {m["facility"] for m in messages} == {1}
    levels = {"high": 3, "low": 5}
    for message, record in zip(messages, told, strict=True):
        data = message["data"]
        if record["type"] == "finding":
            assert data["id"] == record["id"] and data["locator"] == record["locator"]
            assert data["rule"] == record["rule"]["name"]
            assert data["sha256"] == record["object"]["sha256"]
            assert message["level"] == levels[record["severity"]]
            assert record["locator"] in message["text"]
        if record["type"] == "gap":
            assert data["reason"] == "limit_size" and message["level"] == 4
    assert messages[-1]["type"] == "sweep_end"
    assert messages[-1]["data"]["exit_code"] == "1"


def test_long_values_are_cut_and_said_to_be(tree, place, scan):
    deep = tree
    for _ in range(8):
        deep = deep / ("ö" * 100)
        deep.mkdir()
    (deep / "a").write_bytes(CANARY)
    daemon = Daemon(place / "log", socket.SOCK_DGRAM)
    scan("-o", f"syslog={place / 'log'}", tree, records=False)
    finding = daemon.messages(place / "log")[0]
    assert finding["data"]["cut"] == "true"
    assert 1000 < len(finding["data"]["locator"].encode()) <= 1024
    assert len(finding["data"]["id"]) == 32


def test_no_daemon_is_an_error_before_the_sweep(tree, place, scan):
    (tree / "a").write_bytes(CANARY)
    result = scan("-o", f"syslog={place / 'none'}", tree, records=False)
    assert result.code == EXIT_FAILED and "none" in result.stderr
    (place / "file").write_text("")
    assert scan("-o", f"syslog={place / 'file'}", tree, records=False).code == EXIT_FAILED
    assert (place / "file").read_text() == ""
    long = "x" * 200
    assert scan("-o", f"syslog=/{long}", tree, records=False).code == EXIT_FAILED


def test_a_daemon_that_goes_away_ends_the_sweep_with_an_error(tree, place, scan):
    (tree / "a").write_bytes(CANARY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(os.fspath(place / "log"))
        server.listen()

        def drop():
            connection, _ = server.accept()
            connection.close()
            server.close()
            (place / "log").unlink()

        thread = threading.Thread(target=drop, daemon=True)
        thread.start()
        result = scan("-o", "jsonl", "-o", f"syslog={place / 'log'}", tree)
        thread.join(20)
    assert result.code == EXIT_FAILED and "syslog" in result.stderr
    assert len(result.findings) == 1, "the other output has all"


# Devices that programs want, and nothing else, in a /dev that only this process sees.
OWN_DEV = """
for node in null zero full random urandom; do
    : > "$1/$node"
    mount --bind "/dev/$node" "$1/$node"
done
mount --rbind "$1" /dev
shift
exec "$@"
"""


def with_own_dev(dev, *command):
    done = subprocess.run(["unshare", "-rm", "sh", "-ec", OWN_DEV, "sh", dev, *command],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * sweep.PATIENCE,
                          env=sweep.environment())
    return sweep.finish(command, done.returncode, done.stdout, done.stderr, False, 0)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_the_socket_of_the_system(tree, place, rules, kind):
    """Without a name it is /dev/log: a real one, in a namespace of its own."""
    dev = place / "dev"
    dev.mkdir()
    tried = with_own_dev(dev, "true")
    if tried.code != 0:
        pytest.skip(f"no namespace of mounts here: {tried.stderr.strip()[-200:]}")
    (tree / "a").write_bytes(CANARY)
    words = [sweep.SWEEPER, "scan", "--no-builtin-rules", "-r", rules, "-o", "syslog", tree]
    alone = with_own_dev(dev, *words)
    assert alone.code == EXIT_FAILED and "syslog socket /dev/log" in alone.stderr, str(alone)
    daemon = Daemon(dev / "log", kind)
    result = with_own_dev(dev, *words)
    assert result.code == EXIT_FINDINGS, str(result)
    messages = daemon.messages(dev / "log")
    assert [m["type"] for m in messages] == ["finding", "incident", "sweep_end"]
    assert messages[0]["data"]["rule"] == "Canary" and messages[-1]["data"]["exit_code"] == "1"


def test_two_of_them_are_refused(tree, scan):
    result = scan("-o", "syslog", "-o", "syslog", tree, records=False)
    assert result.code == EXIT_USAGE
