# SPDX-License-Identifier: Apache-2.0
"""The built-in rules find what was forged for them, and nothing else."""

import os
import subprocess
import sys

import forge
import sweep


def test_every_sample_is_found_and_no_look_alike(tree):
    expected = forge.forge(tree)
    result = sweep.scan(tree)
    wanted = {(rule, os.fsencode(tree / name)) for name, rules in expected.items()
              for rule in rules}
    assert result.found() >= wanted
    assert result.code == sweep.EXIT_FINDINGS
    assert result.gaps == []
    bad = {os.fsencode(tree / name) for name in expected}
    for finding in result.findings:
        pair = finding["rule"]["name"], sweep.exact_path(finding)
        if pair in wanted:
            assert finding["severity"] == "critical", pair
        elif pair[1] not in bad:
            assert finding["severity"] in ("low", "info"), "a look-alike"
    assert {f["family"] for f in result.findings} >= {"litellm", "teampcp", "canisterworm"}


def test_without_prefilter_the_same(tree):
    forge.forge(tree)
    assert sweep.scan(tree).found() == sweep.scan("--no-prefilter", tree).found()


def test_samples_are_inert():
    """No sample has a statement that Python would run."""
    import ast

    for name, (make, _) in forge.BAD.items():
        if not name.endswith((".py", ".pth")):
            continue
        try:
            assert ast.parse(make()).body == [], name
        except SyntaxError:
            pass


def test_the_project_does_not_find_itself():
    """Neither the executable nor a file of the repository matches the rules."""
    result = sweep.scan("--exclude", sweep.ROOT / "build", "--exclude", sweep.ROOT / ".git",
                        "--exclude", "__pycache__", sweep.ROOT)
    own = os.fsencode(sweep.ROOT / "rules")
    assert not {pair for pair in result.found() if pair[1].startswith(own)}, "its own rules"
    # Seeds for fuzzing are containers that lie: what they say of themselves is told.
    quotes = [f for f in result.findings if f["kind"] != "integrity"]
    assert {f["severity"] for f in quotes} <= {"low", "info"}, "texts that quote"
    seeds = os.fspath(sweep.ROOT / "tests/fuzz/corpus/")
    assert all(f["locator"].startswith(seeds) for f in result.findings if f["kind"] == "integrity")
    assert sweep.scan(sweep.SWEEPER).found() == set()


def test_forge_refuses_a_directory_that_it_did_not_make(place):
    (place / "precious").write_text("mine")
    done = subprocess.run([sys.executable, sweep.ROOT / "tests/forge/forge.py", place],
                          capture_output=True)
    assert done.returncode == 2
    assert (place / "precious").read_text() == "mine"
