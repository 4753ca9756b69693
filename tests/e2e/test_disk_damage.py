# SPDX-License-Identifier: Apache-2.0
"""Disk images with damage, by seeds, and cut short: a sweep ends in time, no engine dies, and what
was not read is a gap. bench/damage.py goes through a thousand seeds of each."""

import shutil

import pytest
import sweep

import damage
import disks

# Kinds whose readers differ; every image in one sweep.
KINDS = [kind for kind in ("ext2", "ext4", "ntfs", "fat16", "exfat", "hfsplus", "ufs1") if not disks.missing(kind)]
SIZES = {"fat16": 9 << 20}
SEEDS = range(3 if sweep.LEAN else 6)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("damage")
    yield {kind: disks.forge_planted(kind, place, SIZES.get(kind, 6 << 20)).read_bytes() for kind in KINDS}
    shutil.rmtree(place)


def check(result):
    assert result.engine_deaths == [], str(result)
    assert result.code in (sweep.EXIT_FINDINGS, sweep.EXIT_GAPS, sweep.EXIT_CLEAN)
    assert {gap["reason"] for gap in result.gaps} <= {"damaged", "truncated", "unsupported", "encrypted",
                                                      "missing_part", "limit_depth", "limit_bytes"}, result.gaps
    assert result.end["exit_code"] == result.code


def test_damage_of_what_a_file_system_lives_by(whole, tree):
    done = {}
    for kind, data in whole.items():
        known = damage.places(kind, data)
        assert all(at + size <= len(data) for spots in known.values() for at, size in spots[:1]), kind
        for seed in SEEDS:
            broken = bytearray(data)
            done[f"{kind}-{seed}.img"] = damage.hurt(kind, broken, seed, known)
            (tree / f"{kind}-{seed}.img").write_bytes(broken)
    result = sweep.scan(tree, timeout=60)
    check(result)
    # The tools put other identifiers and times into each image, so that a seed does not hurt the same
    # thing every time, and some of it (a time, a spare bit) nobody misses: one in fifteen is told at least.
    told = {gap["locator"].partition("!")[0] for gap in result.gaps}
    assert len(told) >= len(done) // 15, done


def test_images_that_are_cut_short(whole, tree):
    """At every MiB; what they had is found, or a gap tells."""
    step = (3 if sweep.LEAN else 2) << 20
    for kind, data in whole.items():
        for size in range(1 << 20, len(data), step):
            (tree / f"{kind}-{size >> 20}.img").write_bytes(data[:size])
    result = sweep.scan(tree, timeout=60)
    check(result)
    told = {gap["locator"].partition("!")[0] for gap in result.gaps}
    found = {}
    for finding in result.findings:
        found.setdefault(finding["object"]["path"], set()).add(finding["rule"]["name"])
    for path in tree.iterdir():
        if "litellm_pth_loader" not in found.get(str(path), ()):
            assert str(path) in told, f"{path.name}: nothing found, and nothing said"


@pytest.mark.parametrize("entry", [0, 0xFFFF, 0x20F0, 2, 0xFFF7], ids=["free", "end", "far", "loop", "bad"])
@pytest.mark.skipif(bool(disks.missing("fat16")), reason="no mtools")
def test_a_chain_of_clusters_that_breaks_off_is_told(place, tree, entry):
    """FAT has no checksum, and no holes: where the chain ends before the file does, something is lost."""
    (tree / "broken.txt").write_bytes(b"A" * 20000)
    (tree / "whole.txt").write_bytes(b"B" * 20000)
    image = place / "chain.img"
    disks.make("fat16", image, tree, 9 << 20)
    data = image.read_bytes()
    fat = int.from_bytes(data[14:16], "little") * 512
    assert data[fat + 8 : fat + 10] == b"\5\0"
    disks.poke(image, fat + 8, entry.to_bytes(2, "little"))
    result = sweep.scan(image)
    check(result)
    assert [(gap["locator"], gap["reason"]) for gap in result.gaps] == [(f"{image}!fat!/broken.txt", "damaged")]
