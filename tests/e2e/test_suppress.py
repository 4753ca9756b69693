# SPDX-License-Identifier: Apache-2.0
"""--suppress and --show-suppressed: what counts, what is written, what is refused."""

import hashlib
import json

import pytest

import sweep
from conftest import CANARY


def entry(name="known", **conditions):
    return {"id": name, "reason": "looked at on Monday", "until": "2999-12-31", **conditions}


@pytest.fixture
def write(place):
    """write(*entries): a file of suppressions."""

    def call(*entries, name="suppress.json"):
        path = place / name
        path.write_text(json.dumps({"schema": "1.0", "suppressions": entries}, indent=1))
        return path

    return call


@pytest.fixture
def canaries(tree):
    (tree / "a").mkdir()
    (tree / "a/one.txt").write_bytes(CANARY)
    (tree / "two.txt").write_bytes(CANARY + b"2")
    return tree


def test_suppressed_findings_count_for_nothing(scan, canaries, write):
    result = scan("--suppress", write(entry(rule="Canary")), canaries)
    assert result.code == sweep.EXIT_CLEAN, result
    assert result.findings == []
    assert result.end["verdict"] == "clean"
    assert result.end["findings"]["high"] == 0
    assert result.end["suppressed"] == {"findings": 2, "expired_entries": 0}
    assert "2 suppressed findings" in result.stderr
    assert any(o.startswith("--suppress=") for o in result.start["options"])


def test_without_the_option_nothing_is_said(scan, canaries):
    assert "suppressed" not in scan(canaries).end


@pytest.mark.parametrize("conditions", [
    {"path": "one.txt"},
    {"path": "a/"},
    {"path": "a/*"},
    {"sha256": hashlib.sha256(CANARY).hexdigest()},
    {"rule": "Canary", "path": "*/a/*"},
])
def test_one_of_two(scan, canaries, write, conditions):
    result = scan("--suppress", write(entry(**conditions)), canaries)
    assert result.code == sweep.EXIT_FINDINGS, result
    assert result.found_paths() == {bytes(canaries / "two.txt")}
    assert result.end["suppressed"]["findings"] == 1


def test_shown_when_asked_for(scan, canaries, write):
    result = scan("--suppress", write(entry(path="a/", by="me")), "--show-suppressed", canaries)
    marks = {f["object"]["path"]: f.get("suppressed") for f in result.findings}
    assert marks == {
        str(canaries / "a/one.txt"): {"reason": "looked at on Monday", "until": "2999-12-31",
                                      "entry": "known"},
        str(canaries / "two.txt"): None,
    }
    assert result.end["findings"]["high"] == 1
    assert result.code == sweep.EXIT_FINDINGS
    all_of_them = scan("--suppress", write(entry(rule="Canary")), "--show-suppressed", canaries)
    assert len(all_of_them.findings) == 2
    assert all_of_them.code == sweep.EXIT_CLEAN


def test_people_see_why(scan, canaries, write, place):
    report = place / "report.txt"
    scan("--suppress", write(entry(rule="Canary")), "--show-suppressed", "-o", "jsonl", "-o",
         f"text={report}", canaries)
    assert "suppressed until 2999-12-31: looked at on Monday" in report.read_text()


def test_each_name_of_a_file_is_judged(scan, tree, write):
    (tree / "one.txt").write_bytes(CANARY)
    (tree / "two.txt").hardlink_to(tree / "one.txt")
    result = scan("--suppress", write(entry(path="one.txt")), tree)
    assert result.found_paths() == {bytes(tree / "two.txt")}
    assert result.end["suppressed"]["findings"] == 1


def test_names_are_compared_by_their_bytes(scan, tree, write):
    (tree / "a\\b\n").write_bytes(CANARY)
    result = scan("--suppress", write(entry(path="a\\\\b\n")), tree)
    assert result.code == sweep.EXIT_CLEAN, result
    assert result.end["suppressed"]["findings"] == 1


