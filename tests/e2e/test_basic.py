# SPDX-License-Identifier: Apache-2.0
"""The main thing: what is there is found, with the right facts and exit code."""

import hashlib
import os
import pwd
import signal
import subprocess

import pytest
import sweep
from conftest import CANARY, needs_root
from sweep import (EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, EXIT_GAPS, EXIT_INTERRUPTED,
                   EXIT_RULES, EXIT_USAGE)

GOOD = b"nothing to see here\n"


def plant(path, content=b"#!/usr/bin/env python3\n# " + CANARY + b"\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_finding_has_the_facts_of_its_object(tree, scan):
    plant(tree / "good.txt", GOOD)
    bad = plant(tree / "deep/er/bad.py")
    bad.chmod(0o640)
    stat = bad.stat()
    result = scan(tree)
    assert result.code == EXIT_FINDINGS, str(result)
    (finding,) = result.findings
    assert finding["kind"] == "yara"
    assert finding["severity"] == "high"
    assert finding["family"] == "canary"
    assert finding["rule"]["name"] == "Canary"
    assert finding["rule"]["namespace"] == "canary"
    assert sorted(finding["rule"]["tags"]) == ["harmless", "test"]
    assert finding["rule"]["meta"]["author"] == "the tests"
    assert finding["rule"]["meta"]["weight"] == 7
    assert finding["rule"]["meta"]["sure"] is True
    (match,) = finding["matches"]
    assert (match["pattern"], match["offset"], match["length"]) == ("$a", 25, len(CANARY))
    assert match["encoding"] == "text" and match["data"] == CANARY.decode()
    assert finding["match_count"] == 1
    thing = finding["object"]
    digest = subprocess.run(["sha256sum", bad], capture_output=True, text=True, check=True)
    assert thing["sha256"] == digest.stdout.split()[0]
    assert thing["sha256"] == hashlib.sha256(bad.read_bytes()).hexdigest()
    assert thing["path"] == os.fspath(bad) and "path_base64" not in thing
    assert thing["size"] == stat.st_size
    assert thing["inode"] == stat.st_ino and thing["device"] == stat.st_dev
    assert thing["uid"] == stat.st_uid and thing["gid"] == stat.st_gid
    assert thing["mode"] == "0640"
    assert thing["mtime"] == sweep.time_text(stat.st_mtime_ns)
    assert thing["ctime"] == sweep.time_text(stat.st_ctime_ns)
    assert thing["mime"] == "text/x-script.python"
    assert "Python script" in thing["type"]
    assert finding["locator"] == os.fspath(bad)


def test_counts_of_a_sweep(tree, scan):
    for number in range(37):
        plant(tree / f"d{number % 5}/f{number}", b"x" * number)
    os.link(tree / "d0/f0", tree / "again-0")
    os.symlink("d0", tree / "link")
    result = scan(tree)
    assert result.code == EXIT_CLEAN, str(result)
    assert result.end["verdict"] == "clean"
    assert result.end["objects"]["scanned"] == 37
    assert result.end["objects"]["hard_links"] == 1
    assert result.end["bytes"] == sum(range(37))
    assert sweep.excluded(result) == {"symlink": 1}
    assert result.end["objects"]["vanished"] == 0


def test_the_summary_is_for_people_and_on_stderr(tree, scan):
    plant(tree / "bad")
    result = scan(tree)
    assert "1 high" in result.stderr
    assert len(result.stderr.splitlines()) <= 12
    assert "\x1b" not in result.stderr and "\r" not in result.stderr


def test_a_file_as_target(tree, scan):
    bad = plant(tree / "bad")
    result = scan(bad)
    assert result.found() == {("Canary", os.fsencode(bad))}
    assert result.code == EXIT_FINDINGS


def test_a_relative_target_and_one_through_a_symlink(tree, scan):
    bad = plant(tree / "real/bad")
    os.symlink("real", tree / "alias")
    assert scan("alias", cwd=tree).found_paths() == {os.fsencode(bad)}
    assert scan("real/../real/./bad", cwd=tree).found_paths() == {os.fsencode(bad)}


def test_overlapping_targets_are_swept_once(tree, scan):
    bad = plant(tree / "inner/bad")
    result = scan(tree, tree / "inner", tree)
    assert result.found_paths() == {os.fsencode(bad)}
    assert result.end["objects"]["scanned"] == 1
    assert sweep.excluded(result)["seen_directory"] >= 1
    assert len(result.of("root")) == 3


def test_a_hard_link_is_scanned_once_and_both_names_are_told(tree, scan):
    bad = plant(tree / "bad")
    os.link(bad, tree / "worse")
    result = scan(tree)
    assert result.found_paths() == {os.fsencode(bad), os.fsencode(tree / "worse")}
    assert result.end["objects"]["scanned"] == 1
    assert result.end["objects"]["hard_links"] == 1


def test_finding_ids_are_fingerprints(tree, scan):
    plant(tree / "one/bad")
    plant(tree / "two/copy")
    plant(tree / "three/other", CANARY + b" and more")
    ids = {f["object"]["path"].rsplit("/", 1)[1]: f["id"] for f in scan(tree).findings}
    again = {f["object"]["path"].rsplit("/", 1)[1]: f["id"] for f in scan(tree).findings}
    assert ids == again
    assert ids["bad"] != ids["other"]


def test_exclude_globs(tree, scan):
    plant(tree / "keep/bad")
    plant(tree / "drop/bad")
    plant(tree / "keep/bad.bak")
    result = scan("--exclude", "*.bak", "--exclude", tree / "drop", tree)
    assert result.found_paths() == {os.fsencode(tree / "keep/bad")}
    assert sweep.excluded(result) == {"glob": 2}
    assert result.code == EXIT_FINDINGS


def test_max_file_size_is_exact(tree, scan):
    plant(tree / "n-1", CANARY.ljust(999, b"."))
    plant(tree / "n", CANARY.ljust(1000, b"."))
    plant(tree / "n+1", CANARY.ljust(1001, b"."))
    result = scan("--max-file-size", "1000", tree)
    assert result.found_paths() == {os.fsencode(tree / name) for name in ("n-1", "n")}
    assert result.gap_reasons() == {os.fsencode(tree / "n+1"): "limit_size"}


def test_matches_are_capped_and_counted(tree, scan):
    plant(tree / "bad", (CANARY + b"\n") * 100)
    (finding,) = scan(tree).findings
    assert (len(finding["matches"]), finding["match_count"]) == (64, 100)
    (finding,) = scan("--max-matches", "3", tree).findings
    assert (len(finding["matches"]), finding["match_count"]) == (3, 100)
    assert [m["offset"] for m in finding["matches"]] == [0, 20, 40]


def test_types_histogram(tree, scan):
    plant(tree / "a.py", b"#!/usr/bin/python3\nprint(1)\n")
    plant(tree / "b.py", b"#!/usr/bin/python3\nprint(2)\n")
    plant(tree / "empty", b"")
    result = scan("--types", tree)
    assert result.end["types"] == {"text/x-script.python": 2, "application/x-empty": 1}
    assert "types" not in scan(tree).end


def test_the_built_in_rules_are_in_force_unless_told_otherwise(tree):
    plant(tree / "bad")
    with_builtin = sweep.scan(tree)
    assert with_builtin.code == EXIT_CLEAN
    assert with_builtin.start["ruleset"]["rules"] >= 3
    without = sweep.scan("--no-builtin-rules", tree)
    assert without.code in (EXIT_USAGE, EXIT_RULES), "a sweep without rules proves nothing"


def test_the_sandbox_is_reported(tree, scan):
    sandbox = scan(tree).start["sandbox"]
    assert sandbox["seccomp"] is (sweep.SANITIZER is None)
    assert bool(sandbox["missing"]) is (sweep.SANITIZER is not None), "what is missing is said"
    assert sandbox["no_new_privs"] is True


# --- exit codes ------------------------------------------------------------------------------


def test_exit_0_when_clean(tree, scan):
    plant(tree / "good", GOOD)
    assert scan(tree).code == EXIT_CLEAN


@pytest.mark.parametrize(
    "fail_on, code",
    [(None, EXIT_CLEAN), ("info", EXIT_FINDINGS), ("low", EXIT_FINDINGS),
     ("medium", EXIT_CLEAN), ("high", EXIT_CLEAN), ("critical", EXIT_CLEAN),
     ("never", EXIT_CLEAN)],
)
def test_fail_on_a_low_finding(tree, scan, fail_on, code):
    plant(tree / "low", b"sweeper-lowbird-7731")
    result = scan(*(["--fail-on", fail_on] if fail_on else []), tree)
    assert result.code == code, str(result)
    assert [f["severity"] for f in result.findings] == ["low"]


def test_fail_on_never_with_a_high_finding(tree, scan):
    plant(tree / "bad")
    result = scan("--fail-on", "never", tree)
    assert (result.code, len(result.findings)) == (EXIT_CLEAN, 1)


def test_exit_2_when_a_target_is_not_there(tree, scan):
    result = scan(tree / "missing", records=False)
    assert result.code == EXIT_FAILED
    assert "missing" in result.stderr


def test_exit_3_on_a_gap_and_allow_gaps(tree, scan):
    plant(tree / "big", b"x" * 2000)
    result = scan("--max-file-size", "1K", tree)
    assert result.code == EXIT_GAPS
    assert result.end["verdict"] == "incomplete"
    assert scan("--max-file-size", "1K", "--allow-gaps", tree).code == EXIT_CLEAN
    assert scan("--max-file-size", "1K", "--strict", tree).code == EXIT_GAPS


def test_findings_outrank_gaps_unless_strict(tree, scan):
    plant(tree / "big", b"x" * 2000)
    plant(tree / "bad")
    assert scan("--max-file-size", "1K", tree).code == EXIT_FINDINGS
    assert scan("--max-file-size", "1K", "--allow-gaps", tree).code == EXIT_FINDINGS
    result = scan("--max-file-size", "1K", "--strict", tree)
    assert result.code == EXIT_GAPS
    assert len(result.findings) == 1, "the finding is told all the same"


def test_strict_without_gaps_is_about_findings(tree, scan):
    plant(tree / "bad")
    assert scan("--strict", tree).code == EXIT_FINDINGS


@pytest.mark.parametrize(
    "arguments, hint",
    [(["--exlude"], "--exclude"), (["--fail-on", "hihg"], "high"), (["-j", "0"], "from 1 to"),
     (["-j", "many"], "--threads"), (["--max-file-size", "-3"], ""), (["-o", "jsno"], "json"),
     (["--no-such-thing-at-all"], "")],
)
def test_exit_64_on_wrong_usage(tree, scan, arguments, hint):
    result = scan(*arguments, tree, records=False)
    assert result.code == EXIT_USAGE
    assert result.stdout == b""
    assert hint in result.stderr and arguments[-1] in result.stderr


def test_exit_64_without_target_and_for_an_unknown_verb():
    assert sweep.run(["scan"], records=False).code == EXIT_USAGE
    result = sweep.run(["scna", "/"], records=False)
    assert result.code == EXIT_USAGE and "scan" in result.stderr


@pytest.mark.parametrize(
    "text, names",
    [("rule A { condition: }", "broken.yar"), ("rule A { condition: nothing_known }", "broken.yar"),
     ("rule A { strings: $a = /(/ condition: $a }", "broken.yar")],
)
def test_exit_65_on_bad_rules(tree, place, text, names):
    bad = place / "broken.yar"
    bad.write_text("\n\n" + text)
    result = sweep.scan("--rules", bad, tree, records=False)
    assert result.code == EXIT_RULES
    assert names in result.stderr and "3" in result.stderr


def test_precedence_of_usage_over_rules_over_targets(tree, place):
    bad = place / "broken.yar"
    bad.write_text("rule {")
    gone = place / "gone"
    assert sweep.scan("--no-such", "--rules", bad, gone, records=False).code == EXIT_USAGE
    assert sweep.scan("--rules", bad, gone, records=False).code == EXIT_RULES
    assert sweep.scan("--rules", place / "none.yar", tree, records=False).code == EXIT_RULES


def test_an_interrupt_outranks_findings(tree, rules):
    """A worker sleeps over one file, so that there is time to interrupt."""
    plant(tree / "a-bad")
    plant(tree / "z-hang", b"SWEEPER-FAULT:hang\n")
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "-j2", tree],
                          binary=sweep.FAULTY)
    sweep.engine_of(process)
    sweep.wait_for(lambda: sweep.quiet(process), 20, "an engine that hangs")
    process.send_signal(signal.SIGINT)
    result = sweep.end(process, timeout=20)
    assert result.code == EXIT_INTERRUPTED
    assert result.end["verdict"] == "interrupted"


