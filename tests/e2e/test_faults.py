# SPDX-License-Identifier: Apache-2.0
"""One bad object costs one record. The test build of the program misbehaves on
files whose content begins with SWEEPER-FAULT: and a word."""

import os
import re
import signal
import time

import pytest
import sweep
from conftest import CANARY
from sweep import EXIT_FINDINGS, EXIT_GAPS

SANITIZED = sweep.SANITIZER is not None
CRASHES = ["segv", "abort", "kill", "oom", "exit", "garbage"]
HANGS = ["spin", "hang"]


def sow(tree, count=300):
    """Clean files, every seventh bad, in several directories. What is to be found."""
    wanted = set()
    for number in range(count):
        path = tree / f"d{number % 9}" / f"file-{number:04}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(CANARY if number % 7 == 0 else b"clean %d" % number)
        if number % 7 == 0:
            wanted.add(os.fsencode(path))
    return wanted


def fault(path, word):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"SWEEPER-FAULT:" + word.encode() + b"\n")
    return os.fsencode(path)


@pytest.fixture
def scan(rules):
    def call(*args, **keywords):
        keywords.setdefault("binary", sweep.FAULTY)
        keywords.setdefault("timeout", 90)
        return sweep.scan("--no-builtin-rules", "--rules", rules, *args, **keywords)

    return call


def options_for(word):
    """A small purse makes oom quick, a short time makes hangs quick."""
    if word == "oom":
        return ["--memory", "256M"]
    return ["--max-time", "1"] if word in HANGS else []


@pytest.mark.parametrize("word", CRASHES + HANGS)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_one_bad_object_costs_one_gap(tree, scan, word, threads):
    if word == "oom" and SANITIZED:
        pytest.skip("sanitizers need more memory than any limit leaves")
    wanted = sow(tree)
    path = fault(tree / "d4/the-culprit", word)
    result = scan("-j", threads, *options_for(word), tree)
    reason = "timeout" if word in HANGS else "crash"
    assert result.gap_reasons() == {path: reason}, str(result)
    assert result.found_paths() == wanted
    assert result.code == EXIT_FINDINGS
    assert len(result.engine_deaths) >= 1
    assert result.end["objects"]["scanned"] == 300
    assert all(gap["detail"] for gap in result.gaps)


@pytest.mark.parametrize("word, cause", [("segv", "crash"), ("abort", "crash"), ("kill", "killed"),
                                         ("garbage", "protocol"), ("spin", "timeout"),
                                         ("hang", "timeout")])
def test_the_engine_death_says_what_happened(tree, scan, word, cause):
    path = fault(tree / "culprit", word)
    result = scan(*options_for(word), tree)
    engine_death = result.engine_deaths[0]
    assert engine_death["cause"] == cause, engine_death
    if word in ("segv", "abort", "kill"):
        assert engine_death["signal"] == {"segv": "SIGSEGV", "abort": "SIGABRT",
                                      "kill": "SIGKILL"}[word]
    suspects = {sweep.exact_path(suspect) for suspect in engine_death["suspects"]}
    assert path in suspects
    assert result.code == EXIT_GAPS


def test_an_engine_that_leaves_is_noticed(tree, scan):
    path = fault(tree / "culprit", "exit")
    result = scan(tree)
    assert result.gap_reasons() == {path: "crash"}
    assert result.engine_deaths[0]["exit_status"] == 7


@pytest.mark.parametrize("word", ["segv", "kill"])
def test_many_at_once(tree, scan, word):
    """Twenty bad objects among 300: twenty gaps, all else found."""
    wanted = sow(tree)
    culprits = {fault(tree / f"d{number % 9}/culprit-{number}", word): "crash"
                for number in range(20)}
    result = scan("-j2", tree)
    assert result.gap_reasons() == culprits
    assert result.found_paths() == wanted
    assert result.end["objects"]["scanned"] == 300


def test_all_kinds_in_one_sweep(tree, scan):
    words = [word for word in CRASHES + HANGS if word != "oom"]
    wanted = sow(tree)
    culprits = {fault(tree / f"d{number}/culprit-{word}", word):
                "timeout" if word in HANGS else "crash" for number, word in enumerate(words)}
    result = scan("-j2", "--max-time", "1", tree)
    assert result.gap_reasons() == culprits
    assert result.found_paths() == wanted


def test_a_culprit_among_2000_others(tree, scan):
    wanted = sow(tree, 2000)
    crowd = tree / "crowd"
    crowd.mkdir()
    for number in range(2000):
        path = crowd / f"{number:04}"
        path.write_bytes(CANARY if number % 100 == 50 else b"x")
        if number % 100 == 50:
            wanted.add(os.fsencode(path))
    path = fault(crowd / "1000-culprit", "segv")
    result = scan(tree)
    assert result.gap_reasons() == {path: "crash"}
    assert result.found_paths() == wanted
    assert result.end["objects"]["scanned"] == 4000


