# SPDX-License-Identifier: Apache-2.0
"""`sweeper rules test` and `sweeper rules list --json`, through the real
executable, and what the build demands of shipped rules."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import sweep

ROOT = pathlib.Path(__file__).resolve().parents[2]
SWEEPER = sweep.SWEEPER
EMBED = pathlib.Path(SWEEPER).with_name("embed-rules")
sys.path.insert(0, str(ROOT / "tests/tools"))

import rules_doc  # noqa: E402

RULE = """
rule two_words : words
{
    meta:
        severity = "high"
        family = "trial"
        count = 2
        sure = true
    strings:
        $a = "alpha-marker-one"
        $b = "omega-marker-two"
    condition:
        all of them
}
rule lonely { strings: $a = "nobody-tests-this" condition: $a }
private rule hidden { strings: $a = "cannot-be-reported" condition: $a }
"""
HIT = ["alpha-marker", "-one and omega-marker-two"]


def run(*arguments, **keywords):
    """The program, its two outputs as text."""
    done = subprocess.run([SWEEPER, "rules", *map(os.fspath, arguments)], capture_output=True,
                          text=True, timeout=120 * sweep.PATIENCE, env=sweep.environment(),
                          **keywords)
    for word in ("Sanitizer", "runtime error:", "Assertion"):
        assert word not in done.stderr, done.stderr
    return done


def case_file(hits=(), misses=(), rule="two_words"):
    rows = {"schema": "1.0", "rule": rule, "hits": [], "misses": []}
    for content in hits:
        extra = content if isinstance(content, dict) else {"content": content}
        rows["hits"].append({"name": f"hit {len(rows['hits'])}", "path": "srv/app/x.txt", **extra})
    for content in misses:
        extra = content if isinstance(content, dict) else {"content": content}
        rows["misses"].append({"name": f"miss {len(rows['misses'])}", "why": "it is honest",
                               "path": "/srv/app/y.txt", **extra})
    return json.dumps(rows, indent=1)


@pytest.fixture
def place(tmp_path):
    """A rule file, and a folder for its cases."""
    (tmp_path / "rules.yar").write_text(RULE)
    (tmp_path / "cases").mkdir()
    return tmp_path


@pytest.fixture
def try_cases(place):
    """try_cases(text, *options): runs one case file with the trial rules only."""

    def run_one(text, *options):
        (place / "cases/one.json").write_text(text)
        return run("test", "--no-builtin-rules", "--rules", place / "rules.yar", *options,
                   place / "cases/one.json")

    return run_one


def test_every_builtin_case_is_as_expected():
    done = run("test")
    assert done.returncode == 0, done.stdout + done.stderr
    files = list(ROOT.glob("rules/cases/*/*.json"))
    cases = [json.loads(file.read_text()) for file in files]
    count = sum(len(case["hits"]) + len(case["misses"]) for case in cases)
    rules = len({case["rule"] for case in cases})
    assert done.stdout.splitlines()[-1] == f"{count} cases of {rules} rules: all as expected"
    assert done.stderr == ""


def test_every_builtin_rule_has_its_cases():
    done = run("test", "--strict")
    assert "no cases" not in done.stdout and "too few" not in done.stdout, done.stdout


def test_case_files_lie_where_they_belong():
    family_of = {rule["name"]: rule["meta"]["family"] for rule in rules_doc.builtin_rules(SWEEPER)}
    for file in ROOT.glob("rules/cases/**/*.json"):
        case = json.loads(file.read_text())
        assert file.name == case["rule"] + ".json"
        assert family_of[case["rule"]] == file.parent.name


def test_cases_match_no_rule():
    """The cases may lie beside the rules, on a host that is swept."""
    done = sweep.scan(ROOT / "rules/cases", "--fail-on", "info")
    rules = {rule["name"] for rule in rules_doc.builtin_rules(SWEEPER)}
    assert [f["locator"] for f in done.findings if f["rule"]["name"] in rules] == []
    assert done.gaps == []


def test_cases_of_other_people(place, try_cases):
    done = try_cases(case_file(hits=[HIT], misses=[["alpha-marker-one"], ["omega-marker-two"]]))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "no cases: rules: lonely\n3 cases of 1 rule: all as expected\n"
    done = run("test", "--no-builtin-rules", "--rules", place / "rules.yar", place / "cases")
    assert done.stdout.endswith("\n3 cases of 1 rule: all as expected\n")


def test_cases_are_added_to_the_builtin_ones(place):
    (place / "cases/one.json").write_text(case_file(hits=[HIT]))
    builtin = re.search(r"^(\d+) cases of (\d+) rules", run("test").stdout, re.M)
    both = re.search(r"^(\d+) cases of (\d+) rules",
                     run("test", "--rules", place / "rules.yar", place / "cases").stdout, re.M)
    assert [int(both[i]) - int(builtin[i]) for i in (1, 2)] == [1, 1]


def test_a_hit_that_is_not_found(place, try_cases):
    done = try_cases(case_file(hits=[HIT, ["alpha-marker-two"], HIT]))
    assert done.returncode == 1
    line = 1 + case_file(hits=[HIT, ["alpha-marker-two"]])[:-1].splitlines().index(
        '   "name": "hit 1",') - 1
    assert done.stdout.splitlines() == [
        "no cases: rules: lonely",
        f'{place}/cases/one.json:{line}: hit "hit 1": two_words did not find it',
        "3 cases of 1 rule: 1 not as expected"]


def test_a_near_miss_that_is_found(place, try_cases):
    done = try_cases(case_file(hits=[HIT], misses=[HIT, ["x"]]))
    assert done.returncode == 1
    assert re.search(r'one\.json:\d+: near miss "miss 0": two_words found it\n', done.stdout)
    assert done.stdout.endswith("3 cases of 1 rule: 1 not as expected\n")


def test_another_rule_on_a_near_miss_is_none_of_its_business(try_cases):
    done = try_cases(case_file(hits=[HIT], misses=[["nobody-tests-this"]]))
    assert done.returncode == 0


def test_severity_of_a_hit(try_cases):
    done = try_cases(case_file(hits=[{"content": HIT, "severity": "high", "mode": "0755"}]))
    assert done.returncode == 0, done.stdout
    done = try_cases(case_file(hits=[{"content": HIT, "severity": "critical"}]))
    assert done.returncode == 1
    assert re.search(r"two_words found it, but as \w+, not critical\n", done.stdout)


def test_the_path_is_what_rules_see(place):
    (place / "named.yar").write_text(
        'rule by_name { condition: filename == "a b.pth" and filepath == "/usr/lib" and '
        'extension == ".pth" and mode == 0x1c9 }')
    (place / "cases/a.json").write_text(case_file(
        rule="by_name", hits=[{"content": [], "path": "usr/lib/a b.pth", "mode": "0711"}],
        misses=[{"content": [], "path": "usr/lib/a b.pth"},
                {"content": [], "path": "usr/a b.pth", "mode": "0711"}]))
    done = run("test", "--no-builtin-rules", "--rules", place / "named.yar", place / "cases")
    assert done.returncode == 0, done.stdout


def test_strict_wants_a_hit_and_two_misses(try_cases):
    good = case_file(hits=[HIT], misses=[["a"], ["b"]])
    done = try_cases(good, "--strict")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "no cases: rules: lonely",
        "3 cases of 1 rule: all as expected; 1 rule with too few"]
    done = try_cases(case_file(hits=[HIT], misses=[["a"]]), "--strict")
    assert "too few cases: rules: two_words (hits: 1, near misses: 1)\n" in done.stdout
    assert done.stdout.endswith("2 cases of 1 rule: all as expected; 2 rules with too few\n")


def test_rules_of_one_name_share_cases(place):
    (place / "more").mkdir()
    for name in ("a", "b"):
        (place / f"more/{name}.yar").write_text(
            f'rule same {{ strings: $s = "marker-of-{name}" condition: $s }}')
    (place / "cases/s.json").write_text(case_file(
        rule="same", hits=[["marker-of-", "a"], ["marker-of-", "b"]], misses=[["a"], ["b"]]))
    done = run("test", "--strict", "--no-builtin-rules", "--rules", place / "more",
               place / "cases")
    assert (done.returncode, done.stdout) == (0, "4 cases of 1 rule: all as expected\n")


def test_all_bad_files_are_named(place):
    cases = place / "cases"
    (cases / "a.json").write_text("{\n")
    (cases / "b.json").write_text(case_file(hits=[[{"rot13": ["x"]}]]))
    (cases / "c.json").write_text(case_file(hits=[HIT]))
    (cases / "d.json").write_bytes(b"{\0}")
    done = run("test", "--no-builtin-rules", "--rules", place / "rules.yar", cases,
               place / "missing.json")
    assert done.returncode == 65 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 4
    assert re.match(re.escape(f"{cases}/a.json:") + r"\d: error: ", lines[0])
    assert re.match(re.escape(f"{cases}/b.json:") + r"\d+: error: a part has one of: ", lines[1])
    assert lines[2].startswith(f"{cases}/d.json: ")
    assert lines[3] == f"{place}/missing.json: No such file or directory"


def test_a_case_of_an_unknown_rule_is_bad(place, try_cases):
    done = try_cases(case_file(rule="nowhere", hits=[HIT]))
    assert done.returncode == 65 and done.stdout == ""
    assert done.stderr == f'{place}/cases/one.json:3: error: no rule "nowhere" is in use\n'


def test_a_case_that_is_too_large_is_bad(place, try_cases):
    bomb = [{"repeat": [{"repeat": ["x"], "count": 1 << 24}], "count": 1 << 24}]
    done = try_cases(case_file(hits=[HIT, bomb]))
    assert done.returncode == 65
    assert re.match(re.escape(f"{place}/cases/one.json:") + r'\d+: error: "hit 1" is over 16 MiB',
                    done.stderr)


def test_bad_rules_are_bad(place):
    (place / "rules.yar").write_text("rule x {\n condition: nowhere }")
    done = run("test", "--no-builtin-rules", "--rules", place / "rules.yar", place / "cases")
    assert done.returncode == 65
    assert f"{place}/rules.yar:2: error: undefined identifier" in done.stderr


def test_no_cases_at_all(place):
    done = run("test", "--no-builtin-rules", "--rules", place / "rules.yar")
    assert done.returncode == 64 and "no cases" in done.stderr
    done = run("test", "--no-builtin-rules", "--rules", place / "rules.yar", place / "cases")
    assert done.returncode == 65
    assert done.stderr == f"{place}/cases: no *.json file below it\n"


def test_many_and_large_cases(try_cases):
    """More than one batch of them, and more bytes than one batch takes."""
    large = [{"repeat": ["filler text\n"], "count": 300000}, *HIT]
    done = try_cases(case_file(hits=[HIT] * 150 + [large] * 4, misses=[["alpha"]] * 150))
    assert done.stdout.endswith("304 cases of 1 rule: all as expected\n"), done.stderr
    assert done.returncode == 0


def test_hostile_names_are_escaped(place, try_cases):
    text = case_file(hits=[{"name": "\x1b[2J\u202e", "content": ["nothing"]}])
    done = try_cases(text)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout and "\u202e" not in done.stdout
    assert r'hit "\x1b[2J' in done.stdout


@pytest.mark.skipif(not os.path.exists(sweep.FAULTY), reason="built without faults")
def test_a_case_that_kills_the_engine(place):
    """It costs itself, and no other case."""
    crash = "SWEEPER-FAULT:" + "abort\n"
    (place / "cases/one.json").write_text(case_file(
        hits=[HIT, [crash, *HIT], HIT], misses=[["a"], [crash], ["b"]]))
    done = subprocess.run(
        [sweep.FAULTY, "rules", "test", "--no-builtin-rules", "--rules", place / "rules.yar",
         place / "cases"], capture_output=True, text=True, timeout=120 * sweep.PATIENCE)
    assert done.returncode == 1
    assert re.search(r'hit "hit 1": two_words did not find it; not all of it was looked at: crash',
                     done.stdout)
    assert re.search(r'near miss "miss 1": two_words may or may not find it; not all .*: crash',
                     done.stdout)
    assert done.stdout.endswith("6 cases of 1 rule: 2 not as expected\n")


# --- rules list --json ---------------------------------------------------------


def test_list_as_json(place):
    (place / "i.json").write_text(json.dumps({
        "schema": "1.0", "family": "trial", "sources": {"X1": "a source"},
        "entries": [{"id": "SWI-TRIAL-001", "type": "domain", "title": "A host", "stage": "3",
                     "severity": "low", "confidence": "low", "source": ["X1"],
                     "value": "bad.example"}]}))
    done = run("list", "--json", "--no-builtin-rules", "--rules", place / "rules.yar",
               "--indicators", place / "i.json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) == {"schema", "version", "ruleset_digest", "rules", "indicators"}
    assert document["schema"] == "1.0" and re.fullmatch("[0-9a-f]{64}", document["ruleset_digest"])
    rules = {rule["name"]: rule for rule in document["rules"]}
    assert rules["two_words"] == {
        "name": "two_words", "namespace": "rules", "file": f"{place}/rules.yar", "builtin": False,
        "severity": "high", "private": False, "disabled": None, "tags": ["words"],
        "meta": {"severity": "high", "family": "trial", "count": 2, "sure": True}}
    assert rules["hidden"]["private"]
    (entry,) = document["indicators"]
    assert entry["family"] == "trial" and entry["file"] == f"{place}/i.json"
    assert entry["entry"]["value"] == "bad.example" and not entry["builtin"]


def test_the_list_is_the_whole_set():
    document = json.loads(run("list", "--json").stdout)
    written = [name for file in ROOT.glob("rules/yara/**/*.yar")
               for name in re.findall(r"^rule (\w+)", file.read_text(), re.M)]
    assert sorted(rule["name"] for rule in document["rules"]) == sorted(written)
    assert all(rule["builtin"] and rule["disabled"] is None for rule in document["rules"])


def test_json_is_for_the_list_only():
    assert run("check", "--json").returncode == 64


def test_the_page_of_rules_is_current():
    page = (ROOT / "docs/rules.md").read_text()
    assert page == rules_doc.page(rules_doc.builtin_rules(SWEEPER)), "run: ninja rules-doc"


def test_the_page_of_rules_matches_no_rule():
    done = sweep.scan(ROOT / "docs/rules.md", "--fail-on", "info")
    assert done.findings == []


def test_cells_of_the_page_stay_cells():
    rule = {"name": "x", "meta": {
        "id": "SW-X-001", "title": "a|b", "description": "c <d> `e`", "stage": "1",
        "attack": "T1", "references": "r", "severity": "low", "confidence": "low",
        "false_positives": "[f](g) *h*"}}
    line = rules_doc.row(rule)
    assert len(re.findall(r"(?<!\\)\|", line)) == 7
    assert line.count("\n") == 1


# --- what the build demands -----------------------------------------------------

META = {
    "id": "SW-TRIAL-001", "title": "A title", "family": "trial", "stage": "0a", "severity": "low",
    "confidence": "high", "description": "What it finds", "author": "The sweeper authors",
    "date": "2026-11-21", "references": "X-1", "attack": "T1195.002, T1546",
    "false_positives": "None known", "license": "Apache-2.0",
}


def rule_text(meta, name="trial_rule", string=r"\x6earrow-marker-text"):
    rows = "".join(f'        {key} = "{value}"\n' for key, value in meta)
    return (f"// a comment\n\nrule {name}\n{{\n    meta:\n{rows}    strings:\n"
            f'        $a = "{string}"\n    condition:\n        $a\n}}\n')


@pytest.fixture
def embed(tmp_path):
    """embed({path: text}, cases={path: text}): runs the build's tool."""
    if not EMBED.exists():
        pytest.skip("embed-rules is not beside the program")

    def run_tool(rules, cases=None):
        arguments = []
        for kind, files in (("rules", rules), ("cases", cases or {})):
            root = tmp_path / kind
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            arguments += [f"--{kind}", root]
            for name, text in files.items():
                (root / name).write_text(text)
                arguments.append(root / name)
        return subprocess.run([EMBED, tmp_path / "pack.c", tmp_path / "cases.c", *arguments],
                              capture_output=True, text=True, timeout=60)

    return run_tool


