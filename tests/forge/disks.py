# SPDX-License-Identifier: Apache-2.0
"""Disk images by the real tools, without root and without mounting: a folder becomes an image of
each file system, and one set of inert samples is planted in all of them. PLANTS says what a
sweep must find in every one.

Two file systems have no program that fills them: exfat.py and hfsplus.py are recipes."""

import dataclasses
import io
import os
import shutil
import subprocess
import zipfile

import exfat
import forge
import hfsplus
import ntfs

MIB = 1 << 20
SILENT = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
# A folder that is not Unicode in file systems of bytes would be nobody's locale: mtools is told one.
MTOOLS = {**os.environ, "MTOOLSRC": "/dev/null", "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"}


def read(path):
    """A file as pieces, its holes left out: ([(offset, bytes)], size)."""
    size = os.path.getsize(path)
    pieces, at = [], 0
    with open(path, "rb") as file:
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            os.lseek(file.fileno(), at, os.SEEK_SET)
            pieces.append((at, file.read(end - at)))
            file.seek(end)
            at = end
    return pieces, size


# --- file systems ---------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Kind:
    """How an image of one kind is made. make(image, tree, size); delete(image, [path]) or None."""

    make: object
    delete: object = None
    size: int = 24 * MIB
    names: str = "bytes"  # which names it can have: "bytes", "unicode", "windows"
    unit: int = 4096  # bytes of what The Sleuth Kit counts: blocks, clusters, or sectors
    features: frozenset = frozenset()  # of "links", "sparse", "streams"


def ext(version, block, *features):
    def make(image, tree, size):
        image.unlink(missing_ok=True)
        subprocess.run(["mke2fs", "-q", "-F", "-t", version, "-b", str(block), "-m", "0", "-E",
                        "lazy_itable_init=0,root_owner=0:0", *(["-O", ",".join(features)] if features else []),
                        "-N", str(max(256, count(tree) + 64)), "-d", tree, image, f"{size // 1024}k"],
                       check=True, **SILENT)
    return make


def count(tree):
    return sum(len(names) + len(files) for _, names, files in os.walk(tree))


