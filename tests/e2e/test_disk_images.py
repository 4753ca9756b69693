# SPDX-License-Identifier: Apache-2.0
"""Disk images of every file system, made by the real tools, hold one set of inert samples: the
shipped rules find all of it, each where it lies, and nothing else. The images stay as they are,
and nothing is written but the outputs."""

import hashlib
import os
import re
import shutil
import subprocess

import pytest
import sweep

import disks

FREE = "/$Unallocated"
RULES = {plant.rule for plant in disks.PLANTS}
KINDS = [kind for kind in disks.KINDS if not disks.missing(kind)]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """{kind: image}; made once, as no test changes them."""
    place = tmp_path_factory.mktemp("disks")
    made = {kind: disks.forge_planted(kind, place) for kind in KINDS}
    for kind in KINDS:
        shutil.rmtree(place / f"tree-{kind}")
    yield made
    shutil.rmtree(place)


def plain(locator):
    """Where in a file system it lies. NTFS does not know the folder of what is deleted, and where
    free space begins and ends is not the table's business."""
    path = re.sub(r"^.*?!(?=/)", "", locator)
    path = re.sub(r"^/\$OrphanFiles/\d+", "", path)
    return FREE if path.startswith(FREE) else path


def places(result, start):
    """{(rule, place)} of the planted rules, below one locator."""
    return {(finding["rule"]["name"], plain(finding["locator"])) for finding in result.findings
            if finding["rule"]["name"] in RULES and finding["locator"].startswith(start)}


def expected(kind, *states):
    rows = set()
    for plant in disks.plants(kind, *states):
        path = os.path.basename(plant.path) if (kind, plant.state) == ("ntfs", "deleted") else plant.path.lstrip("/")
        if plant.state == "unallocated":
            rows.add((plant.rule, FREE))
        elif plant.state == "slack":
            rows.add((plant.rule, plant.path + ":slack"))
        else:
            rows.add((plant.rule, "!".join(("/" + path, *plant.members))))
    return rows


@pytest.fixture(scope="module")
def swept(images):
    """One sweep of all images."""
    before = {kind: digest(image) for kind, image in images.items()}
    result = sweep.scan(*images.values())
    assert {kind: digest(image) for kind, image in images.items()} == before
    return result


@pytest.fixture(scope="module")
def deep(images):
    return sweep.scan("--slack", "--unallocated", *images.values())


def test_every_kind_was_made():
    assert len(KINDS) >= (10 if shutil.which("mkntfs") else 4), KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_planted_set_is_found_in_every_file_system(images, swept, kind):
    assert places(swept, f"{images[kind]}!") == expected(kind, "live", "deleted"), str(swept)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_in_slack_and_in_free_space(images, deep, kind):
    found = places(deep, f"{images[kind]}!")
    assert {row for row in found if row[1] != FREE} == expected(kind, "live", "deleted", "slack"), str(deep)
    assert found >= expected(kind, "unallocated"), str(deep)


def test_nothing_else_is_said(images, swept):
    assert swept.code == sweep.EXIT_FINDINGS and swept.engine_deaths == []
    assert [gap for gap in swept.gaps] == []


@pytest.mark.skipif(shutil.which("sfdisk") is None, reason="no sfdisk")
@pytest.mark.parametrize("label", ["gpt", "dos"])
def test_partitions_of_one_disk(images, tmp_path, label):
    chosen = [kind for kind in ("ext4", "ntfs", "fat16") if kind in images]
    path = tmp_path / f"disk.{label}"
    disks.disk(path, [images[kind] for kind in chosen], label)
    before = digest(path)
    result = sweep.scan(path)
    assert digest(path) == before
    for number, kind in enumerate(chosen, 1):
        assert places(result, f"{path}!p{number}") == expected(kind, "live", "deleted"), str(result)


def test_a_disk_image_in_an_archive(images, tmp_path):
    """As people hand them over: packed."""
    if "ext4" not in images:
        pytest.skip("no mke2fs")
    packed = tmp_path / "host7.img.gz"
    with open(packed, "wb") as file:
        subprocess.run(["gzip", "-1", "-c", images["ext4"]], stdout=file, check=True)
    result = sweep.scan(packed)
    found = {row for row in places(result, f"{packed}!") if row[1].startswith("/")}
    assert found >= expected("ext4", "live", "deleted"), str(result)


# --- conduct --------------------------------------------------------------------------------

WRITES = re.compile(r'^\d+ +open(?:at2?)?\([^"]*"(?P<path>[^"]*)", (?:\{flags=)?(?P<flags>[A-Z_|0-9x]+).* = \d+')
OTHERS = "rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat,mknod,mknodat," \
    "truncate,ftruncate,chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat,setxattr,fsetxattr,mount"


@pytest.mark.plain
@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace")
def test_nothing_is_written_but_the_outputs(images, tmp_path):
    """All system calls of all processes that could change a file, by strace."""
    log, out = tmp_path / "strace", tmp_path / "out.jsonl"
    chosen = [images[kind] for kind in ("ext4", "ntfs", "fat32", "exfat", "hfsplus", "ufs1") if kind in images]
    done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", f"trace=open,openat,openat2,creat,{OTHERS}",
                           sweep.SWEEPER, "scan", "-o", f"jsonl={out}", *chosen], capture_output=True)
    assert done.returncode == sweep.EXIT_FINDINGS, done.stderr.decode()
    lines = log.read_text(errors="replace").splitlines()
    opened, changed = [], []
    for line in lines:
        found = WRITES.match(line)
        if found:
            opened.append(found["path"])
            if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE", found["flags"]):
                changed.append((found["path"], found["flags"]))
        elif re.match(r"^\d+ +(?!open)\w+\(", line) and " = -1 " not in line:
            changed.append((line, ""))
    assert {os.path.basename(path) for path in opened} >= {image.name for image in chosen}
    for what, flags in changed:
        anonymous = "O_TMPFILE" in flags or re.search(r"\bftruncate\(", what)
        ours = str(out) in what or what == "/dev/null" or os.path.basename(what).startswith(out.name)
        assert anonymous or ours, (what, flags)
