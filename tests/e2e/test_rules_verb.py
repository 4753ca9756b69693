# SPDX-License-Identifier: Apache-2.0
"""`sweeper rules list` and `sweeper rules check`, through the real executable."""

import os
import pathlib
import re
import subprocess

import pytest

SWEEPER = os.environ["SWEEPER"]
# What rules may ask for, for the yara command: of no value here.
EXTERNALS = [word for name in ("filename", "filepath", "extension", "filetype", "mime", "owner")
             for word in ("-d", f"{name}=none")] + ["-d", "mode=0"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def rules(*arguments, cwd=None):
    return subprocess.run([SWEEPER, "rules", *map(str, arguments)], cwd=cwd, capture_output=True,
                          text=True, errors="surrogateescape", timeout=300)


@pytest.fixture
def sample(tmp_path):
    """A few clean files, so that a check takes no time."""
    folder = tmp_path / "sample"
    folder.mkdir()
    for number in range(20):
        (folder / f"text{number}").write_text(f"ordinary words, number {number}\n" * 200)
    return folder


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "rules"
    path.mkdir()
    return path


def test_list_names_every_builtin_rule():
    done = rules("list")
    assert done.returncode == 0 and done.stderr == ""
    *rows, count = done.stdout.splitlines()
    written = [name for file in ROOT.glob("rules/yara/**/*.yar")
               for name in re.findall(r"^rule (\w+)", file.read_text(), re.M)]
    names = [row.split()[1] for row in rows]
    # The others are made of indicators.
    assert sorted(name for name in names if not name.startswith("SWI_")) == sorted(written)
    assert count == f"{len(names)} rules"
    for row in rows:
        if ".indicators." in row.split()[0]:
            continue
        namespace, name, severity, family, title = row.split(maxsplit=4)
        assert namespace.startswith(f"builtin.{family}.")
        assert severity in {"critical", "high", "medium", "low", "info"}
        assert title
    starts = {row.index(row.split()[1]) for row in rows}
    assert len(starts) == 1, "columns are aligned"


def test_list_of_given_rules_only(folder):
    (folder / "a.yar").write_text(
        'rule one { meta: severity = "LOW" description = "the first" condition: true }')
    done = rules("list", "--no-builtin-rules", "--rules", folder / "a.yar")
    assert done.returncode == 0
    assert done.stdout == "a  one  low       the first\n1 rule\n"


def test_list_shows_no_control_characters(folder):
    (folder / "a.yar").write_text('rule one { meta: title = "\\x1b[2J" condition: true }')
    done = rules("list", "--no-builtin-rules", "--rules", folder)
    assert done.returncode == 0 and "\x1b" not in done.stdout


def test_no_rules_is_an_error(folder):
    done = rules("list", "--no-builtin-rules")
    assert done.returncode in (64, 65) and done.stdout == "" and "no rules" in done.stderr
    done = rules("list", "--rules", folder)
    assert done.returncode == 65 and "no *.yar or *.yara file" in done.stderr
    done = rules("check", folder / "missing")
    assert done.returncode == 65 and "missing" in done.stderr


def test_check_of_the_builtin_set(sample):
    done = rules("check", "--sample", sample)
    assert done.returncode == 0 and done.stderr == ""
    assert "disabled rules" not in done.stdout
    assert "slow rules: none" in done.stdout or "SANITIZE" in os.environ
    assert re.search(r"^0\.00% of the bytes \(0 files\)", done.stdout, re.M)


def test_check_lists_all_errors(folder, sample):
    (folder / "a.yar").write_text("rule a {\n  condition: nowhere\n}\n")
    (folder / "b.yar").write_text("\n\nrule b { strings: $unused = \"x\" condition: true }\n")
    (folder / "c.yar").write_text("rule c { condition: true }\n")
    done = rules("check", "--sample", sample, "--no-builtin-rules", folder)
    assert done.returncode == 65 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert f'{folder}/a.yar:2: error: undefined identifier "nowhere"' in lines
    assert any(line.startswith(f"{folder}/b.yar:3: error: unreferenced string") for line in lines)
    assert not any("c.yar" in line for line in lines)


def test_check_names_what_is_wrong_with_includes(folder, sample):
    (folder / "a.yar").write_text('include "b.inc"\n')
    (folder / "b.inc").write_text('\ninclude "a.yar"\n')
    done = rules("check", "--sample", sample, folder)
    assert done.returncode == 65
    assert f'{folder}/b.inc:2: error: include "a.yar" goes round in a circle' in done.stderr
    (folder / "b.inc").write_text('\ninclude "../c.inc"\n')
    (folder.parent / "c.inc").write_text("rule c { condition: true }")
    done = rules("check", "--sample", sample, folder)
    assert done.returncode == 65
    assert f'{folder}/b.inc:2: error: include "../c.inc" leaves' in done.stderr


def test_check_prints_warnings_and_goes_on(folder, sample):
    (folder / "a.yar").write_text("rule a {\n strings:\n  $a = /x.*y/\n condition: $a }")
    done = rules("check", "--sample", sample, "--no-builtin-rules", folder)
    assert done.returncode == 0
    assert re.search(r'a\.yar:3: warning: string "\$a" may slow down scanning', done.stderr)
    assert done.stdout.startswith("rules: 1 compiled\n")


def test_check_names_strings_that_hit_clean_files(folder, sample):
    (folder / "a.yar").write_text(
        'rule broad { strings: $common = "ordinary" $rare = "not in the sample" condition: any of them }')
    done = rules("check", "--sample", sample, "--no-builtin-rules", folder)
    assert done.returncode == 0
    if "prefilter: off" in done.stdout:
        pytest.skip("no prefilter on this machine")
    assert re.search(r"^100\.00% of the bytes \(20 files\)", done.stdout, re.M)
    assert re.search(r'^ +100\.00%  a: broad: \$common = "ordinary"$', done.stdout, re.M)
    assert "$rare" not in done.stdout


def test_check_names_strings_without_fixed_bytes(folder, sample):
    (folder / "a.yar").write_text("rule loose { strings: $s = { ?? ?? } condition: $s }")
    done = rules("check", "--sample", sample, "--no-builtin-rules", folder)
    assert done.returncode == 0
    assert "prefilter: off" in done.stdout
    assert "  a: loose: $s\n" in done.stdout


def test_check_names_slow_rules(folder, sample):
    (folder / "a.yar").write_text(
        "rule slow { condition: for all i in (0..filesize) : (uint8(i) >= 0 or i >= filesize) }\n"
        'rule quick { strings: $a = "not in the sample" condition: $a }')
    done = rules("check", "--sample", sample, "--no-builtin-rules", folder)
    assert done.returncode == 0
    assert re.search(r"^ +[0-9.]+ s/GiB  a: slow$", done.stdout, re.M)
    assert "a: quick" not in done.stdout


def test_check_names_rules_that_cannot_be_evaluated(folder, sample):
    rule = 'rule ranged { strings: $a = "abcd" condition: #a in (1..9) == 1 }'
    (folder / "a.yar").write_text(rule)
    probe = subprocess.run(["yara", folder / "a.yar", sample / "text0"], capture_output=True)
    if probe.returncode == 0 and not probe.stderr:
        pytest.skip("this libyara can evaluate the rule")
    done = rules("check", "--sample", sample, "--no-builtin-rules", folder)
    assert done.returncode == 0
    assert re.search(r"^  a: ranged: libyara cannot evaluate it \(error 31\)", done.stdout, re.M)


def test_executable_and_sources_match_no_builtin_rule():
    # Indicators have to stand there as they are: the program knows its own files of them.
    targets = (SWEEPER, *(ROOT / name for name in ("rules/yara", "rules/cases", "sweeper", "tests")))
    for file in ROOT.glob("rules/yara/**/*.yar"):
        for target in targets:
            done = subprocess.run(["yara", "-w", "-r", *EXTERNALS, file, target],
                                  capture_output=True, text=True)
            assert done.returncode == 0 and done.stdout == "", done.stderr
