# SPDX-License-Identifier: Apache-2.0
"""Formats, several at once, and what happens when the output cannot be written."""

import copy
import json
import os
import pty
import subprocess

import pytest
import schema_check
import sweep
from conftest import CANARY, needs_root
from sweep import EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS


@pytest.fixture
def sown(tree):
    """200 files, every tenth bad, one too large at a limit of 1 KiB."""
    for number in range(200):
        path = tree / f"d{number % 7}" / f"file-{number:03}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(CANARY * (number % 3 + 1) if number % 10 == 0 else b"clean %d" % number)
    (tree / "large").write_bytes(b"." * 2000)
    return tree


def without_times(record):
    """A record without what may differ between two sweeps of the same tree."""
    record = copy.deepcopy(record)
    if record["type"] == "sweep_start":
        for name in ("started_at", "host", "options", "threads"):
            record.pop(name, None)
    if record["type"] == "sweep_end":
        for name in ("finished_at", "duration_s", "report"):
            record.pop(name, None)
    return record


def document(path):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    records = value["records"] if isinstance(value, dict) else value
    schema_check.check_records(records)
    return records


def without_hash(records):
    """What one report says of its own bytes, another does not."""
    return [{name: value for name, value in record.items() if name != "report"} for record in records]


def test_json_holds_the_records_of_jsonl_in_order(sown, scan, place):
    result = scan("--max-file-size", "1K", "-o", "jsonl", "-o", f"json={place / 'out.json'}", sown)
    records = document(place / "out.json")
    assert (sorted(map(json.dumps, without_hash(records))) ==
            sorted(map(json.dumps, without_hash(result.records))))
    assert (len(result.findings), len(result.gaps)) == (20, 1)
    places = [r["locator"] for r in records if r["type"] == "finding"]
    assert places == sorted(places)


def test_json_is_the_same_for_any_number_of_threads(sown, scan, place):
    documents = []
    for threads in ("1", "2", "8"):
        out = place / f"out-{threads}.json"
        scan("-j", threads, "--max-file-size", "1K", "-o", f"json={out}", sown, records=False)
        documents.append([without_times(r) for r in document(out)])
    assert documents[0] == documents[1] == documents[2]


def test_several_outputs_at_once(sown, scan, place):
    result = scan("-o", f"jsonl={place / 'a.jsonl'}", "-o", f"json={place / 'b.json'}",
                  "-o", f"text={place / 'c.txt'}", "-o", f"jsonl={place / 'd.jsonl'}", sown,
                  records=False)
    assert result.code == EXIT_FINDINGS
    assert result.stdout == b""
    first = (place / "a.jsonl").read_bytes()
    assert first == (place / "d.jsonl").read_bytes()
    assert len(sweep.parse_records(first)) == len(document(place / "b.json"))
    assert (place / "c.txt").read_text().count("Canary") >= 20


def test_text_is_for_people(sown, scan):
    result = scan("-o", "text", "--max-file-size", "1K", sown, records=False)
    text = result.stdout.decode()
    assert text.count("Canary") >= 20
    assert "high" in text.lower()
    assert os.fspath(sown / "d0/file-000") in text
    assert "limit_size" in text or "--max-file-size" in text
    assert "\x1b" not in text, "colour into a pipe"


def test_text_shows_no_raw_control_characters(tree, scan):
    name = os.fsencode(tree) + b"/evil\x1b[2J\nname\xff"
    with open(name, "wb") as file:
        file.write(CANARY + b"\x1b]0;title\x07")
    result = scan("-o", "text", tree, records=False)
    assert b"\x1b" not in result.stdout and b"\x07" not in result.stdout
    assert b"\x1b" not in result.stderr.encode()
    assert result.stdout.decode("utf-8")