def test_expired_entries_do_not_apply(scan, canaries, write):
    old = {**entry("old", rule="Canary"), "until": "2020-02-29"}
    file = write(old, entry(path="one.txt"))
    result = scan("--suppress", file, canaries)
    assert result.code == sweep.EXIT_FINDINGS
    assert result.end["suppressed"] == {"findings": 1, "expired_entries": 1}
    assert f'{file}:4: the suppression "old" expired after 2020-02-29' in result.stderr


def test_several_files_and_the_config(scan, canaries, write, place):
    first = write(entry("a", path="one.txt"), name="a.json")
    second = write(entry("b", path="two.txt"), name="b.json")
    config = place / "config"
    config.write_text(f"suppress = {first}\n")
    result = scan("--config", config, "--suppress", second, canaries)
    assert result.code == sweep.EXIT_CLEAN, result
    assert result.end["suppressed"]["findings"] == 2
    assert scan("--config", config, "--suppress", first, canaries).code == sweep.EXIT_RULES


@pytest.mark.parametrize("entries, message", [
    ([{**entry(rule="x"), "untill": "2999-01-01"}], ':9: unknown field ("untill")'),
    ([{**entry(rule="x"), "until": "soon"}], ':7: must be a day, as YYYY-MM-DD ("until")'),
    ([{**entry(rule=7)}], ':8: must be a text ("rule")'),
    ([entry()], ":4: needs at least one condition"),
    ([entry(path="*")], ':8: would suppress every finding ("path")'),
    ([entry(path="**")], ':8: would suppress every finding ("path")'),
    ([entry(rule="x"), entry(rule="y")], ":11: the id is taken by the entry at"),
    ([{**entry(rule="x"), "reason": ""}], ':6: must not be empty ("reason")'),
])
def test_a_bad_file_is_65_and_nothing_runs(scan, canaries, write, entries, message):
    good = write(entry("good", rule="Canary"), name="good.json")
    file = write(*entries)
    result = scan("--suppress", good, "--suppress", file, canaries)
    assert result.code == sweep.EXIT_RULES, result
    assert f"{file}{message}" in result.stderr
    assert result.stdout == b"" or result.records == []


def test_broken_json_has_its_line(scan, canaries, place):
    file = place / "x.json"
    file.write_text('{"schema": "1.0",\n"suppressions": [\n,]}\n')
    result = scan("--suppress", file, canaries)
    assert result.code == sweep.EXIT_RULES
    assert f"{file}:3: " in result.stderr


def test_a_file_in_the_swept_tree(scan, canaries):
    """It is the user's to say so, but it is said."""
    file = canaries / "suppress.json"
    file.write_text(json.dumps({"schema": "1.0", "suppressions": [entry(rule="Canary")]}))
    result = scan("--suppress", file, canaries)
    assert result.code == sweep.EXIT_CLEAN, result
    assert f"{file}: lies in what is swept" in result.stderr
    assert scan(canaries).code == sweep.EXIT_FINDINGS  # and never found by itself


# --- packages -----------------------------------------------------------------------------------

INDICATORS = [("npm", "@scope/bad", ["2.0.1", "2.0.2"]), ("pypi", "bad-pkg", ["1.2.0"])]
LOCK = "package-lock.json"
METADATA = "site-packages/bad_pkg-1.2.dist-info/METADATA"


@pytest.fixture
def packages(place, tree):
    """packages(*args): sweeps a lock file and an installed package with indicators for both."""
    entries = [{"id": f"T-{number}", "type": "package", "title": "A bad package", "stage": "1",
                "severity": "high", "confidence": "high", "source": ["A"], "ecosystem": ecosystem,
                "name": name, "versions": versions}
               for number, (ecosystem, name, versions) in enumerate(INDICATORS)]
    indicators = place / "packages.json"
    indicators.write_text(json.dumps({"schema": "1.0", "family": "test",
                                      "sources": {"A": "the tests"}, "entries": entries}))
    write_lock(tree, {"node_modules/@scope/bad": "2.0.1"})
    (tree / METADATA).parent.mkdir(parents=True)
    (tree / METADATA).write_text("Metadata-Version: 2.1\nName: Bad.Pkg\nVersion: 1.2\n\nText\n")

    def call(*args, **keywords):
        return sweep.scan("--no-builtin-rules", "--indicators", indicators, *args, tree, **keywords)

    return call


