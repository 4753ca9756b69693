# SPDX-License-Identifier: Apache-2.0
"""Members of a tar that are read where they lie: nothing that is said of them is another for it.

What would be spilled is left in place, and when --layer-cache knows layers, all from 1 MiB on:
so a sweep without the cache and one with it read the same tar in the two ways."""

import base64
import gzip
import json
import os
import random
import subprocess
import tarfile
import zipfile

import images
import pytest
from conftest import CANARY
from images import Layout, layer

MIB = 1024 * 1024
BLOCK = 512


def filler(size, seed=7):
    """Bytes that no format knows, and no rule."""
    return random.Random(seed).randbytes(size)


def tar(target, folder, *options):
    subprocess.run(["tar", *options, "--sort=name", "-cf", target, "-C", folder, "."], check=True)
    return target


def said(result):
    return [json.dumps(record, sort_keys=True) for record in result.records
            if record["type"] not in ("sweep_start", "sweep_end")]


@pytest.fixture
def both(place, scan):
    """Sweeps in the two ways; they have to say the same."""
    known = Layout(place / "known").image(layer([("etc/known", b"nothing")]))

    def call(target, *args, gaps=()):
        cache = place / "cache"
        brought = scan(*args, target)
        assert scan(*args, "--layer-cache", cache, known).end["layer_cache"]["stored"] == 1
        in_place = scan(*args, "--layer-cache", cache, target)
        assert said(brought) == said(in_place)
        assert brought.end["members"] == in_place.end["members"]
        assert gaps is None or {gap["reason"] for gap in in_place.gaps} == set(gaps)
        subprocess.run(["rm", "-rf", cache], check=True)
        return in_place

    return call


def inside(result):
    """Without what is found in the tar itself."""
    return [finding for finding in result.findings if "!" in finding["locator"]]


def names(result):
    return {finding["locator"].split("!", 1)[1] for finding in inside(result)}


def put_kinds(folder):
    """Members of many kinds, each of more than 1 MiB, and some that are not."""
    noise = filler(MIB + 77)
    (folder / "early").write_bytes(CANARY + noise)
    (folder / "late").write_bytes(noise + CANARY)
    (folder / "coded.txt").write_bytes(b"x = '" + base64.b64encode(CANARY * 20) + b"'\n" +
                                       b"# a line of text\n" * 70000)
    (folder / "small").write_bytes(CANARY)
    (folder / "none").write_bytes(noise)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("noise", noise)
        packed.writestr("in.txt", CANARY)
    (folder / "b.gz").write_bytes(gzip.compress(noise + CANARY, mtime=0))
    (folder / "in").mkdir()
    (folder / "in/late").write_bytes(noise + CANARY)
    tar(folder / "inner.tar", folder / "in")
    return {"./early", "./late", "./coded.txt!base64@5", "./small", "./a.zip!in.txt", "./b.gz!b",
            "./in/late", "./inner.tar!./late"}


@pytest.mark.parametrize("form", ["ustar", "gnu", "pax", "v7"])
def test_kinds_of_members(place, tree, both, form):
    target = place / "all.tar"
    expected = put_kinds(tree)
    tar(target, tree, f"--format={form}")
    found = names(both(target, "-j", "1"))
    for name in expected:
        assert any(name.split("!")[0] in locator for locator in found), (name, found)
    # Members and layers are passed on to other workers.
    assert names(both(target, "-j", "3")) == found


@pytest.mark.parametrize("options", [("--format=gnu",), ("--sparse-version=0.0",),
                                     ("--sparse-version=0.1",), ("--sparse-version=1.0",)])
def test_sparse_members(place, tree, both, options):
    with open(tree / "sparse", "wb") as file:
        for place_of in (0, 3 * MIB, 9 * MIB):
            file.seek(place_of)
            file.write(filler(MIB) + CANARY)
    target = tar(place / "sparse.tar", tree, "-S", *options)
    assert os.path.getsize(target) < 5 * MIB
    (finding,) = inside(both(target))
    assert finding["object"]["size"] == 10 * MIB + len(CANARY)
    assert len(finding["matches"]) == 3


def test_cut_off(place, tree, both):
    size = 2 * MIB + 100
    (tree / "a").write_bytes(CANARY + filler(size - 2 * len(CANARY)) + CANARY)
    (tree / "b").write_bytes(filler(MIB + 1) + CANARY)
    whole = tar(place / "whole.tar", tree).read_bytes()
    start = whole.index(CANARY)
    for end, matches, gaps in ((start + MIB, 1, ["truncated"]), (start + size - 1, 1, ["truncated"]),
                               (start + size, 2, ["truncated"]), (start + size + 5, 2, ["truncated"])):
        target = place / f"{end}.tar"
        target.write_bytes(whole[:end])
        (finding,) = [f for f in both(target, gaps=gaps).findings if f["locator"].endswith("!./a")]
        assert len(finding["matches"]) == matches