def test_a_failed_output_outranks_everything(tree, rules):
    plant(tree / "bad")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "-o", "jsonl=/dev/full", tree,
                        records=False)
    assert result.code == EXIT_FAILED
    assert "/dev/full" in result.stderr


# --- options from a file ---------------------------------------------------------------------


def test_config_file(tree, rules, place):
    plant(tree / "bad")
    plant(tree / "bad.bak")
    config = place / "sweeper.conf"
    config.write_text(f"# a comment\nno-builtin-rules\nrules = {rules}\nexclude = *.bak\n"
                      "fail-on = critical\n")
    result = sweep.scan("--config", config, tree)
    assert result.found_paths() == {os.fsencode(tree / "bad")}
    assert result.code == EXIT_CLEAN
    assert sweep.scan("--config", config, "--fail-on", "high", tree).code == EXIT_FINDINGS
    config.write_text("exlude = x\n")
    result = sweep.scan("--config", config, tree, records=False)
    assert result.code == EXIT_USAGE and "exclude" in result.stderr


# --- nothing is changed ----------------------------------------------------------------------


def test_access_times_stay(tree, scan):
    """A control file, read by us, shows that this file system keeps access times."""
    bad = plant(tree / "bad")
    good = plant(tree / "sub/good", GOOD)
    control = plant(tree.parent / "control", GOOD)
    for path in (bad, good, control, tree, tree / "sub"):
        os.utime(path, (1_000_000_000, 1_700_000_000))
    control.read_bytes()
    if control.stat().st_atime == 1_000_000_000:
        pytest.skip("this file system keeps no access times")
    assert len(scan(tree).findings) == 1
    for path in (bad, good, tree, tree / "sub"):
        assert path.stat().st_atime == 1_000_000_000, path


@needs_root
def test_a_user_sweeps_the_files_of_others(tree, rules, worldly):
    """O_NOATIME is for owners: a file of somebody else is read all the same."""
    bad = plant(tree / "bad")
    result = sweep.scan("--no-builtin-rules", "--rules", rules, tree, user=sweep.NOBODY, **worldly)
    assert result.found_paths() == {os.fsencode(bad)}
    assert result.findings[0]["object"]["uid"] == 0


@needs_root
def test_owner_is_a_name(tree, place):
    rule = place / "owner.yar"
    rule.write_text('rule Owned { condition: owner == "nobody" and mode == 0o604 }')
    mine = plant(tree / "mine")
    theirs = plant(tree / "theirs")
    os.chown(theirs, pwd.getpwnam("nobody").pw_uid, -1)
    mine.chmod(0o604)
    theirs.chmod(0o604)
    result = sweep.scan("--no-builtin-rules", "--rules", rule, tree)
    assert result.found_paths() == {os.fsencode(theirs)}
