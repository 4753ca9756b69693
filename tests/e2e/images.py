# SPDX-License-Identifier: Apache-2.0
"""Container images for the tests: real ones by umoci, skopeo and buildah, and
hostile ones by hand."""

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import tarfile

import pytest

CANARY = b"sweeper-canary-7731"


def needs(*tools):
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def tool(*command, cwd=None):
    done = subprocess.run([*map(os.fspath, command)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, cwd=cwd)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
    return done.stdout.decode()


def skopeo(source, target, *options):
    tool("skopeo", "--insecure-policy", "copy", "-q", *options, source, target)


def buildah(place):
    """A function that calls buildah with a store of its own."""

    def call(*args):
        return tool("buildah", "--storage-driver", "vfs", "--root", place / "store", "--runroot",
                    place / "run", *args).strip()

    return call


# --- layers ---------------------------------------------------------------------------------

def layer(entries):
    """A layer's tar: [(name, content)]; content None is a folder, (target,) a hard link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.mode = 0o755
            info.mtime = 1700000000
            if content is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(content, tuple):
                info.type = tarfile.LNKTYPE
                info.linkname = content[0]
            else:
                info.size = len(content)
            plain = isinstance(content, bytes)
            tar.addfile(info, io.BytesIO(content) if plain else None)
    return out.getvalue()


def canary(*words):
    """Content that the rules find, and that no other layer has."""
    return CANARY + b" " + " ".join(map(str, words)).encode() + b"\n"


def umoci_image(place, layers, tag="app"):
    """An OCI layout by umoci, each layer added with a line of history."""
    layout = place / "layout"
    tool("umoci", "init", "--layout", layout)
    tool("umoci", "new", "--image", f"{layout}:{tag}")
    for i, data in enumerate(layers):
        tar = place / f"layer{i}.tar"
        tar.write_bytes(data)
        tool("umoci", "raw", "add-layer", "--image", f"{layout}:{tag}",
             "--history.created_by", f"RUN step {i}", tar)
        tar.unlink()
    tool("umoci", "gc", "--layout", layout)
    return layout


def unpacked(place, layout, tag="app"):
    """What the finished image has: {path: SHA-256} of its files, as umoci unpacks it."""
    bundle = place / "bundle"
    tool("umoci", "unpack", "--rootless", "--image", f"{layout}:{tag}", bundle)
    root = bundle / "rootfs"
    files = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                files[os.path.relpath(path, root)] = digest
    shutil.rmtree(bundle)
    return files


def with_folders(entries):
    """With the folders that they lie in, as every tool writes them."""
    out, seen = [], set()
    for name, content in entries:
        parts = name.removeprefix("./").split("/")[:-1]
        for i in range(1, len(parts) + 1):
            folder = "/".join(parts[:i])
            if folder not in seen:
                seen.add(folder)
                out.append((folder + "/", None))
        out.append((name, content))
    return out


def random_layers(seed, count=6):
    """Layers that add, remove, cover and replace one another's files and folders."""
    dice = random.Random(seed)
    folders = ["", "a", "a/b", "a/b/c", "d", "d/e"]
    layers = []
    for number in range(count):
        entries, used = [], set()

        def add(name, content, used=used, entries=entries):
            # One meaning for each path: what a path twice in one layer is depends on the tool.
            parts = name.split("/")
            clash = any("/".join(parts[:i]) in used for i in range(1, len(parts)))
            if name in used or clash or any(other.startswith(name + "/") for other in used):
                return
            used.add(name)
            entries.append((dice.choice(["", "./"]) + name, content))

        for _ in range(dice.randrange(4, 12)):
            folder = dice.choice(folders)
            name = dice.choice(["f", "g", "h", "b", "c", "e", "a"])
            path = f"{folder}/{name}".lstrip("/")
            what = dice.random()
            if what < 0.55 or number == 0:
                add(path, canary(seed, number, path))
            elif what < 0.8 and path not in used:
                add(f"{folder}/.wh.{name}".lstrip("/"), b"")
            elif what < 0.9:
                add(f"{folder}/.wh..wh..opq".lstrip("/"), b"")
            else:
                add(f"{path}/x/y", canary(seed, number, path, "below"))
        # A whiteout of what the same layer adds is read differently by the tools, too.
        names = {name.removeprefix("./") for name, _ in entries}

        def is_own(name):
            plain = name.removeprefix("./")
            folder, _, last = plain.rpartition("/")
            if not last.startswith(".wh.") or last == ".wh..wh..opq":
                return False
            gone = f"{folder}/{last[4:]}".lstrip("/")
            return any(other == gone or other.startswith(gone + "/") for other in names)

        layers.append(layer(with_folders([one for one in entries if not is_own(one[0])])))
    return layers


# --- by hand ----------------------------------------------------------------------------------

class Layout:
    """An OCI layout of which every byte can be wrong."""

    def __init__(self, path):
        self.path = path
        (path / "blobs/sha256").mkdir(parents=True)
        (path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob(self, data, name=None):
        digest = name or hashlib.sha256(data).hexdigest()
        (self.path / "blobs/sha256" / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def json(self, value, name=None):
        return self.blob(json.dumps(value).encode(), name)

    def layer(self, data, name=None, pack=True):
        kind = "tar+gzip" if pack else "tar"
        stored = gzip.compress(data, mtime=0) if pack else data
        return {"mediaType": f"application/vnd.oci.image.layer.v1.{kind}",
                **self.blob(stored, name)}

    def config(self, layers, **more):
        return {"mediaType": "application/vnd.oci.image.config.v1+json", **self.json({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers",
                       "diff_ids": ["sha256:" + hashlib.sha256(one).hexdigest()
                                    for one in layers]},
            "history": [{"created_by": f"RUN step {i}"} for i in range(len(layers))], **more})}

    def manifest(self, config, layers, name=None, **more):
        return {"mediaType": "application/vnd.oci.image.manifest.v1+json", **self.json({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": layers, **more}, name)}

    def nested(self, manifests, name=None):
        return {"mediaType": "application/vnd.oci.image.index.v1+json", **self.json({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": manifests}, name)}

    def index(self, manifests):
        (self.path / "index.json").write_text(
            json.dumps({"schemaVersion": 2, "manifests": manifests}))
        return self.path

    def image(self, *tars, **more):
        """All of it, from the layers' tars."""
        layers = [self.layer(one) for one in tars]
        return self.index([self.manifest(self.config(tars, **more), layers)])


def archive(layout, target, mode="w", prefix="."):
    with tarfile.open(target, mode) as tar:
        for path in sorted(layout.rglob("*")):
            name = path.relative_to(layout).as_posix()
            tar.add(path, f"{prefix}/{name}" if prefix else name, recursive=False)
    return target
