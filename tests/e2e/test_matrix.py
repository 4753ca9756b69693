# SPDX-License-Identifier: Apache-2.0
"""The recall matrix: one canary through every format, compression and depth, made by
the programs that people use and by recipes of ours; none of it by the program under
test. Each canary must be found once, at its place, and nowhere else.

Everything of a test lies in one directory and is swept at once."""

import bz2
import concurrent.futures
import gzip
import lzma
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import archives
import pytest
import sweep
from conftest import CANARY

# Long enough that packing pays, and so that losing either end shows.
TEXT = CANARY + b"\n" + b"some text that can be packed and is of no interest\n" * 40 + b"the end\n"
FILES = {"bird.bin": TEXT, "other.txt": b"nothing of interest\n" * 40}
RULE = 'rule Whole { strings: $a = "%s" $b = "the end\\n" condition: $a at 0 and $b at filesize - 8 }' % CANARY.decode()


@pytest.fixture
def whole(place):
    path = place / "whole.yar"
    path.write_text(RULE)
    return path


def sweep_tree(rules, tree, *options):
    result = sweep.scan("--no-builtin-rules", "--rules", rules, "--max-depth", "20", *options, tree, timeout=300)
    assert result.engine_deaths == []
    return result


def hops(record):
    """[(kind, name)] below the file."""
    assert record["chain"][0]["kind"] == "file"
    return [(hop["kind"], hop["name"]) for hop in record["chain"][1:]]


def assert_found(result, wanted):
    """wanted: {path: [(kind, name)]}. Nothing else may be found, but for what uuencoded text can be
    as well: a run of base64, and, stored in an ar or a warc, a uuencoded text with something before it."""
    found = {f["locator"]: f for f in result.findings}
    assert len(found) == len(result.findings), "a finding twice"
    locators = {"!".join([os.fspath(path), *(name for _, name in chain)]): chain for path, chain in wanted.items()}
    assert sorted(set(locators) - set(found)) == []
    wrong = {text: hops(found[text]) for text, chain in locators.items() if hops(found[text]) != chain}
    assert wrong == {}
    assert {found[text]["object"]["size"] for text in locators} == {len(TEXT)}
    further = [hops(found[text]) for text in set(found) - set(locators)]
    assert [chain for chain in further if not {"uuencode", "decoded"} & {kind for kind, _ in chain}] == []


# --- every format, made in every way --------------------------------------------------------------

KINDS = {"old.rar": "rar", "new.rar": "rar", "stored.lzh": "lha", "one.gz": "gzip", "one.bz2": "bzip2",
         "one.uu": "uuencode", "gzip.rpm": "rpm"}


def expected(name):
    """The hop of the canary in a container that archives.py made."""
    stem, _, ending = name.rpartition(".")
    if ending == "stream":
        kind = stem.partition("-")[0]
        return kind, {"gzip": "bird.bin", "uuencode": "inner"}.get(kind, "content")
    kind = KINDS.get(name, {"iso": "iso9660"}.get(ending, ending))
    if stem == "one":
        return kind, "inner" if ending == "uu" else "one"
    return kind, "file://bird.bin" if name == "bsdtar.warc" else "bird.bin"


def test_each_format(tree, whole):
    """One canary in each: and the same for any number of threads."""
    made = {**archives.recipes(FILES), **archives.tools(FILES, more=True)}
    assert len(made) >= 40, sorted(made)
    for name, content in made.items():
        (tree / name).write_bytes(content)
    result = sweep_tree(whole, tree, "-j1")
    lost = [tree / name for name in made if "deflate64" in name]  # no library reads it
    assert {(gap["reason"], gap["locator"]) for gap in result.gaps} == {
        ("unsupported", f"{path}!{name}") for path in lost for name in FILES}
    assert_found(result, {tree / name: [expected(name)] for name in made if tree / name not in lost})
    assert result.end["objects"]["scanned"] == len(made)
    assert result.end["members"]["scanned"] >= len(made)
    assert {f["id"] for f in result.findings} == {f["id"] for f in sweep_tree(whole, tree, "-j2").findings}


# --- packages as their own programs build them ------------------------------------------------------

SPEC = """Name: forged
Version: 1
Release: 1
Summary: forged
License: none
BuildArch: noarch
%description
Forged.
%install
mkdir -p %{buildroot}/srv
cp {text} %{buildroot}/srv/bird.bin
%files
/srv/bird.bin
"""


