# SPDX-License-Identifier: Apache-2.0
"""What package managers keep: a finding says in which cache it lies, and of which package."""

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess

import packages
import pytest
import sweep
from conftest import CANARY

PAYLOAD = b"# text around " + CANARY + b"\n"
HEX = hashlib.sha256(b"x").hexdigest()


def put(tree, path, data):
    target = tree / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target


def cached(finding):
    """(tool, part, name, version) of each hop that lies in a cache."""
    rows = [hop["cache"] for hop in finding["chain"] if "cache" in hop]
    return [(row["tool"], row["part"], row.get("package", {}).get("name"), row.get("package", {}).get("version"))
            for row in rows]


def npm_entry(content, url, algorithm="sha512"):
    digest = hashlib.new(algorithm, content)
    entry = json.dumps({"key": "make-fetch-happen:request-cache:" + url, "time": 1, "size": len(content),
                        "integrity": f"{algorithm}-" + base64.b64encode(digest.digest()).decode(), "metadata": {"url": url}})
    key = hashlib.sha256(("make-fetch-happen:request-cache:" + url).encode()).hexdigest()
    line = f"\n{hashlib.sha1(entry.encode()).hexdigest()}\t{entry}"
    hexed = digest.hexdigest()
    return (f"_cacache/index-v5/{key[:2]}/{key[2:4]}/{key[4:]}", line.encode(),
            f"_cacache/content-v2/{algorithm}/{hexed[:2]}/{hexed[2:4]}/{hexed[4:]}")


REGISTRY = "https://registry.example/"


@pytest.mark.parametrize("name, url", [
    ("pkg", REGISTRY + "pkg/-/pkg-1.2.0.tgz"),
    ("@s/pkg", REGISTRY + "@s/pkg/-/pkg-1.2.0.tgz"),
    ("@s/pkg", REGISTRY + "npm/deep/@s%2fpkg/-/pkg-1.2.0.tgz?x=1"),
])
def test_npm_s_index_names_the_content(name, url, scan, tree):
    content = packages.npm(name, "1.2.0", "a.js", PAYLOAD, top="other", late=True)  # which says nothing by itself
    index, line, place = npm_entry(content, url)
    put(tree, "home/.npm/" + index, b"\n0123\tbroken\n" + line)
    put(tree, "home/.npm/" + place, content)
    result = scan(tree)
    assert [cached(f) for f in result.findings] == [[("npm", "content-v2", name, "1.2.0")]]
    assert result.findings[0]["severity"] == "high"  # a cache is no excuse


def test_a_file_that_was_removed_from_the_index_has_no_name(scan, tree):
    index, line, place = npm_entry(PAYLOAD, REGISTRY + "pkg/-/pkg-1.2.0.tgz")
    gone = json.dumps({"key": "x", "integrity": None, "time": 2})
    put(tree, index, f"\n{hashlib.sha1(gone.encode()).hexdigest()}\t{gone}".encode())
    put(tree, place, PAYLOAD)
    assert [cached(f) for f in scan(tree).findings] == [[("npm", "content-v2", None, None)]]


@pytest.mark.parametrize("line", [
    b"", b"\n", b"x" * 41 + b"\t{}", b"0" * 40 + b"\t", b"0" * 40 + b"\t[1", b"0" * 40 + b"\t" + b"[" * 60000,
    b"0" * 40 + b'\t{"key": "https://h/' + b"/-/" * 5000 + b'", "integrity": "sha512-' + b"A" * 30000 + b'"}',
    b"0" * 40 + b'\t{"key": "h/a/-/a-1\x1b.tgz", "integrity": "sha512-' + b"A" * 86 + b'=="}',
    b"0" * 40 + b'\t{"key": "h/' + b"a" * 250 + b"/-/" + b"a" * 250 + b'-1.tgz", "integrity": "sha512-' + b"A" * 86 + b'=="}',
    (b"0" * 40 + b'\t{"key": "h/a/-/a-1.0.0.tgz", "integrity": "sha512-' + b"A" * 86 + b'=="}\n') * 3000,
], ids=range(10))
def test_an_index_that_is_none_is_ordinary(line, scan, tree):
    put(tree, "_cacache/index-v5/aa/bb/" + HEX[:60], line + PAYLOAD)
    result = scan(tree)
    assert not result.gaps and [cached(f) for f in result.findings] == [[("npm", "index-v5", None, None)]]


def test_the_index_itself_is_evidence(tree, place):
    index, line, _ = npm_entry(b"x", REGISTRY + "bad/-/bad-1.2.0.tgz")
    put(tree, index, line)
    row = {"id": "SWI-TEST-001", "type": "package", "title": "bad", "stage": "0", "severity": "high", "confidence": "high",
           "source": ["T"], "ecosystem": "npm", "name": "bad", "versions": ["1.2.0"]}
    (place / "i.json").write_text(json.dumps({"schema": "1.0", "family": "test", "sources": {"T": "t"}, "entries": [row]}))
    found = sweep.scan("--no-builtin-rules", "--indicators", place / "i.json", tree).findings
    assert [f["package"]["name"] for f in found] == ["bad"] and "(cached)" in found[0]["matches"][0]["data"]


