# SPDX-License-Identifier: Apache-2.0
"""The stores of container engines on a host: findings in a layer's directory name the
images and containers that have it."""

import hashlib
import json
import os
import shutil
import stat
import tarfile

import pytest

import images
import sweep
from images import canary, needs


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())


def stores(result):
    """{end of the locator: store}, but for what is visible"""
    found = {finding["locator"].rsplit("/", 1)[-1]: hop["store"]
             for finding in result.findings for hop in finding["chain"] if "store" in hop}
    for store in found.values():
        for row in (*store.get("images", ()), *store.get("containers", ())):
            row.pop("visible", None)
    return found


def visible(result):
    """{end of the locator: what each image and container says of it}"""
    return {finding["locator"].rsplit("/", 1)[-1]:
            [[row.get("visible", "not asked") for row in hop["store"][name]]
             for name in ("images", "containers")]
            for finding in result.findings for hop in finding["chain"]
            if "images" in hop.get("store", ())}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


# --- containers/storage -----------------------------------------------------------------------

def buildah(place, driver):
    def call(*args):
        return images.tool("buildah", "--storage-driver", driver, "--root", place / "storage",
                           "--runroot", place / "run", *args).strip()
    return call


def built(place, driver):
    """Two images, the second on the first, and a container of the second."""
    call = buildah(place, driver)
    for i, name in enumerate(("low", "high")):
        (place / name).write_bytes(canary(driver, name))
        container = call("from", "--name", f"build-{name}", "scratch" if i == 0 else "localhost/app:low")
        call("copy", "-q", container, place / name, f"/app/{name}")
        call("commit", "-q", "--disable-compression=false", container, f"localhost/app:{name}")
        call("rm", container)
    call("tag", "localhost/app:high", "registry.example/other:2")
    container = call("from", "--name", "running", "localhost/app:high")
    (place / "own").write_bytes(canary(driver, "own"))
    call("copy", "-q", container, place / "own", "/own")
    ids = {name: call("images", "-q", "--no-trunc", f"localhost/app:{name}").removeprefix("sha256:")
           for name in ("low", "high")}
    return call, ids


@needs("buildah")
@pytest.mark.parametrize("form", ["directory", "tar"])
def test_overlay_by_buildah(place, scan, form):
    try:
        call, ids = built(place, "overlay")
    except AssertionError as error:
        pytest.skip(f"no overlay here: {str(error)[-200:]}")
    target = place / "storage"
    if form == "tar":
        target = place / "host.tar"
        with tarfile.open(target, "w") as tar:
            # What says whose it is comes last.
            names = sorted(os.listdir(place / "storage"), key=lambda name: (name != "overlay", name))
            for name in names:
                tar.add(place / "storage" / name, f"./home/u/.local/share/containers/storage/{name}")
    result = scan(target)
    found = stores(result)
    assert set(found) == {"low", "high", "own"}, str(result)
    (container,) = json.loads((place / "storage/overlay-containers/containers.json").read_text())
    row = {"id": container["id"], "names": ["running"], "image": ids["high"], "reference": None,
           "writable": False}
    low = {"id": ids["low"], "references": ["localhost/app:low"]}
    high = {"id": ids["high"], "references": ["localhost/app:high", "registry.example/other:2"]}
    for image in (low, high):
        image["references"].sort()
    for told in found.values():
        for image in told["images"]:
            image["references"].sort()
    layers = {r["id"]: r.get("parent") for r in
              json.loads((place / "storage/overlay-layers/layers.json").read_text())}
    assert found["own"] == {
        "tool": "containers", "layer": container["layer"], "images": [], "image_count": 0,
        "containers": [{**row, "writable": True}], "container_count": 1}
    assert found["high"] == {
        "tool": "containers", "layer": layers[container["layer"]], "images": [high],
        "image_count": 1, "containers": [row], "container_count": 1}
    assert found["low"] == {
        "tool": "containers", "layer": layers[found["high"]["layer"]],
        "images": sorted([low, high], key=lambda image: image["id"]),
        "image_count": 2, "containers": [row], "container_count": 1}
    # A plain tar is searched as bytes, too.
    assert len(result.findings) == (3 if form == "directory" else 4)
    call("rm", "--all")


