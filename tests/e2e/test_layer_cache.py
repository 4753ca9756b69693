# SPDX-License-Identifier: Apache-2.0
"""--layer-cache: layers that were swept are not read again, and nothing else changes."""

import base64
import errno
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time

import pytest

import images
import sweep
from images import Layout, canary, layer, needs

PACKED = layer([("in/", None), ("in/x.txt", base64.b64encode(canary("packed") * 3))])
TARS = [layer([("etc/", None), ("etc/a", canary("a"))]),
        layer([("etc/b", canary("b")), ("etc/.wh.a", b"")]),
        layer([("app/", None), ("app/c.tar", PACKED), ("app/!d%", canary("d"))])]
MAGIC = b"sweeper layer cache 1\n"


@pytest.fixture
def cached(place, scan):
    def call(*args, **keywords):
        return scan("--layer-cache", place / "cache", *args, **keywords)

    return call


def layout(place, *tars, **more):
    place.mkdir(parents=True)
    return Layout(place).image(*tars, **more)


def counts(result):
    return result.end["layer_cache"]["used"], result.end["layer_cache"]["stored"]


def plain(result):
    """The findings, without the mark of those that were not read."""
    rows = []
    for finding in result.findings:
        finding = json.loads(json.dumps(finding))
        for hop in finding["chain"]:
            hop.get("layer", {}).pop("cached", None)
        rows.append(json.dumps(finding, sort_keys=True))
    return sorted(rows)


def marks(result):
    return [hop["layer"].get("cached", False) for finding in result.findings
            for hop in finding["chain"] if "layer" in hop]


def entries(place):
    return sorted(p for p in (place / "cache").rglob("*") if p.is_file())


def forged(path, content):
    """An entry with everything right but what it says."""
    context, key = path.parent.name.encode(), path.name.encode()
    checksum = hashlib.sha256(context + key + content).hexdigest().encode()
    path.write_bytes(MAGIC + checksum + b"\n" + bytes(byte ^ 0xA5 for byte in content))


def same_again(cached, scan, target, layers, first=None):
    """Swept without a cache, with it (`first`: what is used and stored then), and again."""
    fresh = scan(target)
    one = cached(target)
    assert counts(one) == (first or (0, layers))
    two = cached(target)
    assert counts(two) == (layers, 0)
    assert marks(two) and all(marks(two))
    assert plain(fresh) == plain(one) == plain(two)
    assert fresh.gaps == one.gaps == two.gaps == []
    assert fresh.code == one.code == two.code
    return two


def test_wherever_it_lies(place, cached, scan):
    app = layout(place / "app", *TARS)
    second = same_again(cached, scan, app, 3)
    assert second.end["members"]["scanned"] == 0
    assert not any(marks(scan(app)))
    assert (place / "cache").stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in entries(place))
    # A sweep that comes by it finds nothing in it.
    assert scan(place / "cache").findings == []
    # The directory does not count, but where it does.
    shutil.copytree(app, place / "deep/er/b")
    same_again(cached, scan, place / "deep/er/b", 3, (3, 0))
    shutil.copytree(app, place / "node_modules/b")
    same_again(cached, scan, place / "node_modules/b", 3)
    # Nor does the archive's name, or what the tar says of time.
    same_again(cached, scan, images.archive(app, place / "app.tar"), 3)
    os.utime(next((app / "blobs/sha256").iterdir()), (1, 1))
    same_again(cached, scan, images.archive(app, place / "other.tar", prefix="x/y"), 3, (3, 0))


@needs("umoci", "skopeo")
def test_by_other_tools(place, cached, scan):
    app = images.umoci_image(place, images.random_layers(5, 5))
    images.skopeo(f"oci:{app}:app", f"docker-archive:{place}/docker.tar:app:1")
    layers = len(json.loads(subprocess.run(
        ["skopeo", "inspect", f"oci:{app}:app"], capture_output=True).stdout)["Layers"])
    same_again(cached, scan, app, layers)
    same_again(cached, scan, place / "docker.tar", layers)


def test_only_new_layers_are_read(place, cached):
    base = layout(place / "base", *TARS[:2])
    assert counts(cached(base)) == (0, 2)
    app = layout(place / "app", *TARS)
    result = cached("--base", base, app)
    assert counts(result) == (2, 1)
    rows = {f["chain"][-1]["name"]: (h["layer"]["visible"], h["layer"].get("cached", False))
            for f in result.findings for h in f["chain"] if "layer" in h}
    assert rows == {"etc/a": (False, True), "etc/b": (True, True), "app/!d%": (True, False),
                    "base64@0": (True, False)}
    assert result.end["bases"] == {"inherited": 2, "added": 2}