def cachecontrol(body, forms=((0xc4, 1), (0xc5, 2), (0xc6, 4))):
    """As CacheControl's form 4 has it."""
    code, width = next(form for form in forms if len(body) < 1 << 8 * form[1])
    return (b"cc=4,\x82\xa8response\x87\xa4body" + bytes([code]) + len(body).to_bytes(width, "big") + body
            + b"\xa7headers\x80\xa6status\xcc\xc8\xa7version\x0b\xa6reason\xa2OK\xa6strict\x00\xaedecode_content\xc2\xa4vary\x80")


@pytest.mark.parametrize("body", [
    packages.wheel("pkg", "1.2", "a.py", PAYLOAD), packages.sdist("pkg", "1.2", "a.py", PAYLOAD),
    packages.sdist("pkg", "1.2", "a.py", PAYLOAD + os.urandom(70000)),
], ids=["wheel", "sdist", "large"])
def test_a_response_of_old_pip_is_opened(body, scan, tree):
    put(tree, "pip/http/0/1/2/3/4/" + HEX[:56], cachecontrol(body))
    result = scan(tree)
    assert not result.gaps and {f["rule"]["name"] for f in result.findings} == {"Canary"}
    assert [cached(f) for f in result.findings] == [[("pip", "http", None, None)]]
    assert [hop["package"]["name"] for hop in result.findings[0]["chain"] if "package" in hop] == ["pkg"]


def test_a_response_that_is_cut_has_a_gap(scan, tree):
    whole = cachecontrol(packages.sdist("pkg", "1.2", "a.py", PAYLOAD + os.urandom(3000)))
    put(tree, "pip/http/0/1/2/3/4/" + HEX[:56], whole[:1000])
    assert {gap["reason"] for gap in scan(tree).gaps} == {"truncated"}


def test_pnpm_s_index_is_evidence(tree, place):
    put(tree, f"s/v3/files/aa/{HEX}{HEX[2:]}-index.json", json.dumps(
        {"name": "bad", "version": "1.2.0", "requiresBuild": False, "files": {"package.json": {"integrity": "sha512-x"}}}).encode())
    row = {"id": "SWI-TEST-001", "type": "package", "title": "bad", "stage": "0", "severity": "high", "confidence": "high",
           "source": ["T"], "ecosystem": "npm", "name": "bad", "versions": ["1.2.0"]}
    (place / "i.json").write_text(json.dumps({"schema": "1.0", "family": "test", "sources": {"T": "t"}, "entries": [row]}))
    found = sweep.scan("--no-builtin-rules", "--indicators", place / "i.json", tree).findings
    assert [(f["package"]["name"], *cached(f)) for f in found] == [("bad", ("pnpm", "files", None, None))]


@pytest.mark.parametrize("path, wanted", [
    (f"pip/http-v2/0/1/2/3/4/{HEX[:56]}.body", ("pip", "http-v2", None, None)),
    (f"pip/http/0/1/2/3/4/{HEX[:56]}", ("pip", "http", None, None)),
    (f"pip/wheels/aa/bb/cc/{HEX[:56]}/My_Pkg-1.2-py3-none-any.whl", ("pip", "wheels", "My_Pkg", "1.2")),
    ("uv/wheels-v3/pypi/pkg/pkg-1.2-py3-none-any/a.py", ("uv", "wheels", "pkg", "1.2")),
    (f"pypoetry/artifacts/aa/bb/cc/{HEX}/pkg-1.2-py3-none-any.whl", ("poetry", "artifacts", "pkg", "1.2")),
    (f"pypoetry/artifacts/aa/bb/cc/{HEX}/pkg-1.2.tar.gz", ("poetry", "artifacts", "pkg", "1.2")),
    (f"pnpm/store/v10/files/aa/{HEX}", ("pnpm", "files", None, None)),
    (f".pnpm-store/v3/files/aa/{HEX}-index.json", ("pnpm", "files", None, None)),
    (f"yarn/v6/npm-@s-pkg-1.2.0-{HEX[:40]}-integrity/node_modules/@s/pkg/a.js", ("yarn", "v1", "@s/pkg", "1.2.0")),
    (f"yarn/v6/npm-pkg-1.2.0-{HEX[:40]}/node_modules/pkg/a.js", ("yarn", "v1", "pkg", "1.2.0")),
    (".yarn/cache/pkg-npm-1.2.0-0123456789-8.zip", ("yarn", "berry", None, None)),
])
def test_a_cache_is_known_by_its_shape(path, wanted, scan, tree):
    put(tree, path, PAYLOAD)
    found = scan(tree).findings
    assert [cached(f) for f in found] == [[wanted]] and found[0]["severity"] == "high"


