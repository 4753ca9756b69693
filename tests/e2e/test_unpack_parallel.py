# SPDX-License-Identifier: Apache-2.0
"""Several workers at one file: what is told of it, and in what order, is what one
worker alone tells; and while there are archives in it all of them are busy."""

import gzip
import hashlib
import io
import json
import lzma
import os
import random
import subprocess
import tarfile
import time

import archives
import images
import pytest
import sweep
import wheels
from conftest import CANARY

THREADS = (1, 2, 3, 8)
random_text = random.Random(20260319)


def noise(size):
    """Text that does not shrink much, so that containers are worth being passed on."""
    return random_text.randbytes(size // 2).hex().encode()


def tar_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), archives.TIME
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def inner(number, files=12, size=20_000):
    return archives.zip_({
        f"f{at}": (CANARY + b"\n" if at % 5 == number % 5 else b"") + noise(size)
        for at in range(files)})


def nested(count=24):
    """Archives and plain files in turn, some of them twice under one name."""
    for number in range(count):
        yield f"part{number % 20}.zip", inner(number)
        yield f"plain{number}", b"%d %s" % (number, CANARY)


def told(result):
    """What a sweep says of its objects, in its order."""
    return [record for record in result.records if record["type"] in ("finding", "gap")]


def same_with_all_threads(scan, path, *options, threads=THREADS):
    first = scan(path, "-j1", *options)
    for count in threads[1:]:
        other = scan(path, f"-j{count}", *options)
        assert told(other) == told(first), count
        assert other.end["members"] == first.end["members"]
        assert (other.code, other.engine_deaths) == (first.code, [])
    return first


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "tar.gz"])
def test_the_same_records_in_the_same_order(tree, scan, pack):
    (tree / "box").write_bytes(pack(tar_of(nested())))
    result = same_with_all_threads(scan, tree / "box")
    assert len(result.findings) > 60 and result.gaps == []


def test_large_members_that_are_no_archives(tree, scan):
    (tree / "box.tar").write_bytes(tar_of(
        (f"large{number}", noise(3_000_000) + CANARY * (number % 2)) for number in range(8)))
    result = same_with_all_threads(scan, tree / "box.tar")
    assert [f["locator"][-6:] for f in result.findings[1:]] == ["large1", "large3", "large5", "large7"]


@pytest.mark.parametrize("limit", [["--max-members=100"], ["--max-members=199"], ["--max-bytes=2M"],
                                   ["--max-bytes=3300000"], ["--max-depth=1"], ["--spill=0"],
                                   ["--max-file-size=19K"]])
def test_limits_are_met_at_the_same_place(tree, scan, limit):
    (tree / "box").write_bytes(gzip.compress(tar_of(nested())))
    result = same_with_all_threads(scan, tree / "box", *limit)
    assert result.gaps != [] or limit[0].startswith("--spill")


def host_with_images(place):
    """The members of a host's backup: a store whose own files come last, a distribution that
    is not what its RECORD says, in a folder and in an image, and much between them."""
    layers = [hashlib.sha256(b"layer %d" % number).hexdigest() for number in range(2)]
    site, info = "venv/lib/python3.11/site-packages", "demo-1.0.dist-info"
    files = {"demo/__init__.py": b"1\n", "demo/core.py": noise(20_000),
             f"{info}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"}
    listed = wheels.record(files, f"{info}/RECORD")
    venv = [(f"{site}/{name}", data) for name, data in
            {**files, "demo/core.py": noise(20_000), "demo/more.py": CANARY, f"{info}/RECORD": listed}.items()]
    (place / "image").mkdir()
    image = images.archive(images.Layout(place / "image").image(
        images.layer(venv), images.layer([("venv/x", CANARY), ("y", noise(30_000))])), place / "image.tar")
    yield f"s/overlay/{layers[0]}/diff/x", CANARY
    yield from venv
    yield "first.tar", image.read_bytes()
    yield from nested(12)
    yield f"s/overlay/{layers[1]}/diff/y", CANARY
    yield "second.tar", image.read_bytes()
    yield "s/overlay-layers/layers.json", json.dumps(
        [{"id": layers[0]}, {"id": layers[1], "parent": layers[0]}]).encode()
    yield "s/overlay-images/images.json", json.dumps(
        [{"id": "a" * 64, "layer": layers[1], "names": ["app"]}]).encode()