def write_lock(tree, packages):
    rows = {path: {"version": version} for path, version in packages.items()}
    (tree / LOCK).write_text(json.dumps(
        {"name": "app", "lockfileVersion": 3, "packages": {"": {"name": "app"}, **rows}}))


@pytest.mark.parametrize("conditions, left", [
    ({"package": "@scope/bad"}, {METADATA}),
    ({"package": "@scope/bad", "ecosystem": "npm"}, {METADATA}),
    ({"package": "@scope/bad@2.0.1"}, {METADATA}),
    ({"package": "@scope/bad@v2.0.1", "path": LOCK}, {METADATA}),
    ({"package": "@scope/bad@2.0.2"}, {LOCK, METADATA}),
    ({"package": "@scope/bad", "ecosystem": "pypi"}, {LOCK, METADATA}),
    ({"package": "@Scope/bad"}, {LOCK, METADATA}),  # npm minds the case
    ({"package": "bad"}, {LOCK, METADATA}),
    ({"package": "@scope/bad", "path": "METADATA"}, {LOCK, METADATA}),
    ({"package": "BAD__PKG"}, {LOCK}),  # PEP 503
    ({"package": "bad-pkg", "ecosystem": "pypi"}, {LOCK}),
    ({"package": "bad-pkg@1.2.0.0"}, {LOCK}),  # PEP 440
    ({"package": "bad-pkg@1.2.1"}, {LOCK, METADATA}),
    ({"package": "bad-pkg@1.2.0rc1", "ecosystem": "pypi"}, {LOCK, METADATA}),
])
def test_a_package_is_suppressed(packages, tree, write, conditions, left):
    result = packages("--suppress", write(entry(**conditions)))
    assert result.found_paths() == {bytes(tree / name) for name in left}
    assert result.end["suppressed"]["findings"] == 2 - len(left)
    assert all(f["kind"] == "package" for f in result.findings)


def test_both_are_suppressed(packages, write):
    file = write(entry("a", package="@scope/bad@2.0.1"), entry("b", package="bad-pkg@1.2"))
    result = packages("--suppress", file)
    assert (result.code, result.findings) == (sweep.EXIT_CLEAN, [])
    shown = packages("--suppress", file, "--show-suppressed")
    assert {f["suppressed"]["entry"]: f["package"] for f in shown.findings} == {
        "a": {"ecosystem": "npm", "name": "@scope/bad", "version": "2.0.1"},
        "b": {"ecosystem": "pypi", "name": "Bad.Pkg", "version": "1.2"}}


def test_another_version_in_the_same_file_is_left(packages, tree, write):
    write_lock(tree, {"node_modules/@scope/bad": "2.0.1",
                      "node_modules/x/node_modules/@scope/bad": "2.0.2"})
    result = packages("--suppress", write(entry("a", package="@scope/bad@2.0.1"),
                                          entry("b", package="bad-pkg")))
    (finding,) = result.findings
    assert finding["package"]["version"] == "2.0.2"
    assert (result.code, result.end["suppressed"]["findings"]) == (sweep.EXIT_FINDINGS, 2)


def test_people_see_the_package_as_an_entry_names_it(packages, place):
    report = place / "report.txt"
    packages("-o", "jsonl", "-o", f"text={report}")
    assert "package @scope/bad@2.0.1 (npm), sha256 " in report.read_text()


@pytest.mark.parametrize("conditions, message", [
    ({"package": "x", "ecosystem": "cpan"}, ':9: must be pypi, npm, '),
    ({"rule": "x", "ecosystem": "npm"}, ':9: needs "package" beside it ("ecosystem")'),
    ({"ecosystem": "npm"}, ":4: needs at least one condition"),
])
def test_an_ecosystem_goes_with_a_package(packages, write, conditions, message):
    file = write(entry(**conditions))
    result = packages("--suppress", file)
    assert result.code == sweep.EXIT_RULES
    assert f"{file}{message}" in result.stderr