def test_good_rules_are_embedded(embed, tmp_path):
    done = embed({"a.yar": rule_text(META.items())}, {"a.json": "{}"})
    assert (done.returncode, done.stderr) == (0, "")
    for name, stem in (("pack.c", "builtin_rules"), ("cases.c", "builtin_cases")):
        assert f"sw_{stem}_data(void)" in (tmp_path / name).read_text()


@pytest.mark.parametrize("key", META)
def test_a_missing_meta_fails_the_build(embed, tmp_path, key):
    done = embed({"a.yar": rule_text([row for row in META.items() if row[0] != key])})
    assert done.returncode == 1
    assert done.stderr == (f"{tmp_path}/rules/a.yar:3: error: "
                           f"rule trial_rule lacks the meta: {key}\n")
    assert not (tmp_path / "pack.c").exists()


@pytest.mark.parametrize("key, value", [
    ("id", "SW-trial-001"), ("id", "SW-TRIAL-01"), ("id", "SW-TRIAL-0011"), ("severity", "High"),
    ("severity", "urgent"), ("confidence", "sure"), ("author", "me"), ("date", "21.11.2026"),
    ("attack", "T1195,T1546"), ("attack", "1195"), ("attack", "T1195.02"), ("attack", "T1195, "),
    ("license", "MIT"), ("title", ""), ("description", r"two\nlines"),
])
def test_a_bad_value_fails_the_build(embed, key, value):
    done = embed({"a.yar": rule_text([(k, value if k == key else v) for k, v in META.items()])})
    assert done.returncode == 1
    assert f"a.yar:3: error: rule trial_rule has a bad meta {key}; its form is: " in done.stderr


