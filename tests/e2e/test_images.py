# SPDX-License-Identifier: Apache-2.0
"""Container images: every form of one tells the same, each layer is accountable,
and hostile ones cost a record each."""

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import tarfile
import zipfile

import pytest

import images
import sweep
import test_memory
from images import CANARY, Layout, canary, layer, needs


def in_layers(result):
    """Findings that lie in a layer's tar, with what is said of that layer."""
    for finding in result.findings:
        for at, hop in enumerate(finding["chain"]):
            if "layer" in hop:
                inside = [h for h in finding["chain"][at + 1:] if h["kind"] == "tar"]
                if inside:
                    yield finding, hop["layer"], inside[0]["name"]
                break


def told(result):
    """{(index, path): layer}"""
    found = {}
    for _, told_of, path in in_layers(result):
        key = (told_of["index"], os.path.normpath(path))
        assert key not in found, f"told twice: {key}"
        found[key] = told_of
    return found


def ids(result):
    return sorted({finding["id"] for finding, _, _ in in_layers(result)})


# --- forms ------------------------------------------------------------------------------------

def wheel():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bad-1.0.dist-info/METADATA", "Name: bad\nVersion: 1.0\n")
        file.writestr("bad/__init__.py", b"#" * 1000 + canary("in a wheel"))
    return out.getvalue()


STEPS = [
    [("./", None), ("./app/", None), ("./app/bad-1.0-py3-none-any.whl", wheel()),
     ("./app/kept", canary("kept")), ("./app/lib/", None), ("./app/lib/x", canary("x"))],
    [("app/.wh.bad-1.0-py3-none-any.whl", b""), ("app/new", canary("new"))],
    [("app/lib/", None), ("app/lib/.wh..wh..opq", b""), ("app/lib/y", canary("y")),
     ("app/kept", b"harmless\n")],
]


@needs("umoci", "skopeo")
def test_every_form_tells_the_same(place, scan):
    layout = images.umoci_image(place, [layer(step) for step in STEPS])
    images.skopeo(f"oci:{layout}:app", f"docker-archive:{place}/docker.tar:app:1")
    images.skopeo(f"oci:{layout}:app", f"oci-archive:{place}/oci.tar:app")
    images.skopeo(f"oci:{layout}:app", f"oci:{place}/zstd:app", "--dest-compress-format", "zstd",
                  "--dest-compress")
    images.archive(layout, place / "dotted.tar.gz", "w:gz")
    with open(place / "docker.tar", "rb") as file, gzip.open(place / "docker.tar.gz", "wb") as out:
        shutil.copyfileobj(file, out)
    with tarfile.open(place / "docker.tar") as tar:
        tar.extractall(place / "directory")
    forms = {"layout": "oci-layout", "zstd": "oci-layout", "docker.tar": "docker-archive",
             "docker.tar.gz": "docker-archive", "oci.tar": "oci-archive",
             "dotted.tar.gz": "oci-archive", "directory": "docker-directory"}
    results = {name: scan(place / name) for name in forms}
    for name, result in results.items():
        assert result.gaps == [], str(result)
        assert ids(result) == ids(results["layout"]), name
        rows = told(result)
        assert {key: row["visible"] for key, row in rows.items()} == {
            (0, "app/bad-1.0-py3-none-any.whl"): False, (0, "app/kept"): False,
            (0, "app/lib/x"): False, (1, "app/new"): True, (2, "app/lib/y"): True}, name
        gone = rows[0, "app/bad-1.0-py3-none-any.whl"]
        assert gone["removed_by"]["index"] == 1
        assert gone["removed_by"]["history"] == "RUN step 1"
        assert gone["history"] == "RUN step 0"
        assert rows[0, "app/kept"]["replaced_by"]["index"] == 2
        assert rows[0, "app/lib/x"]["removed_by"]["index"] == 2
        for finding, row, _ in in_layers(result):
            told_of = finding["chain"][0]["image"]
            assert told_of["form"] == forms[name], name
            assert told_of["part"] == "layer"
            assert row["layers"] == 3
    # A layer of skopeo's docker-archives is there as a file and as a link to it: once.
    assert len(list(in_layers(results["docker.tar"]))) == len(ids(results["docker.tar"]))