def test_nothing_but_culprits(tree, scan):
    culprits = {fault(tree / f"culprit-{number}", "segv"): "crash" for number in range(10)}
    result = scan(tree)
    assert result.gap_reasons() == culprits
    assert result.code == EXIT_GAPS


def test_records_of_an_object_are_not_repeated_by_a_retry(tree, scan, rules):
    """The culprit kills the engine while others are in flight, again and again: no
    finding twice. found() says so when one is."""
    wanted = sow(tree, 100)
    for number in range(5):
        fault(tree / f"d{number}/culprit-{number}", "kill")
    for _ in range(3):
        result = scan("-j2", tree)
        assert result.found_paths() == wanted
        ids = [finding["locator"] for finding in result.findings]
        assert len(ids) == len(set(ids))


def test_slow_is_not_stuck(tree, scan):
    """Two seconds of sleep under a limit of one CPU second (four by the wall clock)."""
    wanted = sow(tree, 30)
    (tree / "slow").write_bytes(b"SWEEPER-FAULT:slow\n" + CANARY)
    wanted.add(os.fsencode(tree / "slow"))
    result = scan("--max-time", "1", tree)
    assert result.gaps == [] and result.engine_deaths == []
    assert result.found_paths() == wanted


def test_the_shipped_program_has_no_hook(tree, scan):
    for word in ("segv", "hang", "probe"):
        fault(tree / word, word)
    result = scan(tree, binary=sweep.SWEEPER)
    assert result.code == sweep.EXIT_CLEAN
    with open(sweep.SWEEPER, "rb") as file:
        assert b"SWEEPER-" + b"FAULT:" not in file.read()


# --- the sandbox, by attempt -----------------------------------------------------------------

MUST_FAIL = {
    "open": "EPERM", "openat": "EPERM", "openat2": "EPERM", "creat": "EPERM", "unlink": "EPERM",
    "socket": "EPERM", "connect": "EPERM", "execve": "EPERM", "ptrace": "EPERM", "fork": "EPERM",
    "clone": "EPERM", "clone3": "ENOSYS", "kill-parent": "EPERM",
}


def test_what_an_engine_must_not_do_fails(tree, scan):
    fault(tree / "probe", "probe")
    result = scan("-j1", tree)
    told = dict(re.findall(r"^probe: (\S+) (\S+)$", result.stderr, re.MULTILINE))
    assert set(MUST_FAIL) <= set(told), f"probes without an answer: {set(MUST_FAIL) - set(told)}"
    # A sanitizer's report needs write(2); the engine's standard output leads nowhere.
    harmless = {"write-stdout"} if SANITIZED else set()
    assert {name for name, answer in told.items() if answer == "WORKED"} <= harmless, told
    if not SANITIZED:
        assert {name: told[name] for name in MUST_FAIL} == MUST_FAIL
    assert not os.path.exists("/tmp/sweeper-probe")


def test_the_sandbox_is_complete_or_says_what_it_lacks(tree, scan):
    sandbox = scan("--sandbox", "auto", tree, binary=sweep.SWEEPER).start["sandbox"]
    whole = (sandbox["no_new_privs"] and sandbox["landlock_abi"] > 0 and sandbox["seccomp"]
             and sandbox["rlimits"])
    assert whole == (sandbox["missing"] == []), sandbox
    result = scan("--sandbox", "require", tree, binary=sweep.SWEEPER, records=False)
    if whole:
        assert result.code == sweep.EXIT_CLEAN
    else:
        assert result.code == sweep.EXIT_FAILED
        assert any(line in result.stderr for line in sandbox["missing"])


def test_status_of_the_engine_in_the_eyes_of_the_kernel(tree, rules):
    """NoNewPrivs and Seccomp as /proc has them, for each thread, while it works."""
    fault(tree / "hang", "hang")
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "-j2", tree],
                          binary=sweep.FAULTY)
    try:
        engine = sweep.engine_of(process)
        sweep.wait_for(lambda: sweep.quiet(process), 20, "an engine that hangs")
        threads = os.listdir(f"/proc/{engine}/task")
        assert len(threads) >= 3
        for thread in threads:
            with open(f"/proc/{engine}/task/{thread}/status") as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            assert status["NoNewPrivs"] == "1"
            assert status["Seccomp"] == "2"
        names = sweep.open_files(engine)
        assert os.fspath(tree / "hang") in names
        assert not any(name in ("/", os.fspath(tree)) for name in names), names
    finally:
        process.send_signal(signal.SIGINT)
        result = sweep.end(process, timeout=20)
    assert result.code == sweep.EXIT_INTERRUPTED


# --- memory and time limits ------------------------------------------------------------------


def test_time_is_cpu_time_of_one_object(tree, scan):
    """Many objects together may take longer than --max-time."""
    for number in range(8):
        (tree / f"slow-{number}").write_bytes(b"SWEEPER-FAULT:slow\n")
    begin = time.monotonic()
    result = scan("-j1", "--max-time", "3", tree)
    assert time.monotonic() - begin > 12
    assert result.gaps == []
