# SPDX-License-Identifier: Apache-2.0
"""What broke once, from the outside: readers that do not read, outputs that
meet, limits of the system. Each test stands for a fault that was mended."""

import json
import os
import resource
import signal
import subprocess
import threading
import time

import pytest

import sweep
from conftest import CANARY, RULES
from sweep import EXIT_FAILED, EXIT_FINDINGS, EXIT_INTERRUPTED

FORMATS = ("jsonl", "json", "text")
ENDING = (signal.SIGTERM, *(pytest.param(number, marks=pytest.mark.slow)
                            for number in (signal.SIGINT, signal.SIGHUP)))


def sow(tree, count, data=CANARY):
    for number in range(count):
        (tree / f"f{number}").write_bytes(data)


def arguments(rules, *rest):
    return ["scan", "--no-builtin-rules", "--rules", rules, *rest]


def must_end(process, seconds=8):
    try:
        return process.wait(seconds * sweep.PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError("only SIGKILL ends it") from None


def full_pipe():
    """A pipe that takes nothing more, and whose reader sleeps."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(writer, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(writer, True)
    return reader, writer


# --- readers that do not read -------------------------------------------------


@pytest.mark.parametrize("number", ENDING)
def test_a_reader_that_sleeps_does_not_keep_the_program(tree, rules, number):
    sow(tree, 3)
    reader, writer = full_pipe()
    process = subprocess.Popen([sweep.SWEEPER, *map(str, arguments(rules, tree))],
                               stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                               env=sweep.environment())
    os.close(writer)
    time.sleep(1.5 * sweep.PATIENCE)
    assert process.poll() is None, "it waits for its reader as long as nobody interrupts"
    process.send_signal(number)
    assert must_end(process) == EXIT_FAILED, "what was found is not written"
    assert b"nobody reads standard output" in process.stderr.read()
    process.stderr.close()
    os.close(reader)


def test_a_reader_that_wakes_up_gets_everything(tree, rules):
    sow(tree, 500, CANARY * 40)
    process = sweep.start(arguments(rules, tree), drain=False)
    time.sleep(1.5)
    result = sweep.end(process)
    assert result.code == EXIT_FINDINGS and len(result.findings) == 500


def test_an_interrupt_with_a_slow_reader_is_still_130(tree, rules):
    sow(tree, 500, CANARY * 40)
    process = sweep.start(arguments(rules, tree), drain=False)
    time.sleep(1.5 * sweep.PATIENCE)
    process.send_signal(signal.SIGTERM)
    assert sweep.end(process).code == EXIT_INTERRUPTED


@pytest.mark.parametrize("number", ENDING)
def test_a_full_standard_error_does_not_keep_the_program(tree, rules, number):
    sow(tree, 3)
    reader, writer = full_pipe()
    process = subprocess.Popen(
        [sweep.SWEEPER,
         *map(str, arguments(rules, "--progress", "always", "-o", "jsonl=/dev/null", tree))],
        stdin=subprocess.DEVNULL, stderr=writer, env=sweep.environment())
    os.close(writer)
    time.sleep(1.5 * sweep.PATIENCE)
    process.send_signal(signal.SIGUSR1)
    process.send_signal(number)
    assert must_end(process) in (EXIT_FINDINGS, EXIT_INTERRUPTED)
    os.close(reader)


@pytest.mark.parametrize("form", FORMATS)
def test_a_fifo_without_a_reader_can_be_interrupted(tree, rules, place, form):
    sow(tree, 1)
    os.mkfifo(place / "fifo")
    process = sweep.start(arguments(rules, "-o", f"{form}={place / 'fifo'}", tree))
    time.sleep(1 * sweep.PATIENCE)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert must_end(process) == EXIT_FAILED


def test_a_fifo_waits_for_its_reader(tree, scan, place):
    sow(tree, 200, CANARY * 40)
    os.mkfifo(place / "fifo")
    read = []

    def reader():
        time.sleep(1)
        read.append((place / "fifo").read_bytes())

    thread = threading.Thread(target=reader)
    thread.start()
    result = scan("-o", f"jsonl={place / 'fifo'}", tree)
    thread.join()
    assert result.code == EXIT_FINDINGS
    records = sweep.parse_records(read[0])
    sweep.schema_check.check_report(records)
    assert sum(record["type"] == "finding" for record in records) == 200


# --- outputs that meet --------------------------------------------------------


@pytest.mark.parametrize("first, second", [
    ("json=a", "json=./a"),
    ("jsonl=a", "json=./a"),
    ("json=a", "text=./a"),
    ("jsonl=a.partial", "json=a"),
    ("json=a", "text=a.partial"),
    ("json", "jsonl=/dev/stdout"),
    ("jsonl=-", "text"),
])
@pytest.mark.parametrize("there", (False, True))
def test_outputs_in_each_others_way_are_refused_at_the_start(tree, scan, place, first, second,
                                                             there):
    sow(tree, 1)
    for name in ("a", "a.partial") if there else ():
        (place / name).write_text("old")
    result = scan("-o", first, "-o", second, tree, cwd=place, records=False)
    assert result.code in (EXIT_FAILED, sweep.EXIT_USAGE), str(result)
    assert "scanned" not in result.stderr, "told before the sweep, not after it"


def test_a_dash_is_standard_output(tree, scan, place):
    sow(tree, 2)
    result = scan("-o", "jsonl=-", tree, cwd=place)
    assert len(result.findings) == 2 and not (place / "-").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_two_sweeps_do_not_write_one_file(tree, rules, scan, place, form):
    """The second one would mix its lines with the first one's, or put an
    unfinished document in place."""
    sow(tree, 1)
    report = place / "report"
    os.mkfifo(place / "fifo")
    first = sweep.start(arguments(rules, "-o", f"{form}={report}", "-o",
                                  f"text={place / 'fifo'}", tree))
    partial = place / ("report.partial" if form == "json" else "report")
    sweep.wait_for(partial.exists, 20, "a first sweep that holds its report")
    second = scan("-o", f"{form}={report}", tree)
    assert second.code == EXIT_FAILED and "another sweep" in second.stderr
    with open(place / "fifo", "rb") as reader:
        reader.read()
    assert sweep.end(first).code == EXIT_FINDINGS
    assert CANARY in report.read_bytes()
    assert not (place / "report.partial").exists()


def test_what_a_killed_sweep_left_behind_is_replaced(tree, scan, place):
    sow(tree, 1)
    (place / "report.partial").write_text("half a rep")
    assert scan("-o", f"json={place / 'report'}", tree).code == EXIT_FINDINGS
    assert json.loads((place / "report").read_text())["schema"]
    assert not (place / "report.partial").exists()


# --- limits of the system -----------------------------------------------------


def test_a_limit_on_file_sizes_is_a_failed_output(tree, scan, place):
    sow(tree, 400)
    limit = 100_000
    result = scan("-o", f"jsonl={place / 'r.jsonl'}", "-o", f"json={place / 'r.json'}", tree,
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert result.code == EXIT_FAILED and "File too large" in result.stderr
    lines = (place / "r.jsonl").read_bytes()
    assert 0 < len(lines) <= limit
    assert len(sweep.parse_records(lines)) > 10, "whole lines"
    assert not (place / "r.json").exists() and not (place / "r.json.partial").exists()


def test_a_stream_knows_of_a_document_that_could_not_be_finished(tree, scan, place):
    sow(tree, 400)
    result = scan("-o", "jsonl", "-o", f"json={place / 'r.json'}", tree,
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000)))
    assert result.code == EXIT_FAILED and "File too large" in result.stderr
    assert result.end["exit_code"] == EXIT_FAILED and result.end["verdict"] == "failed"
    assert len(result.findings) == 400, "the stream has them all"
    assert not any(place.glob("r.json*"))


# --- the first engine ---------------------------------------------------------

SLOW_TO_COMPILE = "".join(
    f'rule R{number} {{ strings: $a = /{number:05}[a-z]{{1,40}}(x|yy|zzz)+end/ condition: $a }}\n'
    for number in range(3000))


def kill_engines(process, count):
    for _ in range(count):
        sweep.wait_for(lambda: sweep.children(process.pid), 20, "engine")
        engine = sweep.children(process.pid)[0]
        os.kill(engine, signal.SIGKILL)
        sweep.wait_for(lambda engine=engine: engine not in sweep.children(process.pid), 20, "end")


def test_an_engine_killed_before_it_is_ready_has_a_successor(tree, rules, place):
    sow(tree, 3)
    (place / "slow.yar").write_text(SLOW_TO_COMPILE)
    process = sweep.start(arguments(rules, "--rules", place / "slow.yar", tree))
    kill_engines(process, 2)
    result = sweep.end(process)
    assert result.code == EXIT_FINDINGS and len(result.findings) == 3


def test_engines_that_are_all_killed_before_they_are_ready_are_a_failure(tree, rules, place):
    (place / "slow.yar").write_text(SLOW_TO_COMPILE)
    process = sweep.start(arguments(rules, "--rules", place / "slow.yar", tree))
    kill_engines(process, 3)
    result = sweep.end(process, records=False)
    assert result.code == EXIT_FAILED
    assert "the engine ended 3 times before it was ready (signal 9)" in result.stderr


# --- reports ------------------------------------------------------------------


def test_a_sweep_that_fails_at_its_targets_has_a_whole_report(tree, scan, place):
    result = scan("-o", "jsonl", "-o", f"json={place / 'r.json'}", tree / "missing")
    assert result.code == EXIT_FAILED
    assert [record["type"] for record in result.records] == ["sweep_start", "sweep_end"]
    assert result.end["verdict"] == "failed"
    document = json.loads((place / "r.json").read_text())["records"]
    sweep.schema_check.check_report(document)


# --- rules --------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    'rule Unused { strings: $a = "x" condition: true }',
    "rule Unknown { condition: nothing }",
    "rule { \x1b[31m",
])
def test_rules_that_only_the_compiler_refuses_are_65(tree, place, text):
    sow(tree, 1)
    (place / "bad\x1b[31m.yar").write_text(text)
    result = sweep.scan("--rules", place / "bad\x1b[31m.yar", tree, records=False)
    assert result.code == sweep.EXIT_RULES
    assert "\\x1b[31m.yar:1: error: " in result.stderr and "\x1b" not in result.stderr


@pytest.mark.parametrize("name", (b"r\xff\xfe.yar", b"\x1b[31m\n.yar", b"\xe2\x80\xae.yar",
                                  b"n" + b"\xff" * 200 + b".yar"))
def test_a_rule_file_of_any_name_finds(tree, place, name):
    """The name becomes the namespace, and that stands in records."""
    sow(tree, 2)
    path = os.path.join(os.fsencode(place), name)
    with open(path, "w") as file:
        file.write(RULES)
    result = sweep.scan("--no-builtin-rules", "--rules", os.fsdecode(path), tree)
    assert result.code == EXIT_FINDINGS and len(result.findings) == 2, str(result)
    namespace = result.findings[0]["rule"]["namespace"]
    assert sweep.unescape(namespace).endswith(name[: -len(b".yar")])
    assert namespace.isprintable()


# --- memory -------------------------------------------------------------------


@pytest.mark.plain
def test_many_threads_and_little_memory(tree, scan):
    """Buffers of 64 workers alone would be more than 64 MiB."""
    for number in range(8):
        (tree / f"f{number}").write_bytes(CANARY + bytes([number]) * 5_000_000)
    result = scan("-j", "64", "--memory", "64M", tree)
    assert result.code == EXIT_FINDINGS and len(result.findings) == 8
    assert not result.gaps and not result.engine_deaths
    assert result.end["bytes"] == sum(path.stat().st_size for path in tree.iterdir())


@pytest.mark.plain
def test_a_rule_that_is_slow_on_anything_costs_timeouts_and_not_the_sweep(tree, place):
    """The engine tries itself out on a dummy object before it begins."""
    sow(tree, 2)
    (place / "slow.yar").write_text(
        "rule Slow { condition: for all i in (0..4000000000) : (uint8(i % 10) != 1) }\n")
    result = sweep.scan("--no-builtin-rules", "--rules", place / "slow.yar", "--max-time", "1",
                        tree)
    assert result.code == sweep.EXIT_GAPS, str(result)
    assert set(result.gap_reasons().values()) == {"timeout"} and len(result.gaps) == 2