@needs("umoci")
def test_any_number_of_threads(place, scan):
    layout = images.umoci_image(place, images.random_layers(99, 12))
    images.archive(layout, place / "a.tar", prefix="")
    for target in (layout, place / "a.tar"):
        sets = [sorted(json.dumps(f, sort_keys=True) for f in scan("-j", n, target).findings)
                for n in (("1", "4") if sweep.LEAN else ("1", "2", "4"))]
        assert sets[0] and all(one == sets[0] for one in sets)


@needs("buildah")
def test_a_wheel_that_a_later_step_removes(place, scan):
    call = images.buildah(place)
    tree = place / "context"
    tree.mkdir()
    (tree / "bad-1.0-py3-none-any.whl").write_bytes(wheel())
    container = call("from", "scratch")
    call("copy", container, tree, "/app")
    call("config", "--history-comment", "first", container)
    call("commit", "-q", container, "one")
    second = call("from", "one")
    mounted = call("mount", second)
    os.unlink(f"{mounted}/app/bad-1.0-py3-none-any.whl")
    with open(f"{mounted}/app/clean", "w", encoding="ascii") as file:
        file.write("clean\n")
    call("umount", second)
    call("commit", "-q", second, "two")
    call("push", "-q", "two", f"oci:{place}/out:two")
    call("push", "-q", "two", f"docker-archive:{place}/out.tar:two:1")
    for target in ("out", "out.tar"):
        result = scan(place / target)
        ((finding, told_of, path),) = in_layers(result)
        assert result.gaps == []
        assert path == "app/bad-1.0-py3-none-any.whl"
        assert (told_of["index"], told_of["layers"], told_of["visible"]) == (0, 2, False)
        assert told_of["removed_by"]["index"] == 1
        assert finding["chain"][-1]["package"]["name"] == "bad"
        assert result.code == sweep.EXIT_FINDINGS


@needs("umoci", "buildah")
def test_two_platforms(place, scan):
    call = images.buildah(place)
    first, second = place / "first", place / "second"
    first.mkdir()
    second.mkdir()
    one = images.umoci_image(first, [layer([("common", canary("c"))]), layer([("arm", canary("a"))])])
    two = images.umoci_image(second, [layer([("common", canary("c"))]), layer([("amd", canary("b"))])])
    call("manifest", "create", "list")
    call("manifest", "add", "--os", "linux", "--arch", "arm64", "list", f"oci:{one}:app")
    call("manifest", "add", "--os", "linux", "--arch", "amd64", "list", f"oci:{two}:app")
    call("manifest", "push", "-q", "--all", "list", f"oci:{place}/both:list")
    result = scan(place / "both")
    rows = told(result)
    assert rows.keys() == {(0, "common"), (1, "arm"), (1, "amd")}
    assert rows[0, "common"]["image_count"] == 2
    assert {row["platform"] for row in rows[0, "common"]["images"]} == {"linux/arm64", "linux/amd64"}
    assert [row["platform"] for row in rows[1, "arm"]["images"]] == ["linux/arm64"]
    for finding, _, _ in in_layers(result):
        assert finding["chain"][0]["image"]["references"] == ["list"]
    result = scan("--platform", "linux/amd64", place / "both")
    assert told(result).keys() == {(0, "common"), (1, "amd")}
    assert sweep.excluded(result)["other_platform"] > 0
    assert [row["platform"] for row in told(result)[0, "common"]["images"]] == ["linux/amd64"]
    result = scan("--platform", "windows/amd64", place / "both")
    assert told(result) == {} and reasons(result) == ["missing_part"]
    assert result.code == sweep.EXIT_GAPS
    for text in ("amd64", "linux/", "/amd64", "linux//v8", "Linux/amd64", "a/b/c/d"):
        assert scan("--platform", text, place, records=False).code == sweep.EXIT_USAGE, text


# --- what is visible ----------------------------------------------------------------------------

