# SPDX-License-Identifier: Apache-2.0
"""Memory has a ceiling that does not depend on how much there is to sweep:
RssAnon + RssShmem of both processes, sampled every 10 ms."""

import os
import subprocess
import threading
import time

import pytest
import sweep
from conftest import CANARY

MIB = 1024 * 1024
pytestmark = pytest.mark.plain


def private_bytes(pid):
    """RssAnon + RssShmem of a process; 0 when it is gone."""
    total = 0
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(("RssAnon:", "RssShmem:")):
                    total += int(line.split()[1]) * 1024
    except OSError:
        pass
    return total


def measured(args, timeout, interval_s=0.01):
    """Runs a sweep. (result, peak of the sum over both processes in bytes, samples)."""
    process = sweep.start(["scan", *args])
    peak = samples = 0
    done = threading.Event()

    def watch():
        nonlocal peak, samples
        while not done.wait(interval_s):
            pids = [process.pid, *sweep.children(process.pid)]
            peak = max(peak, sum(map(private_bytes, pids)))
            samples += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = sweep.end(process, timeout=timeout)
    finally:
        done.set()
        watcher.join()
    return result, peak, samples


@pytest.fixture
def limits(rules):
    return ["--no-builtin-rules", "--rules", rules, "-j2"]


@pytest.mark.slow
@pytest.mark.parametrize("options, limit", [(["--no-archives"], 200 * MIB), ([], 512 * MIB)],
                         ids=["files", "archives"])
def test_usr_with_two_threads_and_the_built_in_rules(options, limit):
    """Files alone need little; with archives the ceiling is --memory. And the promise on real
    input: complete, no false positive, no gap without a reason."""
    result, peak, samples = measured(["-j2", *options, "/usr"], timeout=900)
    print(f"peak {peak / MIB:.0f} MiB in {samples} samples, {result.seconds:.1f} s")
    assert result.end["objects"]["scanned"] > 10_000
    assert samples > 50
    assert peak < limit
    usr_is_clean(result)


def usr_is_clean(result):
    """What is left are containers that do mean two things, which test data is full of."""
    assert {f["kind"] for f in result.findings} <= {"integrity"}
    loud = {f["locator"] for f in result.findings if f["severity"] not in ("low", "info")}
    assert all("/testdata/" in locator for locator in loud), loud
    assert all(gap["detail"] for gap in result.gaps)
    assert result.code == (sweep.EXIT_FINDINGS if loud else
                           sweep.EXIT_GAPS if result.gaps else sweep.EXIT_CLEAN)
    assert result.engine_deaths == []
    listed = subprocess.run(["find", "/usr", "-xdev", "-type", "f", "-printf", "%D:%i\\n"],
                            capture_output=True, check=True).stdout.splitlines()
    gone = sum(gap["reason"] == "limit_size" and len(gap["chain"]) == 1 for gap in result.gaps)
    # Rules ask for names, so that each name of a file is an object.
    assert result.end["objects"]["scanned"] + gone == len(listed)


@pytest.mark.slow
@pytest.mark.parametrize("directories", [
    200, pytest.param(1000, marks=pytest.mark.long)])
def test_directories_of_a_thousand_empty_files(tree, limits, directories):
    for number in range(directories):
        path = tree / f"{number:03}"
        path.mkdir()
        handle = os.open(path, os.O_RDONLY)
        for entry in range(1000):
            os.mknod(f"{entry:03}", dir_fd=handle)
        os.close(handle)
    result, peak, _ = measured([*limits, tree], timeout=600)
    print(f"peak {peak / MIB:.0f} MiB, {result.seconds:.1f} s")
    assert result.end["objects"]["scanned"] == directories * 1000
    assert peak < 200 * MIB
    _, small, _ = measured([*limits, tree / "000"], timeout=60)
    assert peak - small < (16 + directories * 48 / 1000) * MIB, "memory grows with the files"


@pytest.mark.slow
def test_a_sparse_file_of_3_gib_is_scanned_whole(tree, limits):
    path = tree / "sparse"
    with open(path, "wb") as file:
        file.truncate(3 << 30)
        file.seek((3 << 30) - len(CANARY))
        file.write(CANARY)
    result, peak, _ = measured([*limits, tree], timeout=600)
    print(f"peak {peak / MIB:.0f} MiB, {result.seconds:.1f} s")
    (finding,) = result.findings
    assert finding["matches"][0]["offset"] == (3 << 30) - len(CANARY)
    assert peak < 200 * MIB


@pytest.mark.slow
def test_a_sparse_file_of_3_gib_without_a_finding(tree, limits):
    with open(tree / "sparse", "wb") as file:
        file.truncate(3 << 30)
    result, peak, _ = measured([*limits, tree], timeout=600)
    print(f"peak {peak / MIB:.0f} MiB, {result.seconds:.1f} s")
    assert result.findings == [] and result.gaps == []
    assert result.end["bytes"] == 3 << 30
    assert peak < 200 * MIB


def test_several_large_files_at_once(tree, limits):
    """Eight workers with files just under what is held in memory share one purse."""
    for number in range(12):
        with open(tree / f"large-{number}", "wb") as file:
            file.write(os.urandom(MIB) * 60 + CANARY)
    result, peak, _ = measured([*limits[:-1], "-j8", "--memory", "256M", tree], timeout=120)
    print(f"peak {peak / MIB:.0f} MiB, {result.seconds:.1f} s")
    assert len(result.findings) == 12 and result.gaps == []
    assert peak < 256 * MIB


def test_several_large_texts_in_utf16_at_once(tree, limits):
    """Each is converted, alone if need be: as UTF-8 it has half as much again."""
    text = "\u4e2d\u6587".encode("utf-16-le") * (8 * MIB)
    end = CANARY.decode().encode("utf-16-le")
    for number in range(12):
        (tree / f"large-{number}").write_bytes(b"\xff\xfe" + text[2 + len(end):] + end)
    result, peak, _ = measured([*limits[:-1], "-j8", "--memory", "256M", tree], timeout=120)
    print(f"peak {peak / MIB:.0f} MiB, {result.seconds:.1f} s")
    assert len(result.findings) == 12 and result.gaps == []
    assert peak < 256 * MIB


def test_many_findings_do_not_pile_up(tree, limits):
    """6,000 findings with 64 matches each through a pipe that is read slowly."""
    for number in range(6_000):
        path = tree / f"{number % 100:02}"
        path.mkdir(exist_ok=True)
        (path / str(number)).write_bytes((CANARY + b"\n") * 64)
    process = sweep.start(["scan", *limits, tree], drain=False)
    peak = 0
    end = time.monotonic() + 3
    while time.monotonic() < end and process.poll() is None:
        pids = [process.pid, *sweep.children(process.pid)]
        peak = max(peak, sum(map(private_bytes, pids)))
        time.sleep(0.01)
    result = sweep.end(process, timeout=120)
    print(f"peak {peak / MIB:.0f} MiB")
    assert len(result.findings) == 6_000
    assert peak < 200 * MIB