def ext_delete(image, paths):
    script = "".join(f'rm "{path}"\n' for path in paths)
    subprocess.run(["debugfs", "-w", "-f", "-", image], input=script.encode(), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ntfs_make(image, tree, size):
    ntfs.make(image, tree, size, read=read)


def ntfs_delete(image, paths):
    with ntfs.Volume(image) as volume:
        for path in paths:
            volume.delete(path.strip("/").split("/"))


def fat(bits, cluster):
    def make(image, tree, size):
        image.unlink(missing_ok=True)
        subprocess.run(["mkfs.fat", "-F", str(bits), "-s", str(cluster // 512), "-C", image, str(size // 1024)],
                       check=True, **SILENT)
        tops = [os.path.join(tree, name) for name in sorted(os.listdir(tree))]
        done = subprocess.run(["mcopy", "-i", image, "-s", "-Q", "-D", "o", *tops, "::/"], env=MTOOLS,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 0, done.stderr[-2000:]
    return make


def fat_delete(image, paths):
    for path in paths:
        subprocess.run(["mdel", "-i", image, f"::{path}"], env=MTOOLS, check=True, **SILENT)


def exfat_make(image, tree, size, deleted=()):
    exfat.make(image, tree, size, read=read, deleted=deleted)


def hfsplus_make(image, tree, size):
    hfsplus.make(image, tree, size, read=read)


def ufs(version):
    def make(image, tree, size):
        image.unlink(missing_ok=True)
        subprocess.run(["makefs", "-t", "ffs", "-o", f"version={version},bsize=16384,fsize=2048", "-s", str(size),
                        image, tree], check=True, **SILENT)
    return make


UNIX = frozenset({"links", "sparse"})
KINDS = {
    "ext2": Kind(ext("ext2", 1024), ext_delete, unit=1024, features=UNIX),
    "ext3": Kind(ext("ext3", 4096), ext_delete, features=UNIX),
    "ext4": Kind(ext("ext4", 4096, "64bit", "metadata_csum"), ext_delete, features=UNIX),
    # Of a file that ends with a hole mke2fs writes a wrong size here.
    "ext4-inline": Kind(ext("ext4", 1024, "inline_data"), ext_delete, unit=1024, features=frozenset({"links"})),
    "ntfs": Kind(ntfs_make, ntfs_delete, names="windows", features=UNIX | {"streams"}),
    "fat12": Kind(fat(12, 4096), fat_delete, size=12 * MIB, names="windows", unit=512),
    "fat16": Kind(fat(16, 2048), fat_delete, names="windows", unit=512),
    "fat32": Kind(fat(32, 512), fat_delete, size=40 * MIB, names="windows", unit=512),
    "exfat": Kind(exfat_make, "with make", names="windows", unit=512),
    "hfsplus": Kind(hfsplus_make, names="unicode"),
    "ufs1": Kind(ufs(1), unit=2048, features=UNIX),
}


def tools_of(kind):
    """The programs that an image of this kind takes."""
    if kind.startswith("ext"):
        return ("mke2fs", "debugfs")
    if kind.startswith("fat"):
        return ("mkfs.fat", "mcopy", "mdel")
    if kind.startswith("ufs"):
        return ("makefs",)
    return {"ntfs": ("mkntfs",), "exfat": ("mkfs.exfat",)}.get(kind, ())


def missing(kind):
    return [tool for tool in tools_of(kind) if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]


def make(kind, image, tree, size=None, deleted=()):
    """An image of `kind` with what lies in `tree`, the paths of `deleted` deleted again."""
    chosen = KINDS[kind]
    if kind == "exfat":
        chosen.make(image, tree, size or chosen.size, [path.strip("/") for path in deleted])
        return
    chosen.make(image, tree, size or chosen.size)
    if deleted:
        chosen.delete(image, deleted)


# --- what is planted ------------------------------------------------------------------------

LAYER = "4f1c" * 16
WHEEL = "litellm-1.82.8-py3-none-any.whl"


@dataclasses.dataclass(frozen=True)
class Plant:
    """One sample: where it lies, by which rule it is found, and how it lies there."""

    rule: str
    state: str  # "live", "deleted", "slack", "unallocated"
    path: str  # in the file system; of what is in slack, the file's
    members: tuple = ()  # the hops below, to the member
    make: object = None


def wheel():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("litellm_init.pth", (2023, 11, 14, 22, 13, 20)), forge.pth_loader())
    return out.getvalue()


def text(recipe):
    return lambda: recipe().encode()


NOTES = "/home/dev/notes.txt"
PLANTS = [
    Plant("litellm_pth_loader", "live", "/srv/app/litellm_init.pth", (), text(forge.pth_loader)),
    Plant("litellm_pth_loader", "live", f"/var/lib/docker/overlay2/{LAYER}/diff/opt/{WHEEL}", ("litellm_init.pth",), wheel),
    Plant("litellm_collector", "deleted", "/home/dev/collector-stage.py", (), text(forge.collector)),
    Plant("litellm_pth_loader", "deleted", f"/home/dev/{WHEEL}", ("litellm_init.pth",), wheel),
    Plant("canisterworm_canister_c2", "slack", NOTES, (), text(forge.canister)),
    Plant("teampcp_rsa_key", "unallocated", "", (), text(forge.rsa_key)),
]


def states(kind):
    """How samples can lie in an image of this kind."""
    return {"live", "slack", "unallocated"} | ({"deleted"} if KINDS[kind].delete else set())


def plants(kind, *wanted):
    return [plant for plant in PLANTS if plant.state in states(kind) & set(wanted or states(kind))]


def notes():
    """A text that ends 296 bytes into a sector, in whatever size of block, and nowhere resident."""
    line = b"nothing of interest stands in this line of the notes\n"
    return (line * 200)[: 9000 - 17] + b"end of the notes\n"


def plant_tree(kind, tree):
    """The files, those that will be deleted too, and live neighbours."""
    for plant in plants(kind, "live", "deleted"):
        path = tree / plant.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(plant.make())
    (tree / NOTES.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    (tree / NOTES.lstrip("/")).write_bytes(notes())
    (tree / "etc").mkdir()
    (tree / "etc/hostname").write_text("host7\n")


def free_place(image, kind):
    """An offset in the image where a block of zeros is, which the file system has not given
    away: by blkstat(1)."""
    block = KINDS[kind].unit
    total = os.path.getsize(image)
    with open(image, "rb") as file:
        for part in (60, 70, 80, 50, 90, 40, 30, 95, 65, 75, 85, 45, 35):
            at = total * part // 100 // 65536 * 65536
            file.seek(at)
            if any(file.read(16384)):
                continue
            said = subprocess.run(["blkstat", image, str(at // block)], capture_output=True, text=True).stdout
            if "Not Allocated" in said:
                return at
    raise AssertionError(f"{image}: nothing is free")


def poke(image, at, data):
    with open(image, "r+b") as file:
        file.seek(at)
        file.write(data)


def find(image, needle):
    """Where the bytes stand in the image; they must stand there once."""
    data = image.read_bytes()
    at = data.find(needle)
    assert at >= 0 and data.find(needle, at + 1) < 0, needle[:40]
    return at


def forge_planted(kind, place, size=None):
    """An image with the planted set: its path."""
    tree, image = place / f"tree-{kind}", place / f"{kind}.img"
    tree.mkdir()
    plant_tree(kind, tree)
    make(kind, image, tree, size, [plant.path for plant in plants(kind, "deleted")])
    for plant in plants(kind, "slack"):
        poke(image, find(image, b"end of the notes\n") + 17, plant.make())
    for plant in plants(kind, "unallocated"):
        poke(image, free_place(image, kind), plant.make())
    return image


# --- disks of several -----------------------------------------------------------------------

SECTOR = 512
GPT_TYPES = {"ntfs": "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "fat": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"}


def disk(path, images, label="gpt"):
    """A disk of partitions, each with the content of one image; sfdisk writes the table.
    Returns the first byte of each."""
    starts, at, rows = [], MIB, []
    for image in images:
        starts.append(at)
        size = -(-os.path.getsize(image) // MIB) * MIB
        rows.append(f"start={at // SECTOR}, size={size // SECTOR}")
        at += size + MIB
    path.unlink(missing_ok=True)
    with open(path, "wb") as file:
        file.truncate(at + MIB)
        for start, image in zip(starts, images):
            file.seek(start)
            for offset, data in read(image)[0]:
                file.seek(start + offset)
                file.write(data)
    script = f"label: {label}\n" + "\n".join(rows) + "\n"
    subprocess.run(["sfdisk", "-q", "--no-reread", "--no-tell-kernel", path], input=script.encode(), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return starts