@needs("umoci")
@pytest.mark.parametrize("seed", range(3 if sweep.LEAN else 12))
def test_visible_is_what_umoci_unpacks(place, scan, seed):
    layout = images.umoci_image(place, images.random_layers(seed))
    files = images.unpacked(place, layout)
    result = scan(layout)
    assert result.gaps == [], str(result)
    visible = 0
    for finding, told_of, path in in_layers(result):
        there = files.get(os.path.normpath(path)) == finding["object"]["sha256"]
        assert told_of["visible"] is there, f"{path} of layer {told_of['index']}"
        visible += there
    # And all that is there was told.
    assert visible == len(files)


@needs("umoci")
def test_files_and_folders_take_turns(place, scan):
    layout = images.umoci_image(place, [
        layer([("./a/", None), ("./a/b/", None), ("./a/b/c", canary("deep")), ("./k", canary("k"))]),
        layer([("a/b", canary("file"))]),
        layer([("a/b/", None), ("a/b/c", canary("again")), ("link", ("k",))]),
        layer([(".wh.nothing", b""), ("x/.wh.nothing", b"")]),
    ])
    files = images.unpacked(place, layout)
    result = scan(layout)
    assert {key: row["visible"] for key, row in told(result).items()} == {
        (0, "a/b/c"): False, (0, "k"): True, (1, "a/b"): False, (2, "a/b/c"): True}
    assert set(files) == {"a/b/c", "k", "link"}


@needs("umoci")
def test_hard_links_are_names_of_the_same_content(place, scan):
    """What is there in the finished image, under whatever name."""
    one, two, three, four, five = (canary("content", i) for i in range(5))
    layout = images.umoci_image(place, [layer(images.with_folders(step)) for step in (
        [("1/a", one), ("2/a", two), ("2/d/b", ("2/a",)), ("3/a", three), ("4/a", four), ("5/a", five)],
        [("1/b", ("1/a",)), ("3/b", ("./3/a",)), ("3/.wh.a", b""), ("4/b", ("4/a",))],
        [("1/.wh.a", b""), ("2/.wh.a", b""), ("3/c", ("3/b",)), ("3/.wh.b", b""), ("4/a", b"new"),
         ("5/a", b"other"), ("5/b", ("5/a",))],
        [("2/.wh.d", b""), ("4/a", ("4/b",)), ("4/.wh.b", b"")],
    )])
    files = images.unpacked(place, layout)
    rows = {}
    for finding, told_of, path in in_layers(scan(layout)):
        assert told_of["visible"] is (finding["object"]["sha256"] in files.values()), path
        rows[path] = (told_of["visible"], told_of.get("visible_as"),
                      [told_of[name]["index"] for name in ("removed_by", "replaced_by") if name in told_of])
    assert rows == {"1/a": (True, "1/b", [2]), "2/a": (False, None, [2]), "3/a": (True, "3/c", [1]),
                    "4/a": (True, "4/a", [2]), "5/a": (False, None, [2])}


def test_layers_without_members(place, scan):
    """Zeros, packed or not: no format knows them, and yet nothing is unknown."""
    layout = Layout(place / "layout")
    tars = [layer([("a", canary("a"))]), bytes(1024), bytes(10240), b""]
    layout.index([layout.manifest(layout.config(tars), [
        layout.layer(one, pack=one != tars[2]) for one in tars])])
    result = scan(layout.path)
    assert [row["visible"] for row in told(result).values()] == [True]
    assert result.gaps == [] and integrity(result) == []


def test_what_stands_in_a_whiteout(place, scan):
    """It is shipped, and never there."""
    layout = Layout(place / "layout")
    result = scan(layout.image(layer([(".wh.a", canary("a")), ("d/", None), ("d/.wh..wh..opq", canary("o"))])))
    assert [(row["visible"], "removed_by" in row) for row in told(result).values()] == [(False, False)] * 2
    text = scan("-o", "text", layout.path, records=False).stdout.decode()
    assert "not visible: it has the name of a whiteout" in text


