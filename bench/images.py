#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares sweeping a container image with unpacking its layers, in the forms that images
have, and a second sweep with --layer-cache with the first. Prints a Markdown table.

The layers are files of a tree, packed by gzip; skopeo makes the docker-archive out of the OCI
layout. Each comparison runs the two in turn (A B A B ...) with a warm cache and takes medians.
Before anything is timed, sweeper must find a canary at the end of the last layer of every form,
in the layer that it is in, and with nothing left out.

    images.py [--sweeper FILE] [--top DIR] [--size MIB] [--layers N] [--pairs N] [--mixed]
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import archives
import bench


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(bench.MIB), b""):
            digest.update(chunk)
    return digest.hexdigest()


class Images(bench.Bench):
    # --- the image

    def share(self, size, count):
        """Names of files of the tree, below "/": `count` lists of together `size` bytes or more."""
        lists, sizes = [[] for _ in range(count)], [0] * count
        for path in self.list.read_bytes().split(b"\0")[:-1]:
            at = next((n for n in range(count) if sizes[n] < size / count), None)
            if at is not None and os.access(path, os.R_OK) and (self.options.mixed or archives.kind_of(path) is None):
                lists[at].append(path.lstrip(b"/"))
                sizes[at] += os.path.getsize(path)
        return lists, sum(sizes)

    def tar(self, names, last):
        """The tar of a layer; with `last` the canary stands at its end."""
        tar, chosen, extra = self.place / "layer.tar", self.place / "chosen", self.place / "extra"
        chosen.write_bytes(b"".join(name + b"\0" for name in names))
        (extra / "~").mkdir(parents=True, exist_ok=True)
        (extra / "~/last").write_text(archives.CANARY + "\n")
        subprocess.run(["tar", "-cf", tar, "-C", "/", "--null", "-T", chosen,
                        *(["-C", extra, "~/last"] if last else [])], check=True)
        return tar

    def add(self, layout, path):
        digest, size = sha256(path), path.stat().st_size
        path.rename(layout / "blobs/sha256" / digest)
        return {"digest": f"sha256:{digest}", "size": size}

    def add_json(self, layout, kind, value):
        path = self.place / "document"
        path.write_text(json.dumps(value))
        return {"mediaType": f"application/vnd.oci.image.{kind}.v1+json", **self.add(layout, path)}

    def image(self, size, count):
        """An OCI layout of gzip layers, and how many bytes are in them."""
        layout, layers, diffs = self.place / "oci", [], []
        (layout / "blobs/sha256").mkdir(parents=True)
        lists, total = self.share(size, count)
        for number, names in enumerate(lists):
            tar = self.tar(names, number == count - 1)
            diffs.append("sha256:" + sha256(tar))
            subprocess.run(["gzip", "-6", "-n", tar], check=True)
            layers.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                           **self.add(layout, tar.with_name(tar.name + ".gz"))})
        config = self.add_json(layout, "config", {
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": diffs},
            "history": [{"created_by": f"COPY {n}"} for n in range(count)]})
        manifest = self.add_json(layout, "manifest", {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": layers})
        manifest["annotations"] = {"org.opencontainers.image.ref.name": "bench"}
        (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
        return layout, [layout / "blobs/sha256" / row["digest"][7:] for row in layers], total

    def forms(self, layout):
        archive, docker = self.place / "oci.tar", self.place / "docker.tar"
        subprocess.run(["tar", "-C", layout, "-cf", archive, "."], check=True)
        subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", f"oci:{layout}:bench",
                        f"docker-archive:{docker}:bench:1"], check=True)
        return {"OCI layout": layout, "OCI archive": archive, "docker-archive": docker}

    # --- comparisons

    def check(self, form, target, *arguments):
        """The end of a sweep that found what is there."""
        done = subprocess.run(self.scan("-o", "jsonl", *arguments, rules=[self.rule], target=target,
                                        archives=True), capture_output=True)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        found = [r for r in records if r["type"] == "finding" and r["kind"] == "yara"]
        gaps = [r for r in records if r["type"] == "gap"]
        layers = [hop["layer"] for r in found for hop in r["chain"] if "layer" in hop]
        if (gaps or len(found) != 1 or not found[0]["locator"].endswith("~/last") or
                [layer["index"] for layer in layers] != [self.options.layers - 1]):
            raise SystemExit(f"{form}: found {[r['locator'] for r in found]}, gaps {gaps[:3]}: "
                             "a fast wrong answer is not an answer")
        return records[-1], layers[0]

    def against_gzip(self, form, target, layers):
        unpack = archives.shell("; ".join(f"gzip -dc {layer}" for layer in layers))
        command = self.scan(target=target, archives=True)
        ours, theirs = self.pairs(command, unpack)
        self.row(f"{form} vs `gzip -dc` of its layers", "faster", f"{ours / theirs:.2f}x", ours < theirs,
                 f"{ours:.2f} s, {theirs:.2f} s")
        self.memory(form, command)

    def again(self, form, target):
        """With an empty cache, and with what that sweep has left there."""
        cache = self.place / "cache"
        command = self.scan("--layer-cache", str(cache), target=target, archives=True)
        first, second = [], []
        for _ in range(self.options.pairs):
            shutil.rmtree(cache, ignore_errors=True)
            first.append(bench.seconds(command))
            second.append(bench.seconds(command))
        size = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
        shutil.rmtree(cache)
        self.check(form, target, "--layer-cache", str(cache))
        end, layer = self.check(form, target, "--layer-cache", str(cache))
        if end["layer_cache"]["used"] != self.options.layers or layer.get("cached") is not True:
            raise SystemExit(f"{form}: not every layer came from the cache")
        ours, theirs = statistics.median(second), statistics.median(first)
        ratio = ours / theirs
        self.row(f"{form}, second run with `--layer-cache`, vs the first", "under 10%", f"{100 * ratio:.1f}%",
                 ratio < 0.1, f"{ours:.2f} s, {theirs:.2f} s; the cache has {size / bench.MIB:.1f} MiB")

    def run(self):
        self.rule = self.place / "canary.yar"
        self.rule.write_text(archives.RULE)
        layout, layers, total = self.image(self.options.size * bench.MIB, self.options.layers)
        forms = self.forms(layout)
        for form, target in forms.items():
            self.check(form, target)
            self.against_gzip(form, target, layers)
        for form, target in forms.items():
            self.again(form, target)
        return total, sum(layer.stat().st_size for layer in layers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeper", default=os.environ.get("SWEEPER", str(bench.ROOT / "build/run/sweeper")),
                        help="the executable (a release build)")
    parser.add_argument("--top", default="/usr", help="the tree that fills the layers (default /usr)")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="of the layers, unpacked (default 1024)")
    parser.add_argument("--layers", type=int, default=8, help="how many (default 8)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--mixed", action="store_true",
                        help="with archives among the files, which gzip does not unpack and sweeper does")
    options = parser.parse_args()
    bench.need("images.py", ("tar", "gzip", "skopeo", "find"), options.sweeper)
    place = pathlib.Path(tempfile.mkdtemp(prefix="sweeper-bench-"))
    try:
        compared = Images(options, place)
        total, packed = compared.run()
    finally:
        subprocess.run(["rm", "-rf", place])
    print(f"{bench.machine()}; an image of {options.layers} layers, {total / bench.MIB:.0f} MiB of `{options.top}` "
          f"with{'' if options.mixed else 'out its'} archives in "
          f"{packed / bench.MIB:.0f}, {datetime.date.today()}; warm cache, medians of {options.pairs} pairs, in turn.\n")
    return 0 if bench.table(compared.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