@pytest.mark.parametrize("members", [150, 190])
def test_what_does_not_hold_is_forgotten(tree, place, scan, members):
    """A limit is met behind what others were looking at meanwhile: what they knew of stores,
    images and distributions is not what one worker alone would know."""
    (tree / "box").write_bytes(gzip.compress(tar_of(host_with_images(place)), 1))
    limit = ("--integrity", f"--max-members={members}")
    result = same_with_all_threads(scan, tree / "box", *limit)
    assert [gap["reason"] for gap in result.gaps] == ["limit_members"], str(result)
    stores = [hop["store"] for found in result.findings for hop in found["chain"] if "store" in hop]
    assert stores and all("images" not in store for store in stores)


def twice():
    """Parts of an image, and of a store, under names that others have; no digest is right."""
    names = [str(number) * 64 for number in (1, 2, 3)]

    def part(number, value):
        return f"blobs/sha256/{names[number]}", json.dumps({**value, "pad": noise(30_000).decode()}).encode()
    yield "oci-layout", b"{}"
    yield "index.json", json.dumps({"manifests": [{"digest": "sha256:" + names[0]}]}).encode()
    yield "s/overlay/" + "a" * 64 + "/diff/x", CANARY
    for copy in range(4):
        yield part(0, {"schemaVersion": 2, "config": {"digest": "sha256:" + names[1]},
                       "layers": [{"digest": "sha256:" + names[2]}], "copy": copy})
        yield part(1, {"os": "linux", "architecture": f"a{copy}",
                       "rootfs": {"type": "layers", "diff_ids": []}})
        yield f"blobs/sha256/{names[2]}", images.layer([(f"f{copy}", CANARY + noise(20_000))])
        yield "s/overlay-layers/layers.json", json.dumps([{"id": "a" * 64}]).encode()
        yield "s/overlay-images/images.json", json.dumps(
            [{"id": "b" * 64, "layer": "a" * 64, "names": [f"app:{copy}"],
              "pad": noise(20_000).decode()}]).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "tar.gz"])
def test_of_two_of_one_name_the_later_counts(tree, scan, pack):
    (tree / "box").write_bytes(pack(tar_of(twice())))
    for _ in range(1 if sweep.SANITIZER else 3):
        result = same_with_all_threads(scan, tree / "box")
        stores = {image["references"][0] for found in result.findings for hop in found["chain"]
                  for image in hop.get("store", {}).get("images", ())}
        platforms = {found["chain"][0]["image"]["platform"] for found in result.findings
                     if "image" in found["chain"][0]}
        assert stores == {"app:3"} and platforms == {"linux/a3"}


def zstd_frames(content):
    return b"".join(subprocess.run(["zstd", "-qc"], input=content[at:at + 700_001], stdout=subprocess.PIPE,
                                   check=True).stdout for at in range(0, len(content), 700_001))


PACKERS = {"gzip": gzip.compress, "zstd": zstd_frames}


@pytest.mark.parametrize("pack", PACKERS)
def test_a_stream_that_is_read_ahead(tree, scan, pack):
    """Whole, cut, with damage, and with something behind it, of the stream or of the tar in it."""
    content = tar_of([(f"small{number}", noise(1_000) + CANARY * (number % 7 == 0)) for number in range(150)] +
                     [(f"large{number}", CANARY + noise(800_000)) for number in range(3)])
    whole = PACKERS[pack](content)
    half = len(whole) // 2
    cases = {"whole": whole, "cut": whole[:half], "tail": whole + CANARY + noise(5_000),
             "inside": PACKERS[pack](content + CANARY + noise(300_000)),
             "bad": whole[:half] + bytes(byte ^ 0x55 for byte in whole[half:half + 9]) + whole[half + 9:]}
    for case, stream in cases.items():
        (tree / "box").write_bytes(stream)
        result = same_with_all_threads(scan, tree / "box", threads=(1, 4))
        assert (len(result.findings) >= 25 and result.gaps == []) if case == "whole" else result.gaps, case