# --- hostile ------------------------------------------------------------------------------------

def reasons(result):
    return sorted(gap["reason"] for gap in result.gaps)


def integrity(result):
    return sorted(f["rule"]["name"] for f in result.findings if f["kind"] == "integrity")


@pytest.mark.parametrize("packed", [False, True])
def test_parts_that_are_not_there(place, scan, packed):
    layout = Layout(place / "layout")
    tars = [layer([("a", canary("a"))]), layer([("b", b"b")])]
    layers = [layout.layer(one) for one in tars]
    layout.index([layout.manifest(layout.config(tars), layers),
                  {"digest": "sha256:" + "1" * 64, "size": 3}])
    (layout.path / "blobs/sha256" / layers[1]["digest"][7:]).unlink()
    target = images.archive(layout.path, place / "a.tar") if packed else layout.path
    result = scan(target)
    assert reasons(result) == ["missing_part", "missing_part"]
    details = " ".join(gap["detail"] for gap in result.gaps)
    assert "1" * 64 in details and layers[1]["digest"] in details
    (row,) = told(result).values()
    assert row["visible"] is None


@pytest.mark.parametrize("packed", [False, True])
def test_wrong_digests(place, scan, packed):
    layout = Layout(place / "layout")
    tars = [layer([("a", canary("a"))]), layer([("b", canary("b"))])]
    layers = [layout.layer(tars[0], name="2" * 64), layout.layer(tars[1])]
    config = layout.config([tars[0], layer([("other", b"")])])
    layout.index([layout.manifest(config, layers)])
    target = images.archive(layout.path, place / "a.tar") if packed else layout.path
    result = scan(target)
    assert integrity(result) == ["image_blob_digest", "image_layer_diff_id"]
    assert {f["severity"] for f in result.findings if f["kind"] == "integrity"} == {"high"}
    # And what is in them is looked at all the same.
    assert {key[1] for key in told(result)} == {"a", "b"}
    assert result.gaps == []


def large(layout, size):
    """A blob that begins like JSON, and takes no room on the disk."""
    path = layout.path / "large"
    with open(path, "wb") as file:
        file.write(b"{")
        file.truncate(size)
    digest = hashlib.sha256(b"{" + bytes((1 << 20) - 1))
    for _ in range((size >> 20) - 1):
        digest.update(bytes(1 << 20))
    path.rename(layout.path / "blobs/sha256" / digest.hexdigest())
    return {"digest": f"sha256:{digest.hexdigest()}", "size": size}


def test_a_configuration_that_is_none(place, scan):
    for number, data in enumerate([b"no JSON", b'{"rootfs": [', b"{" + b" " * (1 << 20) + b"}", None]):
        layout = Layout(place / f"layout{number}")
        one = layer([("a", canary("a"))])
        config = {"mediaType": "application/vnd.oci.image.config.v1+json",
                  **(layout.blob(data) if data is not None else large(layout, 200 << 20))}
        layout.index([layout.manifest(config, [layout.layer(one)])])
        result = scan(layout.path)
        assert reasons(result) == ["limit_memory" if data is None else "damaged"], number
        (row,) = told(result).values()
        assert row["visible"] is True and row["history"] is None


def test_circles_and_depth(place, scan):
    layout = Layout(place / "circle")
    first, second = "3" * 64, "4" * 64
    layout.nested([{"digest": f"sha256:{second}", "size": 1}], name=first)
    layout.nested([{"digest": f"sha256:{first}", "size": 1}], name=second)
    layout.index([{"digest": f"sha256:{first}", "size": 1}])
    result = scan(layout.path)
    assert reasons(result) == ["limit_depth"]
    assert integrity(result) == ["image_blob_digest", "image_blob_digest"]

    layout = Layout(place / "deep")
    one = layer([("a", canary("a"))])
    below = layout.manifest(layout.config([one]), [layout.layer(one)])
    for _ in range(1000 if sweep.LEAN else 10000):
        below = layout.nested([below])
    layout.index([below])
    result = scan(layout.path)
    assert reasons(result) == ["limit_depth"]
    ((_, row),) = told(result).items()
    assert row["visible"] is True
    assert integrity(result) == []