def deb(folder, packer):
    top = folder / f"{packer}.d"
    (top / "DEBIAN").mkdir(parents=True, mode=0o755)
    (top / "srv").mkdir()
    (top / "srv/bird.bin").write_bytes(TEXT)
    (top / "DEBIAN/control").write_text("Package: forged\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: forged\n")
    out = folder / f"{packer}.deb"
    subprocess.run(["dpkg-deb", f"-Z{packer}", "--root-owner-group", "-b", top, out], check=True, stdout=subprocess.DEVNULL)
    return out.read_bytes()


def rpm(folder, payload):
    spec = folder / "forged.spec"
    (folder / "text").write_bytes(TEXT)
    spec.write_text(SPEC.replace("{text}", os.fspath(folder / "text")))
    out = folder / f"out-{payload}"
    subprocess.run(["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}/top", "--define", f"_rpmdir {out}",
                    "--define", f"_binary_payload {payload}", spec], check=True, capture_output=True)
    return next(out.rglob("*.rpm")).read_bytes()


def test_real_debs_and_rpms(tree, place, whole):
    wanted = {}
    for packer, ending, kind in (("gzip", ".gz", "gzip"), ("xz", ".xz", "xz"), ("none", "", None)):
        if not shutil.which("dpkg-deb"):
            break
        path = tree / f"{packer}.deb"
        path.write_bytes(deb(place, packer))
        inner = [(kind, "data.tar")] if kind else []
        wanted[path] = [("ar", f"data.tar{ending}"), *inner, ("tar", "./srv/bird.bin")]
    for payload in ("w9.gzdio", "w2.xzdio", "w3.zstdio", "w9.bzdio", "w2.lzdio", "w.ufdio"):
        if not shutil.which("rpmbuild"):
            break
        path = tree / f"{payload}.rpm"
        path.write_bytes(rpm(place, payload))
        wanted[path] = [("rpm", "./srv/bird.bin")]
    result = sweep_tree(whole, tree)
    assert result.gaps == []
    assert_found(result, wanted)


# --- format x compression x depth ------------------------------------------------------------------