@pytest.mark.parametrize("path", [
    "http/0/1/2/3/4/short", "wheels/a.whl", "artifacts/aa/x", "archive-v0/short/a", "store/v10/files/x", "store/x/files/aa/b",
    "npm-pkg/node_modules/pkg/a.js", "cache/a.zip", "_cacache/other/x", "a/cache", "wheels", "_cacache",
])
def test_what_only_looks_like_one_is_none(path, scan, tree):
    put(tree, path, PAYLOAD)
    assert [cached(f) for f in scan(tree).findings] == [[]]


def test_uv_s_folders_are_named_by_what_lies_in_them(scan, tree):
    put(tree, "uv/archive-v0/DZw93R9uNEMwFsNPIFwYj/a.py", PAYLOAD)
    put(tree, "uv/archive-v0/DZw93R9uNEMwFsNPIFwYj/zz.py", PAYLOAD)
    put(tree, "uv/archive-v0/DZw93R9uNEMwFsNPIFwYj/pkg-1.2.dist-info/METADATA", packages.metadata("pkg", "1.2"))
    put(tree, "uv/archive-v0/0000000000000000000aa/a.py", PAYLOAD)
    found = {f["object"]["path"].split("archive-v0/")[1]: cached(f) for f in scan(tree).findings}
    assert found == {"DZw93R9uNEMwFsNPIFwYj/a.py": [("uv", "archive", "pkg", "1.2")],
                     "DZw93R9uNEMwFsNPIFwYj/zz.py": [("uv", "archive", "pkg", "1.2")],
                     "0000000000000000000aa/a.py": [("uv", "archive", None, None)]}


def test_names_that_are_shared_by_hard_links_are_found(scan, tree):
    one = put(tree, "uv/archive-v0/DZw93R9uNEMwFsNPIFwYj/a.py", PAYLOAD)
    put(tree, "uv/archive-v0/DZw93R9uNEMwFsNPIFwYj/pkg-1.2.dist-info/METADATA", packages.metadata("pkg", "1.2"))
    (tree / "venv").mkdir()
    os.link(one, tree / "venv/a.py")
    assert sorted(cached(f) for f in scan(tree).findings) == [[], [("uv", "archive", "pkg", "1.2")]]


def test_a_cache_in_a_layer_is_named_too(scan, tree):
    layer = packages.tar({f"root/.cache/pip/wheels/aa/bb/cc/{HEX[:56]}/pkg-1.2-py3-none-any.whl":
                          packages.wheel("pkg", "1.2", "a.py", PAYLOAD)})
    put(tree, "layer.tar.gz", gzip.compress(layer))
    found = [f for f in scan(tree).findings if f["kind"] == "yara" and f["chain"][-1]["kind"] == "zip"]
    assert [cached(f) for f in found] == [[("pip", "wheels", "pkg", "1.2")]]
    assert found[0]["chain"][-1]["package"]["form"] == "wheel"


def test_the_answer_does_not_depend_on_threads_or_order(scan, tree):
    for number in range(40):
        content = packages.npm("pkg", f"1.{number}.0", "a.js", PAYLOAD, top="other")
        index, line, place = npm_entry(content, REGISTRY + f"pkg/-/pkg-1.{number}.0.tgz")
        put(tree, index, line)
        put(tree, place, content)
    answers = [sorted(json.dumps(f, sort_keys=True) for f in scan("--threads", n, tree).findings) for n in ("1", "2", "4")]
    assert answers[0] == answers[1] == answers[2] and len(answers[0]) == 40
    assert all('"npm", "version"' not in row and '"version": "1.' in row for row in answers[0])


@pytest.mark.slow
def test_many_findings_in_a_cache_are_all_told(scan, tree):
    for number in range(4500):
        put(tree, f"uv/archive-v0/DZw93R9uNEMwFsNPIFwYj/{number}.py", PAYLOAD)
    assert len(scan(tree).findings) == 4500


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm")
@pytest.mark.slow
def test_a_cache_of_npm(scan, tree, place):
    """`npm cache add` of a tarball: the key is a path of this machine, and no package's."""
    (place / "p.tgz").write_bytes(packages.npm("pkg", "1.2.0", "a.js", PAYLOAD))
    subprocess.run(["npm", "cache", "add", place / "p.tgz", "--offline", "--cache", tree / "npm"], check=True, capture_output=True,
                   env={**os.environ, "npm_config_update_notifier": "false"})
    found = [f for f in scan(tree).findings if len(f["chain"]) > 1]
    assert found and {cached(f)[0][:2] for f in found} == {("npm", "content-v2")}
    assert {hop["package"]["name"] for f in found for hop in f["chain"] if "package" in hop} == {"pkg"}