def test_names_that_go_elsewhere(place, scan):
    layout = Layout(place / "layout")
    tars = [layer([("../../etc/a", canary("a")), ("/abs/b", canary("b")), ("x/../c", canary("c"))]),
            layer([("etc/.wh.a", b""), ("abs/.wh.b", b""), (".wh.c", b"")])]
    layout.image(*tars)
    rows = {path: row["visible"] for (_, path), row in told(scan(layout.path)).items()}
    assert rows == {"../../etc/a": False, "/abs/b": False, "c": False}


def test_names_that_no_path_can_have(place, scan):
    """And so is nothing known of what became of them; what else is there is looked at."""
    layout = Layout(place / "layout")
    layout.image(layer([("d" * 5000, canary("long")), ("e/" * 600 + "f", canary("deep")), ("g", canary("g"))]),
                 layer([("h", b"")]))
    result = scan(layout.path)
    assert result.gaps == [] and integrity(result) == ["member_name_too_long"]
    assert sorted((len(path) > 100, row["visible"]) for (_, path), row in told(result).items()) == [
        (False, True), (True, None), (True, None)]


def test_images_that_lie_in_images(place, scan):
    """Each layer on the way is told of."""
    saved = io.BytesIO()
    tars = [layer([("a", canary("inner"))]), layer([(".wh.a", b"")])]
    digests = [hashlib.sha256(one).hexdigest() for one in tars]
    config = json.dumps({"os": "linux", "rootfs": {"diff_ids": ["sha256:" + one for one in digests]}}).encode()
    parts = [(f"{digests[0]}/layer.tar", tars[0]), (f"{digests[1]}/layer.tar", tars[1]), ("8" * 64 + ".json", config),
             ("manifest.json", json.dumps([{"Config": "8" * 64 + ".json", "RepoTags": ["in:1"],
                                            "Layers": [f"{one}/layer.tar" for one in digests]}]).encode())]
    with tarfile.open(fileobj=saved, mode="w") as tar:
        for name, data in parts:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    layout = Layout(place / "layout")
    result = scan(layout.image(layer([("in.tar.gz", gzip.compress(saved.getvalue()))]), layer([("x", b"x")])))
    (finding,) = [f for f in result.findings if f["chain"][-1]["name"] == "a"]
    rows = [hop["layer"] for hop in finding["chain"] if "layer" in hop]
    assert [(row["index"], row["layers"], row["visible"]) for row in rows] == [(0, 2, True), (0, 2, False)]
    assert rows[1]["images"][0]["references"] == ["in:1"] and rows[1]["removed_by"]["index"] == 1
    assert result.gaps == []


def test_names_of_parts_are_only_names(place, scan):
    (place / "secret").write_bytes(layer([("a", canary("a"))]))
    with tarfile.open(place / "a.tar", "w") as tar:
        for name, data in [("manifest.json", json.dumps([{
                "Config": "../../../etc/passwd", "RepoTags": ["a:\x1b[2J"],
                "Layers": ["../secret", "/etc/shadow", "5" * 64 + "/layer.tar"]}]).encode()),
                           ("5" * 64 + "/layer.tar", layer([("a", canary("a"))]))]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    result = scan(place / "a.tar")
    assert reasons(result) == ["missing_part"]
    assert "\x1b" not in result.stdout.decode()
    ((finding, row, _),) = in_layers(result)
    assert row["index"] == 2 and row["visible"] is True
    assert finding["chain"][0]["image"]["references"] == ["a:\\x1b[2J"]


def test_entries_twice(place, scan):
    layout = Layout(place / "layout")
    one = layer([("a", canary("a")), ("a", canary("second")), (".wh.none", b""), (".wh.none", b"")])
    path = layout.image(one)
    result = scan(path)
    assert len(list(in_layers(result))) == 2
    assert all(row["visible"] for _, row, _ in in_layers(result))
    # And a blob twice in one archive: the one that is what its name says.
    target = images.archive(path, place / "a.tar", prefix="")
    name = json.loads((path / "index.json").read_text())["manifests"][0]["digest"][7:]
    with tarfile.open(target, "a") as tar:
        info = tarfile.TarInfo(f"blobs/sha256/{name}")
        info.size = 2
        tar.addfile(info, io.BytesIO(b"{}"))
    result = scan(target)
    assert integrity(result) == ["image_blob_digest"]
    assert len(list(in_layers(result))) == 2