def test_other_rules_or_limits(place, cached, rules, scan):
    app = layout(place / "app", *TARS)
    assert counts(cached(app)) == (0, 3)
    assert counts(cached("-j", "1", app)) == (3, 0)
    for more in (["--max-depth", "9"], ["--password", "x"], ["--no-decode"]):
        assert counts(cached(*more, app)) == (0, 3), more
    # What asks for paths makes the place count.
    shutil.copytree(app, place / "elsewhere")
    entry = {"id": "SWI-TEST-001", "type": "path", "title": "a path", "stage": "1", "severity": "high",
             "confidence": "high", "source": ["A"], "platform": "any",
             "pattern": "elsewhere/blobs/sha256/*/*/etc/a"}
    indicators = place / "test.json"
    indicators.write_text(json.dumps({"schema": "1.0", "family": "test", "sources": {"A": "the tests"},
                                      "entries": [entry]}))
    rules.write_text(rules.read_text() + "rule More { condition: false }\n")
    for more in (["--indicators", indicators], []):
        if not more:
            rules.write_text(rules.read_text() + 'rule Place { condition: filepath contains "app" }\n')
        first, second = cached(*more, app), cached(*more, place / "elsewhere")
        assert counts(first) == counts(second) == (0, 3)
        assert plain(second) == plain(scan(*more, place / "elsewhere"))
        assert bool(more) == ("path" in {finding["kind"] for finding in second.findings})
    rules.write_text('import "time"\n' + rules.read_text())
    late = cached(app)
    assert counts(late) == (0, 0) and "what time it is" in late.stderr


def test_other_content_under_the_same_name(place, cached, scan):
    app = layout(place / "app", *TARS)
    cached(app)
    other = layout(place / "other", layer([("etc/evil", canary("evil"))]))
    blobs = sorted((app / "blobs/sha256").iterdir(), key=lambda p: p.read_bytes()[:2] != b"\x1f\x8b")
    evil = [p for p in (other / "blobs/sha256").iterdir() if p.read_bytes()[:2] == b"\x1f\x8b"]
    blobs[0].write_bytes(evil[0].read_bytes())
    shutil.rmtree(other)
    result = cached(app)
    assert counts(result)[0] == 2
    assert "image_blob_digest" in {f["rule"]["name"] for f in result.findings}
    assert any(f["locator"].endswith("etc/evil") for f in result.findings)
    assert plain(result) == plain(scan(app))


def test_what_lacks_something_is_not_kept(place, cached):
    app = layout(place / "app", TARS[0], TARS[1][:700],
                 layer([("x", b"SWEEPER-FAULT:segv\n"), ("y", canary("y"))]))
    for used in (0, 1):
        result = cached(app, binary=sweep.FAULTY, env=sweep.QUIET)
        assert {"crash", "truncated"} <= {gap["reason"] for gap in result.gaps}
        assert {f["chain"][-1]["name"] for f in result.findings} >= {"y", "etc/a"}
        assert result.end["layer_cache"]["used"] <= used
    assert len(entries(place)) <= 1


def test_damaged_entries(place, cached, scan):
    app = layout(place / "app", *[layer([(f"f{i}", canary(i))]) for i in range(9)])
    cached(app)
    cut, flipped, empty, swapped, foreign, linked, folder, fifo, whole = entries(place)
    data = flipped.read_bytes()
    flipped.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
    cut.write_bytes(cut.read_bytes()[:-1])
    empty.write_bytes(b"")
    swapped.write_bytes(whole.read_bytes())
    foreign.chmod(0o666)
    linked.rename(place / "moved")
    linked.symlink_to(place / "moved")
    folder.unlink()
    folder.mkdir()
    fifo.unlink()
    os.mkfifo(fifo)
    result = cached(app)
    assert result.stderr.count("an entry is damaged") == 1, result.stderr
    assert result.stderr.count("is not kept") == 1, result.stderr  # the folder
    assert counts(result) == (1, 7)
    assert result.gaps == []
    assert plain(result) == plain(scan(app))
    assert counts(cached(app)) == (8, 0)


