# SPDX-License-Identifier: Apache-2.0
"""Signals from outside: a clean end with what was found, or none at all."""

import os
import signal
import time

import pytest
import sweep
from conftest import CANARY
from sweep import EXIT_FINDINGS, EXIT_INTERRUPTED

from test_faults import fault, sow


def stopped_sweep(tree, rules, *options):
    """A sweep that has judged all of the tree but one file, over which a worker sleeps."""
    fault(tree / "d0/zz-hang", "hang")
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "-j2", *options, tree],
                          binary=sweep.FAULTY)
    sweep.engine_of(process)
    sweep.wait_for(lambda: sweep.quiet(process), 30, "an engine that hangs")
    return process


@pytest.mark.parametrize("number", sweep.SIGNALS)
def test_interrupt_writes_what_was_found(tree, rules, number):
    wanted = sow(tree)
    process = stopped_sweep(tree, rules)
    engine = sweep.engine_of(process)
    process.send_signal(number)
    result = sweep.end(process, timeout=20)
    assert result.code == EXIT_INTERRUPTED
    assert result.end["verdict"] == "interrupted"
    assert result.found_paths() <= wanted
    assert len(result.findings) >= len(wanted) - 64, "only what was in flight may be missing"
    assert not os.path.exists(f"/proc/{engine}"), "the engine outlives the sweep"


def test_interrupt_finishes_documents(tree, rules, place):
    from test_outputs import document

    sow(tree)
    process = stopped_sweep(tree, rules, "-o", f"json={place / 'out.json'}", "-o",
                            f"text={place / 'out.txt'}")
    process.send_signal(signal.SIGINT)
    assert sweep.end(process, timeout=20, records=False).code == EXIT_INTERRUPTED
    records = document(place / "out.json")
    assert records[-1]["type"] == "sweep_end"
    assert records[-1]["verdict"] == "interrupted"
    assert "interrupted" in (place / "out.txt").read_text().lower()


def test_interrupt_in_the_middle_of_real_work(rules):
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "--no-prefilter",
                           "/usr"])
    sweep.engine_of(process)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    result = sweep.end(process, timeout=20)
    assert result.code == EXIT_INTERRUPTED
    assert result.end["objects"]["scanned"] > 0


def test_interrupt_before_the_engine_is_ready(tree, rules):
    for delay in (0.0, 0.002, 0.01, 0.03):
        process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, tree])
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        # Before the handler stands the kernel ends the process; after that we do.
        code = sweep.end(process, timeout=20).code
        assert code in (-signal.SIGTERM, EXIT_INTERRUPTED, sweep.EXIT_CLEAN)


def test_a_second_interrupt_is_not_needed_but_harmless(tree, rules):
    sow(tree)
    process = stopped_sweep(tree, rules)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert sweep.end(process, timeout=20, records=False).code in (EXIT_INTERRUPTED,
                                                                  -signal.SIGTERM)


def test_usr1_says_what_each_worker_is_at(tree, rules):
    sow(tree)
    process = stopped_sweep(tree, rules)
    process.send_signal(signal.SIGUSR1)
    time.sleep(0.5 * sweep.PATIENCE)
    process.send_signal(signal.SIGINT)
    result = sweep.end(process, timeout=20)
    assert result.code == EXIT_INTERRUPTED
    told = result.stderr
    assert os.fspath(tree / "d0/zz-hang") in told
    assert "waiting for work" in told


def test_usr1_does_not_disturb(tree, scan, rules):
    wanted = sow(tree, 1000)
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, tree])
    sweep.engine_of(process)
    while process.poll() is None:
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.01)
    result = sweep.end(process)
    assert result.found_paths() == wanted
    assert result.code == EXIT_FINDINGS


def test_an_engine_that_is_killed_from_outside(tree, rules):
    """Everything in flight is looked at again: nothing is lost, nothing told twice."""
    wanted = sow(tree, 500)
    block = os.urandom(1 << 20)
    for number in range(60):
        path = tree / f"large-{number:02}"
        with open(path, "wb") as file:
            for _ in range(8):
                file.write(block)
            file.write(CANARY)
        wanted.add(os.fsencode(path))
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "--no-prefilter",
                           "-j2", tree])
    engine = sweep.engine_of(process)
    sweep.wait_for(lambda: any("large-" in name for name in sweep.open_files(engine)), 30,
                   "large file in flight")
    os.kill(engine, signal.SIGKILL)
    result = sweep.end(process, timeout=120)
    assert result.found_paths() == wanted
    assert result.gaps == []
    assert [i["cause"] for i in result.engine_deaths] == ["killed"]
    assert result.engine_deaths[0]["signal"] == "SIGKILL"
    assert result.code == EXIT_FINDINGS


def test_an_engine_that_is_killed_twice(tree, rules):
    """The second death of what was in flight costs at most its own gaps."""
    wanted = sow(tree, 500)
    process = stopped_sweep(tree, rules, "--max-time", "300")
    for _ in range(2):
        engine = sweep.engine_of(process)
        sweep.wait_for(lambda: sweep.quiet(process), 30, "an engine that hangs")
        os.kill(engine, signal.SIGKILL)
        sweep.wait_for(lambda: engine not in sweep.children(process.pid), 20, "obituary")
    result = sweep.end(process, timeout=60)
    assert result.gap_reasons() == {os.fsencode(tree / "d0/zz-hang"): "crash"}
    assert result.found_paths() == wanted
    assert len(result.engine_deaths) == 2


def test_the_engine_does_not_outlive_a_killed_supervisor(tree, rules):
    process = stopped_sweep(tree, rules)
    engine = sweep.engine_of(process)
    process.kill()
    process.wait()
    sweep.wait_for(lambda: not os.path.exists(f"/proc/{engine}"), 10, "end of the engine")


def test_terminal_stop_and_continue(tree, rules):
    """SIGSTOP for a while is not a hang: the CPU was not used, and the wall clock is
    given a multiple of it."""
    wanted = sow(tree, 300)
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, tree])
    engine = sweep.engine_of(process)
    for pid in (process.pid, engine):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(1)
    for pid in (engine, process.pid):
        os.kill(pid, signal.SIGCONT)
    result = sweep.end(process)
    assert result.found_paths() == wanted
    assert result.engine_deaths == []
