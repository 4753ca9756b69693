# SPDX-License-Identifier: Apache-2.0
"""`sweeper selftest`: all paths are seen, and one that is blind is named."""

import json
import shutil
import subprocess

import pytest
import sweep

# What a build opens, as include/sweeper/source.h's table has it.
KINDS = {"gzip", "bzip2", "xz", "lzma", "lzip", "zstd", "lz4", "compress", "uuencode", "tar", "zip", "7z", "rar", "rar5",
         "cab", "cpio", "ar", "rpm", "iso", "xar", "lha", "warc", "squashfs"}
LAYERS = {"base64", "base64-url", "base64-gzip", "base64-zlib", "hex", "hex-gzip", "hex-zlib", "utf-16le", "utf-16be"}


def selftest(*arguments, env=None):
    return subprocess.run([sweep.SWEEPER, "selftest", *arguments], capture_output=True, text=True, env=env,
                          timeout=120 * sweep.PATIENCE)


def paths(*arguments, env=None):
    """{path: row}, the document, and the exit code."""
    done = selftest("--json", *arguments, env=env)
    document = json.loads(done.stdout)
    rows = {row["path"]: row for row in document["paths"]}
    assert len(rows) == len(document["paths"]) == document["count"]
    return rows, document, done.returncode


def test_all_paths_are_seen():
    """One line a path with -v, a table in any case, the sum at the end."""
    done = selftest("-v")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (sweep.EXIT_CLEAN, ""), done.stdout[-2000:]
    said = [line for line in lines if line.startswith("seen ")]
    assert lines[-1] == f"{len(said):,} paths: all seen"
    rows = {name: locator for name, locator in (line[5:].strip().split(": ") for line in said)}
    assert len(rows) == len(said)
    first = {name.partition(",")[0].partition(" in ")[0] for name in rows}
    assert KINDS <= {name.partition("-")[0] for name in first} and LAYERS <= first
    pairs = {name.partition(", depth ")[0] for name in rows if " in " in name}
    assert len(pairs) > 500
    for pair in {name for name in pairs if not LAYERS & set(name.split(" in "))}:
        assert {f"{pair}, depth {depth}" for depth in (2, 4, 8)} <= set(rows), pair
    assert all(locator.count("!") == int(name.rpartition(" ")[2]) for name, locator in rows.items())
    assert rows["zip-deflate in gzip, depth 8"].endswith("!content!canary" * 4)
    table = lines[len(said):-1]
    assert table[0].split()[:3] == ["alone", "gzip", "bzip2"]
    cells = {row.split()[0]: row.split()[1:] for row in table[1:]}
    assert {word for row in cells.values() for word in row} == {"ok"} and set(cells) >= first
    assert len(cells["tar-pax"]) == len(table[0].split())


def test_without_archives_only_layers_are_seen():
    rows, document, code = paths("--no-archives")
    blind = {name for name, row in rows.items() if not row["seen"]}
    seen = set(rows) - blind
    assert {name.partition(",")[0] for name in seen} == LAYERS, seen
    assert code == sweep.EXIT_FAILED and document["blind"] == len(blind) and document["untried"] == []


@pytest.mark.slow
def test_what_lies_too_deep_is_blind_and_the_gap_is_told():
    done = selftest("--max-depth", "4", "--no-decode")
    lines = done.stdout.splitlines()
    blind = dict(line[5:].strip().split(": ", 1) for line in lines if line.startswith("BLIND"))
    layers = {name for name in blind if not name.endswith("depth 8")}
    assert {word for name in layers for word in name.partition(",")[0].split(" in ")} & LAYERS == LAYERS
    assert all(LAYERS & set(name.partition(",")[0].split(" in ")) for name in layers)
    assert all("limit_depth: " in blind[name] for name in set(blind) - layers)
    assert "zip-deflate in gzip, depth 8" in blind and "tar-pax, depth 8" in blind
    assert done.returncode == sweep.EXIT_FAILED
    assert lines[-1].startswith(f"{len(blind):,} of ") and lines[-1].endswith(" paths are blind")
    table = {line.split()[0]: line.split()[1:] for line in lines if not line.startswith("BLIND")}
    assert table["zip-deflate"] == ["3/4", *["2/3"] * 10] and table["base64"] == ["0/3"]


@pytest.mark.plain
@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler")
def test_a_library_that_lost_a_format(place):
    """One format is gone from libarchive: these paths and no others are named."""
    source = place / "lost.c"
    source.write_text("int archive_read_support_format_lha(void *archive);\n"
                      "int archive_read_support_format_lha(void *archive) { (void)archive; return -30; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", place / "lost.so", source], check=True)
    rows, document, code = paths(env={"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(place / "lost.so")})
    blind = {name for name, row in rows.items() if not row["seen"]}
    assert code == sweep.EXIT_FAILED and document["blind"] == len(blind) > 30
    assert {name.partition(",")[0].partition(" in ")[0] for name in blind} == {"lha"}
    assert "lha in xz, depth 2" in blind


def test_usage():
    done = selftest("somewhere")
    assert done.returncode == sweep.EXIT_USAGE and "takes nothing" in done.stderr
    done = selftest("--rules", "x")
    assert done.returncode == sweep.EXIT_USAGE