@needs("buildah")
def test_vfs_by_buildah(place, scan):
    _, ids = built(place, "vfs")
    result = scan(place / "storage")
    rows = [(f["locator"].rsplit("/", 1)[-1], f["chain"][0]["store"]) for f in result.findings]
    # Each directory holds all of the lower ones, too.
    assert sorted(name for name, _ in rows) == ["high"] * 2 + ["low"] * 3 + ["own"]
    assert {store["tool"] for _, store in rows} == {"containers"}
    ((_, own),) = [row for row in rows if row[0] == "own"]
    assert [c["names"] for c in own["containers"]] == [["running"]]
    assert own["containers"][0]["image"] == ids["high"]


# --- docker -----------------------------------------------------------------------------------

class Docker:
    """A store as dockerd (25, overlay2) lays it out."""

    def __init__(self, root):
        self.root = root
        self.images = root / "image/overlay2"
        self.names = {}

    def layer(self, diffs, files, cache=None):
        """A layer with all below it, by their diff ids; answers the directory's name."""
        chain = diffs[0]
        for diff in diffs[1:]:
            chain = "sha256:" + sha256(f"{chain} {diff}")
        cache = cache or sha256("cache " + chain)
        folder = self.images / "layerdb/sha256" / chain.removeprefix("sha256:")
        put(folder / "cache-id", cache.encode())
        put(folder / "diff", diffs[-1].encode())
        put(folder / "size", b"100")
        for name, data in files.items():
            put(self.root / "overlay2" / cache / "diff" / name, data)
        put(self.root / "overlay2" / cache / "link", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return cache

    def image(self, diffs, *names):
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh"]},
                             "history": [{"created_by": "RUN x"}] * len(diffs),
                             "rootfs": {"type": "layers", "diff_ids": diffs}})
        image = sha256(config)
        put(self.images / "imagedb/content/sha256" / image, config.encode())
        for name in names:
            self.names.setdefault(name.split(":")[0], {})[name] = "sha256:" + image
        put(self.images / "repositories.json", {"Repositories": self.names})
        return image

    def container(self, name, image, reference, files, init=()):
        container, mount = sha256("container " + name), sha256("mount " + name)
        folder = self.images / "layerdb/mounts" / container
        put(folder / "mount-id", mount.encode())
        put(folder / "init-id", f"{mount}-init".encode())
        put(folder / "parent", b"sha256:" + b"0" * 64)
        put(self.root / "containers" / container / "config.v2.json", {
            "State": {"Running": True}, "ID": container, "Name": "/" + name,
            "Image": "sha256:" + image, "Config": {"Image": reference, "Env": ["A=b"]},
            "Driver": "overlay2"})
        for path, data in files.items():
            put(self.root / "overlay2" / mount / "diff" / path, data)
        for path, data in init:
            put(self.root / "overlay2" / f"{mount}-init" / "diff" / path, data)
        return container, mount


def docker_store(root):
    store = Docker(root)
    diffs = ["sha256:" + sha256(f"diff {i}") for i in range(3)]
    caches = [store.layer(diffs[:1], {"base": canary("base")}),
              store.layer(diffs[:2], {"usr/middle": canary("middle")}, "k3s9d8f7a6s5d4f3g2h1j0k9l"),
              store.layer(diffs[:1] + diffs[2:], {"usr/other": canary("other")})]
    first = store.image(diffs[:2], "app:1", "app:latest", "registry.example:5000/app:1")
    second = store.image(diffs[:1] + diffs[2:])
    container, mount = store.container("web", first, "app:1", {"tmp/own": canary("own")},
                                       [("etc/early", canary("early"))])
    return store, caches, (first, second), (container, mount)