def test_entries_that_lie(place, cached):
    """With a checksum that fits: what they say is checked like what an engine says."""
    app = layout(place / "app", *TARS)
    cached(app)
    one, two, three = entries(place)
    forged(one, b"\x02" + b"\0" * 8)
    forged(two, b"")
    forged(three, b"\x01\0\0\0\0\2\0\0\0{}")
    result = cached(app)
    assert result.code != sweep.EXIT_CLEAN
    assert [gap["reason"] for gap in result.gaps].count("io_error") == 3, str(result)
    assert result.engine_deaths == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_where_nothing_can_be_kept(place, cached, scan):
    app = layout(place / "app", *[layer([(f"f{i}", canary(i))]) for i in range(8)])
    fresh = plain(scan(app))
    absent = scan("--layer-cache", place / "absent/cache", app)
    assert os.strerror(errno.ENOENT) in absent.stderr
    (place / "cache").mkdir()
    (place / "cache").chmod(0o777)
    others = cached(app)
    assert "others may write to it" in others.stderr
    assert entries(place) == []
    (place / "cache").chmod(0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "none", place / "cache"]
    if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        full = cached(app)
        assert full.stderr.count("is not kept") == 1, full.stderr
        assert not [p for p in entries(place) if p.name.startswith(".new-")]
        subprocess.run(["mount", "-o", "remount,ro", place / "cache"], check=True)
        sealed = cached(app)
        assert 0 < counts(full)[1] < 8
        assert counts(sealed) == (counts(full)[1], 0)
    finally:
        subprocess.run(["umount", place / "cache"], check=True)
    for result in (absent, others, full, sealed):
        assert plain(result) == fresh
        assert result.gaps == []


def test_two_at_once_and_one_is_killed(place, cached, rules, scan):
    app = layout(place / "app", *[layer([(f"f{i}", canary(i) + os.urandom(100000))])
                                  for i in range(30)])
    command = [sweep.SWEEPER, "scan", "--no-builtin-rules", "--rules", rules, "-j", "1",
               "--layer-cache", place / "cache", app]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30 * sweep.PATIENCE
    while len(entries(place)) < 3 and time.monotonic() < until and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    process.wait()
    leftover = next(p for p in entries(place)).parent / ".new-1-1"
    leftover.write_bytes(b"x")
    results = [None, None]

    def run(i):
        results[i] = cached(app)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert plain(results[0]) == plain(results[1]) == plain(scan(app))
    assert results[0].gaps == results[1].gaps == []
    assert all(sum(counts(result)) == 30 for result in results)
    assert min(counts(result)[0] for result in results) >= 1
    assert not leftover.exists()
    assert counts(cached(app)) == (30, 0)


def store_of_docker():
    """Files of a store of dockerd, with an image of one layer."""
    diff, cache = "sha256:" + "d" * 64, "c" * 64
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [diff]}})
    image = hashlib.sha256(config.encode()).hexdigest()
    names = {"Repositories": {"app": {"app:1": "sha256:" + image}}}
    top = "var/lib/docker/image/overlay2"
    return [(f"{top}/layerdb/sha256/{'d' * 64}/cache-id", cache.encode()),
            (f"{top}/layerdb/sha256/{'d' * 64}/diff", diff.encode()),
            (f"{top}/imagedb/content/sha256/{image}", config.encode()),
            (f"{top}/repositories.json", json.dumps(names).encode()),
            (f"var/lib/docker/overlay2/{cache}/diff/own", canary("own"))]


def test_what_lies_in_a_layer(place, cached, scan):
    """An image and a store in a layer. What is kept of the outer layer has all of the inner
    ones, also when those were not read for it."""
    inner = layout(place / "inner", *TARS)
    rows = [(f"img/{path.relative_to(inner).as_posix()}", path.read_bytes())
            for path in sorted(inner.rglob("*")) if path.is_file()]
    shutil.rmtree(inner)
    first = layout(place / "app", layer([*rows, *store_of_docker()]))
    result = same_again(cached, scan, first, 1, (0, 4))
    assert [h["store"]["images"][0]["references"] for f in result.findings for h in f["chain"]
            if "store" in h] == [["app:1"]]
    other = layout(place / "other", layer([*rows, ("more", canary("more"))]))
    fresh = scan(other)
    second = cached(other)
    third = cached(other)
    assert (counts(second), counts(third)) == ((3, 1), (1, 0))
    assert plain(fresh) == plain(second) == plain(third)
    assert all(marks(third))
