# SPDX-License-Identifier: Apache-2.0
"""Trees that were not made for sweeping: each thing in them costs exactly the
record that it should."""

import ctypes
import os
import select
import socket
import stat
import struct
import subprocess
import threading

import pytest
import sweep
from conftest import CANARY, needs_root
from sweep import EXIT_CLEAN, EXIT_FINDINGS, EXIT_GAPS

MIB = 1024 * 1024


def plant(path, content=CANARY):
    path.write_bytes(content)
    return path


# --- things that are not files ---------------------------------------------------------------


def test_fifo_socket_and_symlinks_are_counted_and_not_opened(tree, scan):
    plant(tree / "bad")
    os.mkfifo(tree / "fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.fspath(tree / "socket"))
    os.symlink("bad", tree / "link")
    os.symlink("nowhere", tree / "dangling")
    os.symlink(".", tree / "loop")
    (tree / "sub").mkdir()
    os.symlink("../sub", tree / "sub/loop")
    result = scan(tree, timeout=30)
    listener.close()
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert result.gaps == []
    assert sweep.excluded(result) == {"fifo": 1, "socket": 1, "symlink": 4}


@needs_root
def test_device_nodes_are_counted_and_not_opened(tree, scan):
    """/dev/zero would never end; a tape drive would rewind."""
    plant(tree / "bad")
    try:
        os.mknod(tree / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        os.mknod(tree / "disk", stat.S_IFBLK | 0o666, os.makedev(7, 0))
    except PermissionError:
        pytest.skip("this place has no device nodes")
    result = scan(tree, timeout=30)
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert sweep.excluded(result) == {"device": 2}
    assert result.gaps == []


@pytest.mark.parametrize("thing", ["fifo", "/dev/zero", "socket"])
def test_a_special_file_as_target_does_not_hang(tree, scan, thing):
    if thing == "fifo":
        os.mkfifo(tree / "fifo")
    elif thing == "socket":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.fspath(tree / "socket"))
    result = scan(thing, cwd=tree, timeout=30, records=False)
    assert result.code in (EXIT_CLEAN, EXIT_GAPS, sweep.EXIT_FAILED)
    assert result.seconds < 20 * sweep.PATIENCE
    if result.code == EXIT_CLEAN:
        counts = sweep.parse_records(result.stdout)[-1]["excluded"]
        assert sum(counts.values()) == 1


def test_a_directory_loop_by_bind_mount_ends(tree, scan):
    """Where the kernel lets us mount: the tree contains itself."""
    plant(tree / "bad")
    (tree / "self").mkdir()
    script = ('mount --bind "$0" "$0/self" || exit 77; shift; exec "$@"')
    command = ["unshare", "--mount", "/bin/sh", "-c", script, os.fspath(tree), "-"]
    probe = subprocess.run([*command, "/bin/true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("no mounting here")
    rules = tree.parent / "canary.yar"
    done = subprocess.run(
        [*command, sweep.SWEEPER, "scan", "--no-builtin-rules", "--rules", os.fspath(rules),
         os.fspath(tree)], capture_output=True, timeout=60)
    result = sweep.finish(command, done.returncode, done.stdout, done.stderr, True, 0)
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert sweep.excluded(result) == {"seen_directory": 1}


# --- permissions -----------------------------------------------------------------------------


@needs_root
def test_unreadable_file_and_directory_are_gaps(tree, rules, worldly):
    plant(tree / "bad")
    plant(tree / "closed-file").chmod(0o000)
    (tree / "closed-dir").mkdir()
    plant(tree / "closed-dir/hidden")
    (tree / "closed-dir").chmod(0o000)
    (tree / "no-search").mkdir()
    plant(tree / "no-search/seen-but-not-reached")
    (tree / "no-search").chmod(0o744)
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "--fail-on", "never", tree,
                        user=sweep.NOBODY, **worldly)
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert result.gap_reasons() == {
        os.fsencode(tree / "closed-file"): "unreadable",
        os.fsencode(tree / "closed-dir"): "unreadable",
        os.fsencode(tree / "no-search/seen-but-not-reached"): "unreadable",
    }
    assert all("ermission denied" in gap["detail"] for gap in result.gaps)
    assert result.code == EXIT_GAPS


@needs_root
def test_a_target_that_cannot_be_read(tree, rules, worldly):
    plant(tree / "closed").chmod(0o000)
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree / "closed",
                        user=sweep.NOBODY, records=False, **worldly)
    assert result.code in (EXIT_GAPS, sweep.EXIT_FAILED)
    assert b"closed" in result.stdout + result.stderr.encode()


# --- names -----------------------------------------------------------------------------------

NAMES = [
    b"with newline\n{\"type\":\"finding\"}",
    b"not utf-8 \xff\xfe\x80",
    b"overlong \xc0\xaf",
    b"surrogate \xed\xa0\x80",
    b"escape \x1b[31m",
    b"bell\x07 and delete\x7f",
    b"back\\slash \\x41 \\n",
    b"quote\" ' and ! % %21",
    "right-to-left \u202etxt.exe".encode(),
    "line separator \u2028 here".encode(),
    "snow \u2603 and \U0001f40d".encode(),
    b"\xc2\x85 next line control",
    b" leading and trailing ",
    b"-rf",
    b"x" * 255,
    b"\x01",
]


def test_names_of_any_bytes(tree, scan):
    for name in NAMES:
        with open(os.fsencode(tree) + b"/" + name, "wb") as file:
            file.write(CANARY)
    result = scan(tree)
    assert result.found_paths() == {os.fsencode(tree) + b"/" + name for name in NAMES}
    assert result.gaps == []
    for finding in result.findings:
        shown = finding["object"]["path"]
        assert shown.isprintable() or "\u3000" in shown or not any(
            ord(c) < 32 or 127 <= ord(c) < 160 for c in shown), repr(shown)
        assert sweep.unescape(shown) == sweep.exact_path(finding)
        assert unescape_hop(finding["locator"]) == sweep.exact_path(finding)
        assert "!" not in finding["locator"]


def unescape_hop(text):
    """Decodes one hop of a locator: %HH is a byte."""
    import urllib.parse

    return urllib.parse.unquote_to_bytes(text)


def test_gaps_name_their_path_exactly_too(tree, scan):
    for name in NAMES:
        with open(os.fsencode(tree) + b"/" + name, "wb") as file:
            file.truncate(2000)
    result = scan("--max-file-size", "1000", tree)
    assert result.gap_reasons() == {
        os.fsencode(tree) + b"/" + name: "limit_size" for name in NAMES}


def test_a_target_with_such_a_name(tree, scan):
    path = os.fsencode(tree) + b"/bad\n\xff"
    with open(path, "wb") as file:
        file.write(CANARY)
    assert scan(path).found_paths() == {path}


# --- size and depth --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_tree_of_4000_levels(tree, scan):
    """Deeper than any path can name: PATH_MAX is 4,096 bytes."""
    start = os.getcwd()
    try:
        os.chdir(tree)
        for _ in range(4000):
            os.mkdir("deep")
            os.chdir("deep")
        plant_here("bad")
    finally:
        os.chdir(start)
    result = scan(tree, timeout=120)
    bottom = os.fsencode(tree) + b"/deep" * 4000 + b"/bad"
    assert result.found_paths() == {bottom}
    assert result.gaps == []
    assert result.end["objects"]["scanned"] == 1


def plant_here(name):
    with open(name, "wb") as file:
        file.write(CANARY)


@pytest.mark.slow
def test_a_directory_with_500000_entries(tree, scan):
    many = tree / "many"
    many.mkdir()
    handle = os.open(many, os.O_RDONLY)
    for number in range(500_000):
        os.mknod(f"{number:06}", dir_fd=handle)
    os.close(handle)
    plant(many / "000000")
    plant(many / "250000")
    plant(many / "499999")
    result = scan(tree, timeout=300)
    assert result.found_paths() == {
        os.fsencode(many / name) for name in ("000000", "250000", "499999")}
    assert result.end["objects"]["scanned"] == 500_000
    assert result.gaps == []


def test_a_sparse_file_of_1_tib_is_over_the_limit(tree, scan):
    plant(tree / "bad")
    try:
        os.truncate(plant(tree / "huge"), 1 << 40)
    except OSError:
        pytest.skip("this file system has no such files")
    result = scan(tree, timeout=30)
    assert result.gap_reasons() == {os.fsencode(tree / "huge"): "limit_size"}
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert result.seconds < 20 * sweep.PATIENCE


def test_holes_cost_nothing(tree, scan):
    """60 GiB with a few bytes here and there, none of them a needle."""
    with open(tree / "sparse", "wb") as file:
        file.truncate(60 << 30)
        for at in (5 << 30, 30 << 30, (60 << 30) - 10):
            file.seek(at)
            file.write(b"something")
    result = scan(tree, timeout=60)
    assert result.code == EXIT_CLEAN and result.gaps == []
    assert result.end["bytes"] == 60 << 30
    assert result.seconds < 20 * sweep.PATIENCE


def test_a_needle_behind_holes_is_found(tree, scan):
    """It lies across the edge of a page, after much of nothing."""
    path = plant(tree / "sparse", b"")
    with open(path, "r+b") as file:
        file.truncate(400 * MIB)
        file.seek((300 << 20) - 7)
        file.write(CANARY)
    result = scan(tree, timeout=120)
    (finding,) = result.findings
    assert finding["matches"][0]["offset"] == (300 << 20) - 7
    assert finding["object"]["size"] == 400 * MIB


SIZE = 66 * MIB
EDGES = [0, 1 * MIB - 9, 2 * MIB - 18, 4 * MIB - 10, 8 * MIB - 1, 16 * MIB - 18, 32 * MIB - 5,
         64 * MIB - 10, 64 * MIB + 20, SIZE - len(CANARY)]


def sparse_with(path, size, places):
    with open(path, "wb") as file:
        file.truncate(size)
        for at in places:
            file.seek(at)
            file.write(CANARY)


def test_needles_at_the_edges_of_large_files(tree, scan):
    """Windows overlap: wherever the only needle lies around a power of two, it is found."""
    for at in EDGES:
        sparse_with(tree / str(at), SIZE, [at])
    found = {int(sweep.exact_path(f).rsplit(b"/", 1)[1]): f["matches"][0]["offset"]
             for f in scan(tree).findings}
    assert found == {at: at for at in EDGES}


def test_needles_in_data_at_the_edges_of_large_files(tree, scan):
    """The same in a file without holes."""
    for at in EDGES[1:7]:
        path = big(tree / str(at), 66)
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(CANARY)
    found = {int(sweep.exact_path(f).rsplit(b"/", 1)[1]): f["matches"][0]["offset"]
             for f in scan(tree).findings}
    assert found == {at: at for at in EDGES[1:7]}


def test_many_needles_in_one_large_file(tree, scan):
    sparse_with(tree / "large", SIZE, EDGES)
    (finding,) = scan(tree).findings
    assert [match["offset"] for match in finding["matches"]] == EDGES


@pytest.mark.parametrize("size", [64 * MIB - 1, 64 * MIB, 64 * MIB + 1])
def test_a_needle_at_the_end_around_the_size_held_in_memory(tree, scan, size):
    path = tree / "file"
    with open(path, "wb") as file:
        file.seek(size - len(CANARY))
        file.write(CANARY)
    (finding,) = scan(tree).findings
    assert finding["matches"][0]["offset"] == size - len(CANARY)


# --- files that change while they are read ---------------------------------------------------


class Watch:
    """inotify(7) on one file: says when somebody opens or reads it."""

    ACCESS = 0x1
    OPEN = 0x20

    def __init__(self, path, mask):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        assert self.fd >= 0
        assert libc.inotify_add_watch(self.fd, os.fsencode(path), mask) >= 0

    def wait(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return False
        data = os.read(self.fd, 4096)
        return struct.unpack_from("iIII", data)[1] != 0

    def close(self):
        os.close(self.fd)


def big(path, mib, head=b""):
    """Data all through: no holes, nothing to find but the head."""
    block = bytes(range(256)) * 4096
    with open(path, "wb") as file:
        file.write(head)
        for _ in range(mib):
            file.write(block)
    return path


@pytest.mark.parametrize("options", [[], ["--no-prefilter"]])
@pytest.mark.parametrize("head", [b"", CANARY])
def test_a_file_that_is_cut_while_it_is_read(tree, scan, rules, options, head):
    """Cut at the moment of the first read; 400 MiB take far longer than that."""
    plant(tree / "bad")
    path = big(tree / "cut", 400, head)
    watch = Watch(path, Watch.ACCESS)
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "-j1", *options, tree])
    assert watch.wait(30 * sweep.PATIENCE), "nobody read the file"
    os.truncate(path, 1 * MIB)
    result = sweep.end(process, timeout=60)
    watch.close()
    assert result.gap_reasons() == {os.fsencode(path): "changed_while_reading"}
    assert os.fsencode(tree / "bad") in result.found_paths()
    assert result.engine_deaths == []
    assert result.code == EXIT_FINDINGS