def test_limits_are_met_where_they_were(place, tree, both):
    for name in "abc":
        (tree / name).write_bytes(CANARY + filler(2 * MIB, name) + CANARY)
    target = tar(place / "x.tar", tree)
    for limit, gap in (("--max-file-size=1M", "limit_size"), ("--max-bytes=5M", "limit_bytes"),
                       ("--max-members=3", "limit_members")):
        both(target, limit, gaps=[gap])
    # Just enough, and one byte less.
    bytes_out = 3 * (2 * MIB + 2 * len(CANARY))
    both(target, f"--max-bytes={bytes_out}")
    both(target, f"--max-bytes={bytes_out - 1}", gaps=["limit_bytes"])


def test_sets_of_parts(place, tree, both):
    (tree / "one.txt").write_bytes(filler(3 * MIB) + CANARY)
    inside = place / "inside"
    inside.mkdir()
    subprocess.run(["zip", "-q", "-s", "1m", "-0", inside / "set.zip", "one.txt"], cwd=tree, check=True)
    subprocess.run(["split", "-b", "1200k", "-d", "-a", "3", "--numeric-suffixes=1",
                    tar(place / "t.tar", tree), inside / "cut.tar."], check=True)
    target = tar(place / "sets.tar", inside)
    found = names(both(target))
    assert {name.split("!")[-1] for name in found} >= {"one.txt", "./one.txt"}


@pytest.mark.parametrize("declared", [2 * MIB, MIB + 5, 3 * MIB])
def test_a_size_that_is_said_twice(place, both, declared):
    """The size in an extended header goes before the one in the header itself."""
    content = CANARY + filler(2 * MIB - len(CANARY))
    record = f"16 size={declared}\n"  # pax(5): its length, itself among it
    assert len(record) == 16
    extended, info = tarfile.TarInfo("PaxHeaders/f"), tarfile.TarInfo("f")
    extended.type, extended.size, info.size = tarfile.XHDTYPE, len(record), len(content)
    target = place / "twice.tar"
    target.write_bytes(extended.tobuf(tarfile.USTAR_FORMAT) + record.encode().ljust(BLOCK, b"\0") +
                       info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(2 * MIB))
    result = both(target, gaps=None)
    assert "f" in names(result)


def test_a_large_member_is_not_copied(place, scan):
    """There is no room to copy it to; the tar is a file with holes, and takes none either."""
    tree = place / "large"
    tree.mkdir()
    with open(tree / "large", "wb") as file:
        file.truncate(66 * MIB)
        file.seek(66 * MIB)
        file.write(CANARY)
    target = tar(place / "large.tar", tree)
    result = scan("--spill", "1M", target)
    assert result.gaps == []
    assert names(result) == {"./large"}
    with open(target, "r+b") as file:
        file.truncate(40 * MIB)
    assert {gap["reason"] for gap in scan("--spill", "100M", target).gaps} == {"truncated"}


def test_layers_by_several_threads(place, scan):
    """Layers in place are passed on; what is known is not read again, whoever has it."""
    tars = [layer([(f"opt/{n}", filler(2 * MIB, n) + CANARY), (f"opt/{n}.txt", CANARY)])
            for n in range(5)]
    layout = Layout(place / "app")
    parts = [layout.layer(one, pack=False) for one in tars]
    layout.index([layout.manifest(layout.config(tars), parts)])
    target = images.archive(layout.path, place / "app.tar")
    cache = place / "cache"
    fresh = scan("-j", "1", target)
    assert len(inside(fresh)) == 3 * len(tars) and fresh.gaps == []
    for threads, used in (("1", 0), ("4", 5), ("1", 5), ("4", 5)):
        result = scan("-j", threads, "--layer-cache", cache, target)
        assert result.end["layer_cache"]["used"] == used
        found = [{**f, "chain": None} for f in result.findings]
        assert found == [{**f, "chain": None} for f in fresh.findings]
        assert result.gaps == []
    # A layer more than is known.
    tars.append(layer([("opt/new", filler(2 * MIB, 99) + CANARY)]))
    layout = Layout(place / "more")
    parts = [layout.layer(one, pack=False) for one in tars]
    layout.index([layout.manifest(layout.config(tars), parts)])
    target = images.archive(layout.path, place / "more.tar")
    result = scan("-j", "4", "--layer-cache", cache, target)
    assert result.end["layer_cache"] == {**result.end["layer_cache"], "used": 5, "stored": 1}
    assert len(inside(result)) == len(inside(fresh)) + 2