def test_counts_that_differ(place, scan):
    layout = Layout(place / "layout")
    tars = [layer([("a", canary("a"))]), layer([("b", canary("b"))])]
    layout.index([layout.manifest(layout.config(tars[:1]), [layout.layer(one) for one in tars])])
    result = scan(layout.path)
    assert reasons(result) == ["damaged"]
    assert {row["visible"] for row in told(result).values()} == {True}


def test_a_layer_in_many_images(place, scan):
    layout = Layout(place / "layout")
    shared = layer([("a", canary("a"))])
    stored = layout.layer(shared)
    rows = []
    for i in range(100):
        own = layer([(f"own{i}", b"x")] + ([(".wh.a", b"")] if i % 2 else []))
        rows.append({**layout.manifest(layout.config([shared, own]), [stored, layout.layer(own)]),
                     "annotations": {"org.opencontainers.image.ref.name": f"tag{i:03}"}})
    layout.index(rows)
    result = scan(layout.path)
    ((finding, row, _),) = in_layers(result)
    assert row["image_count"] == 100 and len(row["images"]) == 16
    assert row["visible"] is True
    assert finding["chain"][0]["image"]["references"] == ["tag000"]
    assert [one["visible"] for one in row["images"]] == [True, False] * 8


def test_other_things_are_left_alone(place, scan):
    """Files that have such names, and are no parts of images."""
    tree = place / "tree"
    (tree / "a").mkdir(parents=True)
    (tree / "a/manifest.json").write_text('{"name": "x", "v": "%s"}' % CANARY.decode())
    (tree / "a/index.json").write_text("{")
    (tree / ("6" * 64 + ".json")).write_bytes(CANARY)
    with tarfile.open(tree / ("7" * 64 + ".tar"), "w") as tar:
        info = tarfile.TarInfo("etc/x")
        info.size = len(CANARY)
        tar.addfile(info, io.BytesIO(CANARY))
    result = scan(tree)
    assert result.gaps == []
    assert not any("image" in hop or "layer" in hop
                   for finding in result.findings for hop in finding["chain"])
    assert len(result.findings) == 4


def test_a_file_with_two_names(place, scan):
    layout = Layout(place / "one")
    path = layout.image(layer([("a", canary("a"))]))
    shutil.copytree(path, place / "two", copy_function=os.link)
    images.archive(path, place / "a.tar")
    os.link(place / "a.tar", place / "b.tar")
    result = scan("--exclude", "*.yar", place)
    found = list(in_layers(result))
    assert len(found) == 4
    assert len({finding["id"] for finding, _, _ in found}) == 1
    assert all("image" in finding["chain"][0] for finding, _, _ in found)


def test_what_people_read(place, scan):
    layout = Layout(place / "layout")
    tars = [layer([("a", canary("a"))]), layer([(".wh.a", b""), ("b", canary("b"))])]
    rows = [layout.layer(one) for one in tars]
    layout.index([{**layout.manifest(layout.config(tars), rows),
                   "annotations": {"org.opencontainers.image.ref.name": "app:1"}}])
    text = scan("-o", "text", layout.path, records=False).stdout.decode()
    assert "layer 1 of 2 of app:1 (linux/amd64): RUN step 0" in text
    assert "shipped with the image, but not visible: removed by layer 2: RUN step 1" in text
    assert "layer 2 of 2 of app:1 (linux/amd64): RUN step 1" in text
    assert "visible in the finished image" in text


# --- an engine that dies, a sweep that ends early -------------------------------------------------