def test_a_file_that_grows_without_end(tree, scan, rules):
    plant(tree / "bad")
    path = big(tree / "growing", 100)
    stop = threading.Event()

    def write():
        with open(path, "ab", buffering=0) as file:
            while not stop.is_set() and file.tell() < 4 << 30:
                file.write(b"more and more\n" * 1000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        result = sweep.scan("--no-builtin-rules", "--rules", rules, tree, timeout=60)
    finally:
        stop.set()
        writer.join()
    assert result.gap_reasons() == {os.fsencode(path): "changed_while_reading"}
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert result.seconds < 40 * sweep.PATIENCE


def test_a_log_that_only_got_older_is_no_gap(tree, scan):
    """Reading a file that is open for writing elsewhere, but left alone, is complete."""
    path = plant(tree / "log", b"line\n")
    with open(path, "ab"):
        result = scan(tree)
    assert result.code == EXIT_CLEAN and result.gaps == []


def test_files_that_come_and_go_are_not_gaps(tree, scan, rules):
    """A thread makes and deletes files all the time: gone is counted, not a gap."""
    for number in range(2000):
        plant(tree / f"stays-{number}", b"here")
    stop = threading.Event()

    def churn():
        number = 0
        while not stop.is_set():
            path = tree / f"goes-{number % 500}"
            path.write_bytes(b"gone soon")
            path.unlink()
            number += 1

    churner = threading.Thread(target=churn)
    churner.start()
    try:
        result = sweep.scan("--no-builtin-rules", "--rules", rules, tree, timeout=60)
    finally:
        stop.set()
        churner.join()
    assert {gap["reason"] for gap in result.gaps} <= {"changed_while_reading"}
    assert result.end["objects"]["scanned"] >= 2000


def test_a_file_swapped_for_a_fifo_does_not_hang(tree, scan, rules):
    """What was a file at listing may be anything at opening."""
    for number in range(500):
        plant(tree / f"file-{number}", b"here")
    stop = threading.Event()

    def swap():
        number = 0
        while not stop.is_set():
            path = tree / f"file-{number % 500}"
            other = tree / "other"
            os.mkfifo(other)
            os.rename(other, path)
            other.write_bytes(b"back")
            os.rename(other, path)
            number += 1

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        result = sweep.scan("--no-builtin-rules", "--rules", rules, tree, timeout=60)
    finally:
        stop.set()
        swapper.join()
    assert result.seconds < 30 * sweep.PATIENCE
    assert {gap["reason"] for gap in result.gaps} <= {"changed_while_reading", "unreadable"}


def test_a_symlink_swapped_in_is_not_followed(tree, scan, rules, place):
    """A directory is replaced by a symlink to one outside, again and again: nothing
    outside may ever be reported."""
    outside = place / "outside"
    outside.mkdir()
    for number in range(50):
        plant(outside / f"secret-{number}")
    for number in range(200):
        (tree / f"dir-{number}").mkdir()
        plant(tree / f"dir-{number}/file", b"here")
    stop = threading.Event()

    def swap():
        number = 0
        while not stop.is_set():
            path = tree / f"dir-{number % 200}"
            os.rename(path, tree / "aside")
            os.symlink(outside, path)
            os.unlink(path)
            os.rename(tree / "aside", path)
            number += 1

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        results = [sweep.scan("--no-builtin-rules", "--rules", rules, tree, timeout=60)
                   for _ in range(5)]
    finally:
        stop.set()
        swapper.join()
    for result in results:
        assert result.found() == set()


# --- pseudo file systems ---------------------------------------------------------------------


def test_pseudo_file_systems_below_a_target_are_left_out(scan):
    """/proc and /sys are mounts below /: left out and counted, with --one-file-system or not."""
    result = scan("--exclude", "/[!ps]*", "--no-one-file-system", "--exclude", "/srv", "--exclude",
                  "/sbin", "/", timeout=60)
    counts = sweep.excluded(result)
    assert counts.get("pseudo_filesystem", 0) >= 2, counts


@pytest.mark.parametrize("target", ["/proc", "/sys"])
def test_a_pseudo_file_system_named_outright_is_swept(scan, target):
    """Bounded in time, whatever blocks or never ends in there, and each gap has a reason."""
    result = scan("--max-time", "5", "--fail-on", "never", "--allow-gaps",
                  "--exclude", "/proc/[0-9]*", "--exclude", "/sys/kernel/slab", target,
                  timeout=240)
    assert result.code == EXIT_CLEAN
    assert result.end["objects"]["scanned"] > 100
    assert result.engine_deaths == []
    for gap in result.gaps:
        assert gap["detail"]
        assert gap["reason"] in ("unreadable", "io_error", "limit_size", "changed_while_reading",
                                 "limit_memory")


def test_a_proc_file_that_says_it_is_empty_is_read(scan, tree, rules, place):
    """Size 0 and content all the same."""
    rule = place / "proc.yar"
    rule.write_text('rule Status { strings: $a = "ctxt " $b = "processes " condition: all of them }')
    result = sweep.scan("--no-builtin-rules", "--rules", rule, "/proc/stat")
    assert result.found_paths() == {b"/proc/stat"}


def test_own_process_is_not_a_trap(scan):
    """A sweep of its own /proc entry meets its own memory and descriptors."""
    result = scan("--max-time", "5", "--fail-on", "never", "--allow-gaps", "/proc/self", timeout=120)
    assert result.code == EXIT_CLEAN
    assert result.engine_deaths == []