def on_a_terminal(command):
    """Runs `command` with a terminal as standard output and error; what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                               env=sweep.environment({"TERM": "xterm"}))
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return process.wait(timeout=60), shown


def test_a_terminal_gets_text(sown, rules):
    code, shown = on_a_terminal(
        [sweep.SWEEPER, "scan", "--no-builtin-rules", "--rules", os.fspath(rules), "--progress",
         "never", os.fspath(sown)])
    assert code == EXIT_FINDINGS
    assert b"Canary" in shown and b'{"type"' not in shown


def test_progress_on_a_terminal_and_on_request(sown, scan, rules):
    """A file that takes two seconds, so that there is progress to tell of."""
    (sown / "slow").write_bytes(b"SWEEPER-FAULT:slow\n")
    command = [sweep.FAULTY, "scan", "--no-builtin-rules", "--rules", os.fspath(rules), "-o", "jsonl"]
    code, shown = on_a_terminal([*command, os.fspath(sown)])
    assert code == EXIT_FINDINGS
    assert b"files/s" in shown, "auto means yes on a terminal"
    code, shown = on_a_terminal([*command, "--progress", "never", os.fspath(sown)])
    assert b"files/s" not in shown
    result = scan("--progress", "always", sown, binary=sweep.FAULTY)
    assert "files/s" in result.stderr
    assert "files/s" not in scan("--progress", "auto", sown, binary=sweep.FAULTY).stderr


def test_what_the_sweep_writes_is_not_swept(tree, scan):
    (tree / "bad").write_bytes(CANARY)
    result = scan("-o", "jsonl", "-o", f"json={tree / 'out.json'}", "-o",
                  f"text={tree / 'out.txt'}", tree)
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert sweep.excluded(result) == {"own_output": 2}


def test_an_older_report_is_replaced(tree, scan, place):
    out = place / "out.jsonl"
    out.write_text("x" * 100_000)
    scan("-o", f"jsonl={out}", tree, records=False)
    records = sweep.parse_records(out.read_bytes())
    assert [r["type"] for r in records] == ["sweep_start", "root", "sweep_end"]


@pytest.mark.parametrize("form", ["jsonl", "json", "text"])
def test_a_full_disk_is_exit_2(sown, scan, form):
    result = scan("-o", f"{form}=/dev/full", sown, records=False)
    assert result.code == EXIT_FAILED
    assert "/dev/full" in result.stderr and "No space left" in result.stderr


def test_a_full_standard_output_is_exit_2(sown, scan):
    with open("/dev/full", "wb") as full:
        result = scan(sown, records=False, stdout=full)
    assert result.code == EXIT_FAILED
    assert "No space left" in result.stderr


def test_a_failed_output_does_not_spoil_the_others(sown, scan, place):
    out = place / "good.jsonl"
    result = scan("-o", "jsonl=/dev/full", "-o", f"jsonl={out}", sown, records=False)
    assert result.code == EXIT_FAILED
    records = sweep.parse_records(out.read_bytes())
    assert sum(r["type"] == "finding" for r in records) == 20
    assert records[-1]["type"] == "sweep_end"


def test_a_closed_pipe_is_exit_2_and_not_a_signal(sown, rules):
    """The reader goes away before the first record."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sweep.SWEEPER, "scan", "--no-builtin-rules", "--rules", rules, sown],
        stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE, timeout=60)
    os.close(writing)
    assert done.returncode == EXIT_FAILED, done.stderr.decode()
    assert b"roken pipe" in done.stderr


def test_standard_output_that_is_closed_from_the_start(sown, rules):
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" "$@" >&-', sweep.SWEEPER, "scan", "--no-builtin-rules",
         "--rules", rules, sown],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == EXIT_FAILED, done.stderr.decode()


def test_a_directory_that_does_not_exist(sown, scan, place):
    result = scan("-o", f"jsonl={place / 'no/such/out.jsonl'}", sown, records=False)
    assert result.code == EXIT_FAILED
    assert "no/such/out.jsonl" in result.stderr


@needs_root
def test_a_directory_that_cannot_be_written(sown, rules, place, worldly):
    closed = place / "closed"
    closed.mkdir(mode=0o555)
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "-o", f"jsonl={closed}/out", sown,
                        records=False, user=sweep.NOBODY, **worldly)
    assert result.code == EXIT_FAILED
    assert "Permission denied" in result.stderr


def test_help_and_version():
    for arguments in (["--help"], ["help"], ["scan", "--help"], ["rules", "--help"]):
        result = sweep.run(arguments, records=False)
        assert result.code == EXIT_CLEAN and result.stderr == ""
        text = result.stdout.decode()
        assert text and all(len(line) <= 80 for line in text.splitlines())
    assert sweep.run(["--version"], records=False).stdout.startswith(b"sweeper ")
    overview = sweep.run(["scan", "--help"], records=False).stdout.decode()
    for option in ("--rules", "--no-builtin-rules", "--exclude", "--one-file-system",
                   "--max-file-size", "--max-time", "--fail-on", "--allow-gaps", "--strict",
                   "--progress", "--config", "--types", "--no-prefilter", "--memory",
                   "--sandbox"):
        assert option in overview
    for later in ("html", "--state", "--inventory"):
        assert later not in overview, "a promise that is not kept"