@pytest.mark.parametrize("packed", [False, True])
def test_a_crash_in_a_layer(place, scan, packed):
    layout = Layout(place / "layout")
    layout.image(layer([("a", canary("a")), ("bad", b"SWEEPER-FAULT:segv\n"), ("z", canary("z"))]),
                 layer([(".wh.a", b"")]))
    target = images.archive(layout.path, place / "a.tar") if packed else layout.path
    result = scan(target, binary=sweep.FAULTY)
    assert reasons(result) == ["crash"]
    assert "layer" in result.gaps[0]["chain"][1 if packed else 0]
    # The layer's digest is that of all its bytes, the member that was left out too.
    assert {key[1]: row["visible"] for key, row in told(result).items()} == {"a": False, "z": True}


def test_an_interrupted_sweep_tells_what_waits(place, rules):
    layout = Layout(place / "layout")
    layout.image(layer([("a", canary("a"))]), layer([(".wh.a", b"")]))
    # One thread takes the directories in turn, and 64 files at a time.
    (place / "clean").mkdir()
    (place / "hang").mkdir()
    for i in range(200):
        (place / f"clean/{i}").write_bytes(b"clean")
    (place / "hang/hang").write_bytes(b"SWEEPER-FAULT:hang\n")
    process = sweep.start(["scan", "-j", "1", "--no-builtin-rules", "--rules", rules, layout.path,
                           place / "clean", place / "hang"], binary=sweep.FAULTY)
    sweep.engine_of(process)
    sweep.wait_for(lambda: sweep.quiet(process), 30, "an engine that hangs")
    process.send_signal(signal.SIGINT)
    result = sweep.end(process, timeout=20)
    assert result.code == sweep.EXIT_INTERRUPTED
    (row,) = told(result).values()
    assert row["visible"] is False


# --- size -----------------------------------------------------------------------------------------

def empty_files(target, count):
    """A tar.gz of that many empty files, without holding it."""
    digest = hashlib.sha256()
    size = 0
    with gzip.open(target, "wb", compresslevel=1) as out:
        empty = tarfile.TarInfo("").tobuf(tarfile.USTAR_FORMAT)
        base = sum(empty[:148]) + 8 * 32 + sum(empty[156:])
        for start in range(0, count, 1000):
            part = bytearray()
            for i in range(start, min(start + 1000, count)):
                name = b"d%d/f%d" % (i // 1000, i)
                part += name.ljust(148 - 48, b"\0") + empty[100:148]
                part += b"%06o\0 " % (base + sum(name)) + empty[156:]
            digest.update(part)
            out.write(part)
            size += len(part)
        end = bytes(1024)
        digest.update(end)
        out.write(end)
    return digest.hexdigest()


def many(place, rules, count):
    layout = Layout(place / "layout")
    below = layer([(f"d0/f{5}", canary("covered")), ("d0/other", canary("other"))])
    tar = place / "big.tar.gz"
    diff_id = empty_files(tar, count)
    with open(tar, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest() \
            if hasattr(hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()
    tar.rename(layout.path / "blobs/sha256" / digest)
    config = layout.json({"architecture": "amd64", "os": "linux", "rootfs": {
        "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(below).hexdigest(),
                                       f"sha256:{diff_id}"]}, "history": []})
    layout.index([layout.manifest(
        {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
        [layout.layer(below), {"digest": f"sha256:{digest}", "size": 1}])])
    result, peak, _ = test_memory.measured(
        ["--no-builtin-rules", "--rules", rules, "--max-members", str(count + 10), layout.path], 600)
    print(f"{count} files: {result.seconds:.1f} s, peak {peak >> 20} MiB")
    assert sweep.SANITIZER or peak < 200 << 20, peak
    assert result.gaps == [], str(result)
    assert {key: row["visible"] for key, row in told(result).items()} == {
        (0, "d0/f5"): False, (0, "d0/other"): True}
    assert integrity(result) == []


@pytest.mark.slow
def test_a_layer_of_many_files(place, rules):
    many(place, rules, 500_000)


@pytest.mark.long
def test_a_layer_of_very_many_files(place, rules):
    many(place, rules, 5_000_000)