@pytest.mark.parametrize("form", ["directory", "tar.gz"])
def test_docker_overlay2(place, scan, form):
    root = place / "var/lib/docker"
    store, caches, (first, second), (container, mount) = docker_store(root)
    put(root / "overlay2" / sha256("nobody's") / "diff/orphan", canary("orphan"))
    target = place / "var"
    if form == "tar.gz":
        target = place / "var.tar.gz"
        images.tool("tar", "-czf", target, "-C", place, "var")
    result = scan(target)
    assert result.gaps == [], str(result)
    found = stores(result)
    assert len(result.findings) == 6
    app = {"id": first, "references": ["app:1", "app:latest", "registry.example:5000/app:1"]}
    unnamed = {"id": second, "references": []}
    row = {"id": container, "names": ["web"], "image": first, "reference": "app:1", "writable": False}
    own = {**row, "writable": True}

    def told(layer, image, containers):
        return {"tool": "docker", "layer": layer, "images": image, "image_count": len(image),
                "containers": containers, "container_count": len(containers)}
    assert found == {
        "base": told(caches[0], sorted([app, unnamed], key=lambda i: i["id"]), [row]),
        "middle": told(caches[1], [app], [row]),
        "other": told(caches[2], [unnamed], []),
        "own": told(mount, [], [own]),
        "early": told(f"{mount}-init", [], [own]),
        "orphan": {"tool": "docker", "layer": sha256("nobody's")},
    }


def test_the_text_report(place, scan):
    root = place / "docker"
    docker_store(root)
    text = scan("-o", "text", root, records=False).stdout
    text = text if isinstance(text, str) else text.decode()
    assert "in the store of docker: image app:1, seen by container web" in text
    assert "in the store of docker, written by container web" in text


def test_without_what_says_whose_it_is(place, scan):
    root = place / "somewhere"
    store, caches, _, (container, mount) = docker_store(root)
    alone = scan(root / "overlay2")
    assert stores(alone)["base"] == {"tool": "docker", "layer": caches[0]}
    (root / "image/overlay2/repositories.json").write_bytes(b"{ no JSON")
    (root / "containers" / container / "config.v2.json").write_bytes(b"[" * 5000)
    for path in (root / "image/overlay2/imagedb/content/sha256").iterdir():
        path.write_bytes(b'{"rootfs":{"diff_ids":[1,null,{"a":2}]}}')
    found = stores(scan(root))
    assert found["base"] == {"tool": "docker", "layer": caches[0], "images": [], "image_count": 0,
                             "containers": [], "container_count": 0}
    assert found["own"]["containers"] == [{"id": container, "names": [], "image": None,
                                           "reference": None, "writable": True}]


def test_hard_links_and_threads(place, scan):
    root = place / "docker"
    store, caches, _, _ = docker_store(root)
    base = root / "overlay2" / caches[0] / "diff"
    for i in range(5):
        os.link(base / "base", base / f"link{i}")
    texts = []
    for threads in ("1", "4"):
        result = scan("-j", threads, root)
        found = stores(result)
        assert len(result.findings) == 10
        assert {found[f"link{i}"]["image_count"] for i in range(5)} == {2}
        texts.append(sorted(json.dumps(f, sort_keys=True) for f in result.findings))
    assert texts[0] == texts[1]


def test_names_cannot_be_more_than_names(place, scan):
    root = place / "storage"
    ids = [sha256(f"layer {i}") for i in range(3)]
    put(root / "overlay" / ids[0] / "diff/x", canary("x"))
    put(root / "overlay-layers/layers.json",
        [{"id": ids[0], "parent": ids[1]}, {"id": ids[1], "parent": ids[0]},  # a circle
         {"id": "../../etc", "parent": 7}, 5, {}, {"id": "a" * 5000}])
    put(root / "overlay-images/images.json",
        [{"id": sha256(f"image {i:04}"), "layer": ids[1], "names": ["\x1b[31m\u202e" + "n" * 300] * 100}
         for i in range(300)])
    put(root / "overlay-containers/containers.json",
        [{"id": f"c{i:03}", "layer": ids[0], "image": "../x", "names": [None, "a\nb"]} for i in range(40)])
    result = scan(root)
    told = stores(result)["x"]
    assert (told["image_count"], told["container_count"]) == (300, 40)
    assert (len(told["images"]), len(told["containers"])) == (16, 16)
    assert told["containers"][0] == {"id": "c000", "names": ["a\\x0ab"], "image": None,
                                     "reference": None, "writable": True}
    assert "\x1b" not in json.dumps(told, ensure_ascii=False)
    assert result.gaps == []