def test_a_bomb_among_others(tree, scan):
    members = list(nested(20))
    members.insert(11, ("bomb.gz", gzip.compress(b"\0" * (300 << 20))))
    (tree / "box").write_bytes(tar_of(members))
    result = same_with_all_threads(scan, tree / "box", "--max-ratio=20")
    assert [gap["reason"] for gap in result.gaps] == ["limit_ratio"]


@pytest.mark.slow
def test_more_findings_than_can_wait(tree, scan):
    """More bytes of findings than are kept, behind a part that takes its time."""
    crowd = archives.zip_({f"{number:05}": CANARY for number in range(6_000)})
    slow = lzma.compress(noise(6_000_000))
    (tree / "box.tar").write_bytes(tar_of(
        [("slow.xz", slow)] + [(f"crowd{number}.zip", crowd) for number in range(1)]))
    one, two = (scan(tree / "box.tar", f"-j{threads}") for threads in (1, 2))
    assert told(one) == told(two) and len(one.findings) == 6_000


@pytest.mark.parametrize("word, reason, options", [
    ("segv", "crash", ()), ("kill", "crash", ()),
    pytest.param("hang", "timeout", ("--max-time=1",), marks=pytest.mark.slow)])
def test_a_bad_part_costs_itself_only(tree, rules, word, reason, options):
    bad = archives.zip_({"good": CANARY + noise(40_000), "bad": b"SWEEPER-FAULT:%s\n" % word.encode(),
                         "behind": CANARY})
    members = list(nested(8))
    members.insert(7, ("bad.zip", bad))
    (tree / "box.tar").write_bytes(tar_of(members))
    clean = [("part.zip", inner(1))] * 2
    (tree / "other.tar").write_bytes(tar_of(clean))
    results = [sweep.scan("--no-builtin-rules", "--rules", rules, f"-j{threads}", *options, tree,
                          binary=sweep.FAULTY, timeout=120) for threads in (1, 4)]
    for result in results:
        (gap,) = result.gaps
        assert gap["reason"] == reason
        assert gap["locator"] == os.fspath(tree / "box.tar") + "!bad.zip!bad"
    assert sorted(f["locator"] for f in results[0].findings) == sorted(
        f["locator"] for f in results[1].findings)


@pytest.mark.plain
@pytest.mark.skipif(sweep.CPUS < 2, reason="one processor")
def test_two_workers_share_one_file(tree, rules):
    """Both have used the processor: the second is not idle while the first works."""
    part = archives.zip_({f"f{number}": noise(200_000) for number in range(20)})
    (tree / "box.tar").write_bytes(tar_of((f"part{number}.zip", part) for number in range(40)))
    process = sweep.start(["scan", "--no-builtin-rules", "--rules", rules, "-j2", tree / "box.tar"])
    spent = {}
    while process.poll() is None:
        time.sleep(0.05)
        for pid in sweep.children(process.pid):
            try:
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/stat") as file:
                        spent[task] = int(file.read().rsplit(")", 1)[1].split()[11])
            except OSError:
                pass
    sweep.end(process, timeout=60)
    first, second = sorted(spent.values())[-1:-3:-1]
    assert second > first / 3, spent


def test_a_large_file_is_read_by_all_threads(tree, scan):
    """Those who have nothing to do look through a part of it; what stands where two of them
    meet is found."""
    mib, head = 1 << 20, 1 << 20
    content = bytearray(random_text.randbytes(24 * mib))
    places = [0, head - 5, head + 5 * mib, head + 2 * mib - 7, head + 8 * mib - 1, len(content) - len(CANARY)]
    for at in places:
        content[at:at + len(CANARY)] = CANARY
    path = tree / "large"
    path.write_bytes(content)
    result = same_with_all_threads(scan, path)
    assert sorted(match["offset"] for match in result.findings[0]["matches"]) == sorted(places)
    # Full of it, so that all of it is searched.
    path.write_bytes((CANARY + bytes(8000)) * 3000)
    assert same_with_all_threads(scan, path).findings[0]["match_count"] == 3000