def test_unknown_and_double_metas_fail_the_build(embed):
    done = embed({"a.yar": rule_text([*META.items(), ("note", "x"), ("title", "again")])})
    assert done.returncode == 1
    assert "rule trial_rule has an unknown meta: note\n" in done.stderr
    assert "rule trial_rule has a meta twice: title\n" in done.stderr


def test_a_number_is_no_text(embed):
    done = embed({"a.yar": rule_text(META.items()).replace('"trial"', "7")})
    assert done.returncode == 1 and "has a bad meta family" in done.stderr


def test_doubles_fail_the_build(embed):
    other = {**META, "id": "SW-TRIAL-002"}
    rules = {"a.yar": rule_text(META.items()), "b.yar": rule_text(META.items(), "other_rule")}
    done = embed(rules)
    assert done.returncode == 1
    assert "b.yar:3: error: rule other_rule has the id of trial_rule in a.yar\n" in done.stderr
    rules["b.yar"] = rule_text(other.items())
    done = embed(rules)
    assert done.returncode == 1
    assert "b.yar:3: error: rule trial_rule has the name of trial_rule in a.yar\n" in done.stderr


def test_a_rule_that_finds_rules_fails_the_build(embed, tmp_path):
    plain = "narrow-marker" + "-text"
    done = embed({"a.yar": rule_text(META.items(), string=plain)})
    assert done.returncode == 1
    assert f"rules/a.yar:1: error: this file matches the rule trial_rule of {tmp_path}" in done.stderr
    other = {**META, "id": "SW-TRIAL-002", "description": f"about {plain}"}
    done = embed({"a.yar": rule_text(META.items()),
                  "b.yar": rule_text(other.items(), "other_rule", r"\x78yz-marker")})
    assert done.returncode == 1
    assert "rules/b.yar:1: error: this file matches the rule trial_rule of" in done.stderr
    done = embed({"a.yar": rule_text(META.items())}, {"c.json": f'{{"x":"{plain}"}}'})
    assert done.returncode == 1
    assert "cases/c.json:1: error: this file matches the rule trial_rule of" in done.stderr