def test_more_than_is_kept_is_a_gap(place, scan):
    root = place / "storage"
    ids = [sha256("first"), *(f"layer-{i}" for i in range(9999)), sha256("last")]
    put(root / "overlay" / ids[0] / "diff/x", canary("x"))
    put(root / "overlay" / ids[10000] / "diff/y", canary("y"))
    put(root / "overlay-layers/layers.json",
        [{"id": layer, "parent": below} for layer, below in zip(ids, ids[1:] + [""])])
    put(root / "overlay-images/images.json", [{"id": "a", "layer": ids[0], "names": ["app"]}])
    result = scan(root)
    assert [gap["reason"] for gap in result.gaps] == ["limit_memory"]
    found = stores(result)
    assert found["x"]["images"] == [{"id": "a", "references": ["app"]}]
    assert found["y"] == {"tool": "containers", "layer": ids[10000]}


# --- what is still there --------------------------------------------------------------------------

def whiteout(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(0, 0))


def mark(path, name):
    """An attribute of overlay's. False: this file system or user has none."""
    path.mkdir(parents=True, exist_ok=True) if not path.exists() else None
    try:
        os.setxattr(path, name, b"y")
    except OSError:
        return False
    return True


def podman_store(root, *ids):
    """Layers on one another, the lowest first; an image of all but the last, a container of all."""
    for layer in ids:
        (root / "overlay" / layer / "diff").mkdir(parents=True)
    put(root / "overlay-layers/layers.json",
        [{"id": layer, "parent": below} for layer, below in zip(ids, ["", *ids])])
    put(root / "overlay-images/images.json", [{"id": sha256("image"), "layer": ids[-2], "names": ["app"]}])
    put(root / "overlay-containers/containers.json",
        [{"id": sha256("container"), "layer": ids[-1], "image": sha256("image"), "names": ["web"]}])
    return [root / "overlay" / layer / "diff" for layer in ids]


LAYERS = [sha256(f"layer {i}") for i in range(3)]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root sees all attributes")


@needs_root
def test_what_an_upper_layer_takes_away(place, scan):
    low, high, own = podman_store(place / "s", *LAYERS)
    for name in ("stays", "a/gone", "b/c/folder-gone", "replaced", "by-folder", "d/no-folder",
                 "by-link", "a/own-gone", "e/merged", "long/" + "n" * 255, "back\\slash"):
        put(low / name, canary(name))
    whiteout(high / "a/gone")
    whiteout(high / "b")
    put(high / "replaced", b"harmless")
    (high / "by-folder").mkdir()
    put(high / "d", b"harmless")
    (high / "by-link").symlink_to("stays")
    (high / "e").mkdir()
    whiteout(own / "a/own-gone")
    whiteout(own / "a/gone")
    put(own / "written", canary("written"))
    result = scan(place / "s")
    assert result.gaps == [], str(result)
    assert visible(result) == {
        "stays": [[True], [True]], "gone": [[False], [False]], "folder-gone": [[False], [False]],
        "replaced": [[False], [False]], "by-folder": [[False], [False]],
        "no-folder": [[False], [False]], "by-link": [[False], [False]],
        "own-gone": [[True], [False]], "merged": [[True], [True]], "n" * 255: [[True], [True]],
        "back\\slash": [["not asked"], ["not asked"]], "written": [[], [True]]}
    text = scan("-o", "text", place / "s", records=False).stdout
    text = text if isinstance(text, str) else text.decode()
    assert "not visible in container web" in text and ", seen by container web" in text


@needs_root
@pytest.mark.parametrize("space", ["trusted.overlay", "user.overlay", "user.fuseoverlayfs"])
def test_opaque_folders(place, scan, space):
    low, high, _ = podman_store(place / "s", *LAYERS)
    put(low / "a/b/c/x", canary("x"))
    put(low / "a/y", canary("y"))
    (high / "a/b/c").mkdir(parents=True)
    if not mark(high / "a/b", f"{space}.opaque"):
        pytest.skip(f"no attributes {space} here")
    assert visible(scan(place / "s")) == {"x": [[False], [False]], "y": [[True], [True]]}