def by_tool(command, data, name):
    """What the command makes of one file of that name; None when it is not installed."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        (Path(folder) / name).write_bytes(data)
        out = Path(aside) / "out"
        if not archives.run(command.format(out=out, names=name), folder):
            return None
        # Some programs add the ending of their kind.
        return next(Path(aside).glob("out*")).read_bytes() if not out.exists() else out.read_bytes()


CONTAINERS = {  # of the programs' formats those that differ in how they are laid out
    "tar-v7.tar": "tar", "tar-ustar.tar": "tar", "bsdtar-pax.tar": "tar", "tar-gnu-sparse.tar": "tar",
    "zip.zip": "zip", "zip-stored.zip": "zip", "zip-streamed.zip": "zip", "7z.7z": "7z", "bsdtar.7z": "7z",
    "cpio-newc.cpio": "cpio", "cpio-odc.cpio": "cpio", "cpio-bin.cpio": "cpio", "ar.ar": "ar",
    "genisoimage-rock.iso": "iso9660", "genisoimage-joliet.iso": "iso9660", "xorriso.iso": "iso9660",
    "bsdtar.xar": "xar", "gcab-mszip.cab": "cab", "mksquashfs-gzip.squashfs": "squashfs", "mksquashfs-zstd.squashfs": "squashfs",
}
RECIPES = {"rar": archives.rar, "rar5": archives.rar5, "lha": archives.lha, "warc": archives.warc,
           "rpm": archives.rpm}
STREAMS = {"gzip": lambda data: gzip.compress(data, 1, mtime=0), "bzip2": lambda data: bz2.compress(data, 1),
           "xz": lambda data: lzma.compress(data, preset=0),
           "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=0)}
FILTERS = {"zstd": "zstd -qc", "lz4": "lz4 -qc", "lzip": "lzip -0c", "compress": "compress -c",
           "uuencode": "uuencode content"}


def filtered(name, data):
    """The bytes through a program of that name; None when it is not there."""
    words = FILTERS[name].split()
    if shutil.which(words[0]) is None:
        return None
    done = subprocess.run(words, input=data, capture_output=True)
    assert done.returncode in (0, 2), done.stderr  # compress says 2 when it saved nothing
    return done.stdout


def in_container(name, data, member):
    """The container round one member, its hop."""
    if name in RECIPES:
        return RECIPES[name]({member: data}), {"rar5": "rar"}.get(name, name)
    return by_tool({**archives.COMMANDS, **archives.MORE}[name], data, member), CONTAINERS[name]


def in_stream(name, data):
    return STREAMS[name](data) if name in STREAMS else filtered(name, data)


def layers(container, stream):
    """{depth: (content, hops)} for 2, 4 and 8: container and stream in turns. Empty when a
    program is missing."""
    data, chain, made = TEXT, [], {}
    for depth in range(2, 9, 2):
        member = f"n{depth}"
        data, kind = in_container(container, data, member)
        if data is not None and stream is not None:
            data = in_stream(stream, data)
        elif data is not None:
            chain = [(kind, member), *chain]
            member += "b"
            data, kind = in_container(container, data, member)
        if data is None:
            return {}
        chain = [(kind, member), *chain] if stream is None else [(stream, "content"), (kind, member), *chain]
        if depth in (2, 4, 8):
            made[depth] = (data, chain)
    return made


@pytest.mark.slow
def test_format_by_compression_by_depth(tree, whole):
    pairs = [(container, stream) for container in [*CONTAINERS, *RECIPES] for stream in [None, *STREAMS, *FILTERS]]
    wanted = {}
    with concurrent.futures.ThreadPoolExecutor(sweep.CPUS) as pool:
        for (container, stream), made in zip(pairs, pool.map(lambda pair: layers(*pair), pairs)):
            for depth, (data, chain) in made.items():
                path = tree / f"{container.replace('.', '-')}+{stream}+{depth}"
                path.write_bytes(data)
                wanted[path] = chain
    assert len(wanted) > 500, len(wanted)
    result = sweep_tree(whole, tree)
    assert result.gaps == []
    assert_found(result, wanted)


def test_streams_inside_one_another(tree, whole):
    """Each stream in itself, and all of them in turns."""
    names = [*STREAMS, *FILTERS]
    orders = {name: [name] * 8 for name in names}
    for start in range(len(names)):
        orders[f"all{start}"] = [names[(start + i * 4) % len(names)] for i in range(8)]
    wanted = {}
    for title, order in orders.items():
        data, chain = TEXT, []
        for depth, name in enumerate(order, 1):
            data = in_stream(name, data)
            if data is None:
                break
            chain = [(name, "content"), *chain]
            if depth in (1, 2, 4, 8):
                path = tree / f"{title}+{depth}"
                path.write_bytes(data)
                wanted[path] = chain
    result = sweep_tree(whole, tree)
    assert result.gaps == []
    assert_found(result, wanted)


LAYERS = {  # name of what holds it -> how it is made of (name, content), its hops outermost first
    "tar.gz": (lambda name, data: gzip.compress(archives.tar({name: data})), ["gzip", "tar"]),
    "zip": (lambda name, data: archives.zip_({name: data}), ["zip"]),
    "tar.xz": (lambda name, data: lzma.compress(archives.tar({name: data})), ["xz", "tar"]),
    "cpio": (lambda name, data: archives.cpio({name: data}), ["cpio"]),
    "tar.bz2": (lambda name, data: bz2.compress(archives.tar({name: data})), ["bzip2", "tar"]),
    "ar": (lambda name, data: archives.ar({name: data}), ["ar"]),
    "rar": (lambda name, data: archives.rar5({name: data}), ["rar"]),
    "warc": (lambda name, data: archives.warc({name: data}), ["warc"]),
}


def nest(order):
    """The canary inside containers of these kinds, innermost first: content, name, hops."""
    name, data, chain = "bird.bin", TEXT, []
    for number, ending in enumerate(order):
        make, kinds = LAYERS[ending]
        data, chain = make(name, data), [(kinds[-1], name), *chain]
        name = f"n{number}.{ending}"
        if len(kinds) == 2:
            chain = [(kinds[0], name.rpartition(".")[0]), *chain]
    return data, name, chain


@pytest.mark.parametrize("depth", [2, 4, 8])
def test_formats_inside_one_another(tree, whole, depth):
    """Different ones in one another, with endings: a stream's content bears its file's name."""
    names = list(LAYERS)
    wanted = {}
    for start in range(len(names)):
        data, name, chain = nest([names[(start + i * 3) % len(names)] for i in range(depth)])
        path = tree / f"{start}-{name}"
        path.write_bytes(data)
        if chain[0][1] == name.rpartition(".")[0]:
            chain[0] = (chain[0][0], f"{start}-{chain[0][1]}")
        wanted[path] = chain
    result = sweep_tree(whole, tree, "-j1")
    assert result.gaps == []
    assert_found(result, wanted)
    assert {f["id"] for f in result.findings} == {f["id"] for f in sweep_tree(whole, tree, "-j2").findings}