@needs_root
def test_what_is_not_known(place, scan):
    low, high, own = podman_store(place / "s", *LAYERS)
    for name in ("moved/x", "meta", "fuse", "opq/y", "gone"):
        put(low / name, canary(name))
    put(high / "meta", b"")
    (high / "moved").mkdir()
    if not (mark(high / "moved", "user.overlay.redirect") and mark(high / "meta", "user.overlay.metacopy")):
        pytest.skip("no attributes here")
    put(high / ".wh.fuse", b"")
    put(high / "opq/.wh..wh..opq", b"")
    whiteout(own / "gone")
    unknown = [[None], [None]]
    assert visible(scan(place / "s")) == {
        "x": unknown, "meta": unknown, "fuse": unknown, "y": unknown, "gone": [[True], [False]]}
    shutil.rmtree(high)
    found = visible(scan(place / "s"))
    assert found == {name: ([[None], [False]] if name == "gone" else unknown) for name in found}
    # A link in the place of a layer is not followed.
    high.symlink_to(own)
    assert visible(scan(place / "s"))["gone"] == [[None], [False]]
    assert visible(scan(place / "s"))["x"] == unknown


def test_who_does_not_see_attributes(place, worldly, rules):
    low, high, own = podman_store(place / "s", *LAYERS)
    put(low / "a/x", canary("x"))
    put(low / "a/gone", canary("gone"))
    put(low / "y", canary("y"))
    (high / "a").mkdir()
    whiteout(own / "a/gone")
    images.tool("chmod", "-R", "a+rX", place)
    result = sweep.scan("--no-builtin-rules", "-r", rules, place / "s", binary=worldly["binary"],
                        env=worldly["env"], user=sweep.NOBODY if os.geteuid() == 0 else None)
    assert visible(result) == {"x": [[None], [None]], "gone": [[None], [False]], "y": [[True], [True]]}


@needs_root
def test_what_docker_keeps_on_it(place, scan):
    root = place / "docker"
    store, caches, (first, _), (container, mount) = docker_store(root)
    whiteout(root / "overlay2" / caches[1] / "diff/base")
    whiteout(root / "overlay2" / f"{mount}-init" / "diff/usr/middle")
    whiteout(root / "overlay2" / mount / "diff/etc/early")
    found = visible(scan(root))
    images_of_base = sorted([(first, False), (store_second(store, first), True)])
    assert found == {"base": [[seen for _, seen in images_of_base], [False]],
                     "middle": [[True], [False]], "other": [[True], []],
                     "early": [[], [False]], "own": [[], [True]]}


def store_second(store, first):
    (other,) = [path.name for path in (store.images / "imagedb/content/sha256").iterdir()
                if path.name != first]
    return other


@needs_root
def test_in_an_archive_it_is_not_asked(place, scan):
    low, high, _ = podman_store(place / "s", *LAYERS)
    put(low / "x", canary("x"))
    whiteout(high / "x")
    images.tool("tar", "-czf", place / "s.tar.gz", "-C", place, "s")
    assert visible(scan(place / "s.tar.gz")) == {"x": [["not asked"], ["not asked"]]}


# --- containerd ---------------------------------------------------------------------------------

def test_snapshots_have_a_number_only(place, scan):
    folder = place / "containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/42/fs/app"
    put(folder / "x", canary("x"))
    assert stores(scan(place / "containerd")) == {"x": {"tool": "containerd", "layer": "42"}}


def test_a_content_store_is_put_together_by_its_manifests(place, scan):
    blobs = place / "io.containerd.content.v1.content/blobs/sha256"

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        put(blobs / digest, data)
        return {"digest": f"sha256:{digest}", "size": len(data)}
    tar = images.layer([("app/", None), ("app/x", canary("x"))])
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "history": [{"created_by": "COPY x"}],
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]}})
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {**blob(config.encode()), "mediaType": "application/vnd.oci.image.config.v1+json"},
                "layers": [{**blob(tar), "mediaType": "application/vnd.oci.image.layer.v1.tar"}]}
    named = blob(json.dumps(manifest).encode())
    result = scan(place / "io.containerd.content.v1.content")
    assert result.gaps == []
    (inside,) = [f for f in result.findings if f["chain"][-1].get("name") == "app/x"]
    assert inside["chain"][0]["image"]["form"] == "store"
    assert inside["chain"][0]["image"]["manifest"] == named["digest"]
    assert inside["chain"][0]["layer"]["history"] == "COPY x"
