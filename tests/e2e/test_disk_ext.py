# SPDX-License-Identifier: Apache-2.0
"""ext2, ext3 and ext4 as mke2fs and debugfs write them: the files that the program sees are
those that went in, or that debugfs takes out."""

import hashlib
import json
import os
import random
import shutil
import stat
import struct
import subprocess
import time

import pytest
import sweep
from conftest import CANARY

TOOL = os.environ.get("OPEN_CONTAINER")
pytestmark = pytest.mark.skipif(
    not TOOL or not shutil.which("mke2fs") or not shutil.which("debugfs"), reason="no tools for ext")
KIB = 1024
MIB = 1024 * KIB
ENV = {**os.environ, "MKE2FS_SKIP_CHECK_MSG": "1", "E2FSPROGS_FAKE_TIME": "1700000000"}


def run(*words, data=None):
    done = subprocess.run([os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in words],
                          input=data, capture_output=True, env=ENV, timeout=120)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def make(path, tree, *options, size="64M", kind="ext4"):
    path.unlink(missing_ok=True)
    run("mke2fs", "-q", "-F", "-t", kind, *options, *(["-d", tree] if tree else []), path, size)
    return path


def change(image, *commands):
    """Through debugfs, which says nothing in its exit code."""
    done = subprocess.run(["debugfs", "-w", "-f", "-", os.fspath(image)], input="\n".join(commands).encode() + b"\n",
                          capture_output=True, env=ENV, timeout=120)
    return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def listing(image, seconds=30):
    start = time.monotonic()
    done = subprocess.run([TOOL, os.fspath(image)], capture_output=True, timeout=300)
    assert done.returncode in (0, 1, 3), done.stderr
    assert time.monotonic() - start < seconds * sweep.PATIENCE
    return [json.loads(line) for line in done.stdout.splitlines()]


def name_of(row):
    return row["name"].encode("latin-1")


def files(rows):
    """{path: (size, digest)} of files that are not deleted, and each name once."""
    found = [(name_of(row), (row["size"], row["sha256"])) for row in rows
             if row.get("kind") == "file" and "deleted" not in row]
    assert len(found) == len(dict(found))
    return dict(found)


def errors(rows):
    return [(row["reason"], row["text"]) for row in rows if "error" in row]


def names(rows, kind):
    return {name_of(row) for row in rows if row.get("kind") == kind and "deleted" not in row}


def deleted(rows):
    """{path: (recovery, size, digest or None)}"""
    return {name_of(row): (row["deleted"], row["size"], row.get("sha256")) for row in rows if "deleted" in row}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(file.read()).hexdigest()


def tree_files(top):
    """What files() must say of a tree."""
    found = {}
    for folder, _, entries in os.walk(os.fsencode(top)):
        for entry in entries:
            path = os.path.join(folder, entry)
            if stat.S_ISREG(os.lstat(path).st_mode):
                found[path[len(os.fsencode(top)):]] = (os.path.getsize(path), digest(path))
    return found


def tree_names(top, test):
    found = set()
    for folder, folders, entries in os.walk(os.fsencode(top)):
        found.update(path[len(os.fsencode(top)):] for path in (os.path.join(folder, e) for e in entries + folders)
                     if test(os.lstat(path).st_mode))
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A tree of everything that mke2fs can take."""
    top = tmp_path_factory.mktemp("planted")
    rng = random.Random(11)
    (top / "many").mkdir()
    for i in range(500):
        (top / "many" / f"file number {i:05}").write_bytes(b"content of file %d\n" % i * (i % 9))
    deep = top
    for i in range(40):
        deep = deep / f"level{i}"
        deep.mkdir()
        (deep / "leaf").write_bytes(rng.randbytes(100 * i))
    for size in (1, 59, 60, 61, 100, 150, 1023, 1024, 1025, 4095, 4096, 4097, 12 * KIB, 12 * KIB + 1, 268 * KIB,
                 48 * KIB, 300 * KIB + 7, 2 * MIB + 3):
        (top / f"size{size}").write_bytes(rng.randbytes(size))
    odd = os.fsencode(top / "odd")
    os.mkdir(odd)
    for name in (b"\xff\xfe not UTF-8", b"n" * 255, b"\xc3\xa4" * 127, b"new\nline", b" ", b"...", b"-"):
        with open(os.path.join(odd, name), "wb") as file:
            file.write(b"called " + name)
    for i in range(100):
        (top / "dirs" / f"d{i}").mkdir(parents=True)
        (top / "dirs" / f"d{i}" / "f").write_bytes(b"%d" % i)
    with open(top / "holes", "wb") as file:
        for at in (0, 5 * KIB, 300 * KIB, 3 * MIB):
            file.seek(at)
            file.write(b"data at %d" % at)
        file.truncate(3 * MIB + 100)  # mke2fs forgets a hole at the end where it may write inline
    os.link(top / "size2097155", top / "dirs" / "hard")
    os.symlink("size1", top / "short link")
    os.symlink("x" * 59, top / "link59")
    os.symlink("y" * 60, top / "link60")
    os.symlink("z" * 900, top / "link900")
    os.mkfifo(top / "fifo")
    (top / "empty").mkdir()
    return top


VARIANTS = {
    "ext2": (["-b", "1024"], "ext2"),
    "ext2 of 1992": (["-r", "0", "-b", "1024"], "ext2"),
    "ext3": (["-b", "4096", "-I", "128"], "ext3"),
    "ext4": ([], "ext4"),
    "ext4, 4 KiB": (["-b", "4096"], "ext4"),
    "ext4, 64 KiB": (["-b", "65536", "-O", "^has_journal"], "ext4"),
    "ext4 without extents": (["-O", "^extents,^64bit", "-b", "1024"], "ext4"),
    "ext4 without sums": (["-O", "^metadata_csum,uninit_bg"], "ext4"),
    "ext4 inline": (["-O", "inline_data", "-I", "256"], "ext4"),
    "ext4 inline, large inodes": (["-O", "inline_data", "-I", "1024", "-b", "4096"], "ext4"),
    "ext4 bigalloc": (["-O", "bigalloc,^resize_inode", "-C", "16384", "-b", "4096"], "ext4"),
    "ext4 bigalloc, 1 KiB": (["-O", "bigalloc,^resize_inode", "-C", "8192", "-b", "1024"], "ext4"),
    "ext4 meta_bg": (["-O", "meta_bg,^resize_inode", "-b", "1024"], "ext4"),
    "ext4 small groups": (["-g", "1024", "-b", "1024", "-G", "4"], "ext4"),
    "ext4 sparse_super2": (["-O", "sparse_super2,metadata_csum_seed", "-b", "1024"], "ext4"),
    "ext4 no filetype": (["-O", "^filetype"], "ext4"),
    "ext4 casefold": (["-O", "casefold"], "ext4"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_files_are_those_that_went_in(tmp_path, planted, variant):
    options, kind = VARIANTS[variant]
    size = "512M" if "65536" in options else "48M"
    image = make(tmp_path / "i", planted, "-N", "4000", *options, size=size, kind=kind)
    bids = run(TOOL, "--bids", image).decode().split()
    assert bids[:1] == [kind] and len(bids) == 2
    rows = listing(image)
    assert errors(rows) == []
    assert files(rows) == tree_files(planted)
    assert names(rows, "directory") == tree_names(planted, stat.S_ISDIR) | {b"/lost+found"}
    assert names(rows, "special") == {b"/fifo"}
    links = {name_of(row): row["target"] for row in rows if row.get("kind") == "link"}
    assert links == {b"/short link": "size1", b"/link59": "x" * 59, b"/link60": "y" * 60, b"/link900": "z" * 900}
    for row in rows:
        facts = os.lstat(os.fsencode(planted) + name_of(row)) if name_of(row) != b"/lost+found" else None
        assert facts is None or (row["mode"], row["uid"]) == (facts.st_mode, facts.st_uid), row
        assert facts is None or row["mtime_ns"] // 10**9 == int(facts.st_mtime), row


def test_thousands_of_files_in_one_directory(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    for i in range(5000):
        (tree / f"file number {i:05}, whose name is not short").write_bytes(b"content of file %d\n" % i * (i % 9))
    with open(tree / "holes", "wb") as file:
        file.write(b"x")
        file.truncate(60 * MIB + 1)
    image = make(tmp_path / "i", tree, "-N", "6000", "-b", "1024")
    subprocess.run(["e2fsck", "-fyD", image], capture_output=True)
    assert b"Indirect levels" in run("debugfs", "-R", "htree /", image)
    rows = listing(image)
    assert errors(rows) == [] and files(rows) == tree_files(tree)


def test_a_directory_comes_before_what_is_in_it(tmp_path, planted):
    seen = {b""}
    for row in listing(make(tmp_path / "i", planted, "-N", "4000", size="48M")):
        assert os.path.dirname(name_of(row)).rstrip(b"/") in seen
        if row["kind"] == "directory":
            seen.add(name_of(row))


# --- written in place -----------------------------------------------------------------------


@pytest.mark.parametrize("options", [["-b", "1024"], ["-b", "1024", "-O", "^extents,^64bit"], ["-b", "4096"]])
def test_fragments_and_all_that_debugfs_writes(tmp_path, options):
    """Files written into the holes that other files left; each is what debugfs takes out."""
    rng = random.Random(3)
    image = make(tmp_path / "i", None, *options, "-N", "2000", size="16M")
    small, large, wide = tmp_path / "small", tmp_path / "large", tmp_path / "wide"
    small.write_bytes(rng.randbytes(5 * KIB))
    large.write_bytes(rng.randbytes(3 * MIB + 77))
    with open(wide, "wb") as file:
        for i in range(60):
            file.seek(i * 40 * KIB)
            file.write(b"%04d" % i * 512)
    fill = [f"write {small} s{i}" for i in range(1000)]
    free = [f"rm s{i}" for i in range(0, 1000, 2)]
    change(image, "mkdir d", *fill, *free, f"write {large} d/large", f"write {wide} d/wide", "ln s1 d/hard",
           "mknod pipe p", "mknod tty c 5 0", "mknod disk b 8 0", "symlink d/link /target",
           "sif s3 size 3000", "sif s5 mtime 20380119031408", "sif s5 uid 70000", "sif s7 gid 4000000000")
    out = tmp_path / "out"
    out.mkdir()
    run("debugfs", "-R", f"rdump / {out}", image)
    rows = listing(image)
    assert errors(rows) == []
    assert files(rows) == tree_files(out)
    assert files(rows)[b"/d/large"] == (3 * MIB + 77, digest(large))
    assert len(files(rows)) == 503
    assert names(rows, "special") == {b"/pipe", b"/tty", b"/disk"}
    rows = {name_of(row): row for row in rows}
    assert rows[b"/d/link"]["target"] == "/target"
    assert (rows[b"/s5"]["uid"], rows[b"/s7"]["gid"]) == (70000, 4000000000)


def test_a_file_of_more_than_4_gib(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    with open(tree / "huge", "wb") as file:
        for at in (0, 2 * 1024 * MIB, 4 * 1024 * MIB + 5, 6 * 1024 * MIB):
            file.seek(at)
            file.write(CANARY)
    for options, kind in ((["-b", "1024"], "ext4"), (["-b", "4096"], "ext2")):
        ((name, (size, _)),) = files(listing(make(tmp_path / "i", tree, *options, kind=kind))).items()
        assert (name, size) == (b"/huge", 6 * 1024 * MIB + len(CANARY))


def test_times_before_1970_and_after_2038(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    wanted = {b"/old": -5 * 10**9, b"/new": (2**32 + 7) * 10**9, b"/now": 1700000000 * 10**9 + 123456789}
    for name, when in wanted.items():
        (tree / name.decode()[1:]).write_bytes(b"x")
        os.utime(tree / name.decode()[1:], ns=(0, when))
    image = make(tmp_path / "i", tree)
    # mke2fs writes no more than 32 bits of seconds.
    change(image, "sif new mtime @7", "sif new mtime_extra 1", "sif now mtime @1700000000",
           f"sif now mtime_extra {123456789 << 2}", "sif old mtime @4294967291", "sif old mtime_extra 0")
    times = {name_of(row): row.get("mtime_ns") for row in listing(image)}
    assert {name: times[name] for name in wanted} == wanted


# --- deleted files ------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["-b", "1024", "-O", "^extents,^64bit,^metadata_csum"], ["-b", "1024"],
                                     ["-b", "4096", "-O", "bigalloc,^resize_inode", "-C", "8192"]])
def test_deleted_files_are_found_where_they_were(tmp_path, options):
    tree = tmp_path / "t"
    (tree / "d").mkdir(parents=True)
    rng = random.Random(6)
    for i in range(8):
        (tree / "d" / f"file{i}").write_bytes(rng.randbytes(30 * KIB + i))
    image = make(tmp_path / "i", tree, *options, size="16M")
    # Whoever is first in a block leaves no number.
    order = [name_of(row).decode()[3:] for row in listing(image) if row["kind"] == "file"]
    stat_of = {name: run("debugfs", "-R", f"stat /d/{name}", image).decode() for name in order}
    change(image, *(f"rm d/{name}" for name in order[2:5]), f"unlink d/{order[5]}",
           f"unlink d/{order[6]}", f"sif <{stat_of[order[6]].split()[1]}> links_count 0")
    rows = listing(image)
    assert errors(rows) == []
    gone = deleted(rows)
    whole = {name: digest(tree / "d" / name) for name in order}
    size = {name: os.path.getsize(tree / "d" / name) for name in order}
    assert gone == {f"/d/{name}".encode(): ("full", size[name], whole[name]) for name in [*order[2:5], order[6]]}
    nameless = f"/$OrphanFiles/inode-{stat_of[order[5]].split()[1]}".encode()
    assert files(rows) == {f"/d/{n}".encode(): (size[n], whole[n]) for n in (order[0], order[1], order[7])} | {
        nameless: (size[order[5]], whole[order[5]])}


def test_deleted_files_of_which_others_have_a_part(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    for name in ("keep", "part", "gone", "last"):
        (tree / name).write_bytes(name.encode() * 5 * KIB)
    image = make(tmp_path / "i", tree, "-b", "1024", size="8M")
    blocks = {name: [int(b) for b in run("debugfs", "-R", f"blocks /{name}", image).split()] for name in ("part", "gone")}
    change(image, "rm part", "rm gone", *(f"setb {b}" for b in blocks["part"][:7] + blocks["gone"]))
    rows = listing(image)
    gone = deleted(rows)
    assert {name: what[0] for name, what in gone.items()} == {b"/part": "partial", b"/gone": "overwritten"}
    left = bytes(7 * KIB) + (tree / "part").read_bytes()[7 * KIB :]
    assert gone[b"/part"][1:] == (20 * KIB, hashlib.sha256(left).hexdigest())
    assert gone[b"/gone"][2] is None


def test_files_that_linux_deletes_leave_a_name(tmp_path):
    """It takes the blocks and the size out of the inode."""
    tree = tmp_path / "t"
    tree.mkdir()
    for name in ("a", "litellm_init.pth", "z"):
        (tree / name).write_bytes(b"content of " + name.encode())
    image = make(tmp_path / "i", tree, size="8M")
    number = run("debugfs", "-R", "stat /litellm_init.pth", image).decode().split()[1]
    change(image, "rm litellm_init.pth")
    assert deleted(listing(image))[b"/litellm_init.pth"][0] == "full"
    # An empty tree of extents, as Linux leaves it.
    change(image, f"sif <{number}> size 0", f"sif <{number}> block[0] 0xf30a", f"sif <{number}> block[5] 0")
    assert {name: what[0] for name, what in deleted(listing(image)).items()} == {b"/litellm_init.pth": ""}


# --- the journal --------------------------------------------------------------------------------


def journalled(tmp_path, before, after, block_size, turns, version):
    """`before` with a journal that makes it `after`, in so many transactions; the first are
    not the last word."""
    old, new = before.read_bytes(), after.read_bytes()
    changed = [at // block_size for at in range(0, len(old), block_size)
               if old[at : at + block_size] != new[at : at + block_size]]
    image = tmp_path / "journalled"
    image.write_bytes(old)
    commands = [f"jo -c -v {version}" if version > 1 else "jo"]
    for turn in range(turns):
        part = changed if turn == turns - 1 else changed[:: turn + 2]
        data = tmp_path / f"turn{turn}"
        data.write_bytes(b"".join(new[b * block_size : (b + 1) * block_size] if turn == turns - 1
                                  else b"\xc0\x3b\x39\x98" * (block_size // 4) for b in part))
        commands.append(f"jw -b {','.join(map(str, part))} {data}")
    said = change(image, *commands, "jc")
    assert "rror" not in said, said
    return image, changed


@pytest.mark.parametrize("options, version", [(["-b", "1024"], 3), (["-b", "1024", "-O", "^64bit,^metadata_csum"], 1),
                                              (["-b", "1024", "-O", "^64bit"], 2), (["-b", "4096"], 3)])
def test_what_the_journal_has_counts(tmp_path, options, version):
    tree = tmp_path / "t"
    tree.mkdir()
    for i in range(20):
        (tree / f"file{i}").write_bytes(b"%d" % i * 700)
    before = make(tmp_path / "before", tree, *options, size="16M")
    after = tmp_path / "after"
    shutil.copy(before, after)
    bad = tmp_path / "bad"
    bad.write_bytes(b"\xc0\x3b\x39\x98 begins like a block of the journal, " + CANARY)
    change(after, "mkdir new", *(f"ln file{i} new/hard{i}" for i in range(9)), "rm file19", f"write {bad} new/bad")
    for turns in (1, 3):
        image, _ = journalled(tmp_path, before, after, int(options[1]), turns, version)
        assert "needs_recovery" in run("debugfs", "-R", "feature", image).decode()
        rows, wanted = listing(image), listing(after)
        assert errors(rows) == []
        assert files(rows) == files(wanted) and b"/new/bad" in files(rows)
        assert deleted(rows) == deleted(wanted)


def test_a_transaction_without_its_end_does_not_count(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "f").write_bytes(b"old")
    before = make(tmp_path / "before", tree, "-b", "1024", size="16M")
    after = tmp_path / "after"
    shutil.copy(before, after)
    change(after, "mkdir new")
    image, _ = journalled(tmp_path, before, after, 1024, 1, 3)
    data = bytearray(image.read_bytes())
    assert b"/new" in names(listing(image), "directory")
    at = data.index(b"\xc0\x3b\x39\x98\0\0\0\x02")
    data[at + 60] ^= 1
    image.write_bytes(data)
    assert names(listing(image), "directory") == {b"/lost+found"}
    # And one whose blocks were revoked: an old journal.
    data[at + 60] ^= 1
    start = next(at for at in range(0, len(data), 1024) if data[at : at + 8] == b"\xc0\x3b\x39\x98\0\0\0\x04")
    data[start + 5] = 9
    image.write_bytes(data)
    rows = listing(image)
    assert files(rows) == files(listing(before))
    assert len(errors(rows)) == 1 and "journal is damaged" in errors(rows)[0][1]


def test_revoked_blocks_stay_as_they_are(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "f").write_bytes(b"good" * 256)
    image = make(tmp_path / "i", tree, "-b", "1024", size="16M")
    block = run("debugfs", "-R", "blocks /f", image).split()[0].decode()
    bad = tmp_path / "bad"
    bad.write_bytes(b"evil" * 256)
    wanted = files(listing(image))
    change(image, "jo", f"jw -b {block} {bad}", "jc")
    assert files(listing(image)) != wanted
    change(image, "jo", f"jw -r {block}", "jc")
    assert files(listing(image)) == wanted


# --- through the program ----------------------------------------------------------------------


def test_findings_have_a_place(tmp_path, planted, rules):
    tree = tmp_path / "t"
    (tree / "var" / "lib").mkdir(parents=True)
    (tree / "var" / "lib" / "bad").write_bytes(b"here is " + CANARY)
    image = make(tmp_path / "disk.img", tree, "-U", "01234567-89ab-cdef-0123-456789abcdef", size="16M")
    before = digest(image)
    result = sweep.run(["scan", "--no-builtin-rules", "--rules", rules, image])
    assert [f["locator"] for f in result.findings] == [f"{image}!/var/lib/bad"] or \
        [f["locator"] for f in result.findings] == [f"{image}!ext4!/var/lib/bad"]
    assert result.gaps == [] and digest(image) == before


# --- damage -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small one with everything in it, as bytes; of several groups."""
    top = tmp_path_factory.mktemp("sound")
    rng = random.Random(5)
    for folder in ("a", "a/b", "c"):
        (top / folder).mkdir()
        for i in range(30):
            (top / folder / f"file{i}").write_bytes(rng.randbytes(500 * i))
    os.symlink("x" * 100, top / "link")
    image = make(top.parent / "sound.img", top, "-b", "1024", "-g", "2048", "-N", "512", size="8M")
    return image.read_bytes(), tree_files(top)


def put(path, data, *changes):
    data = bytearray(data)
    for at, what in changes:
        data[at : at + len(what)] = what
    path.write_bytes(data)
    return path


def test_a_lost_super_block_is_taken_from_a_copy(tmp_path, sound):
    """Of groups of the usual size: nobody knows where others lie."""
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "f").write_bytes(b"content")
    image = make(tmp_path / "i", tree, "-b", "1024", size="32M")
    data = image.read_bytes()
    rows = listing(put(image, data, (1024, bytes(1024))))
    assert files(rows) == {b"/f": (7, hashlib.sha256(b"content").hexdigest())}
    ((reason, text),) = errors(rows)
    assert reason == "damaged" and "copy" in text


def test_lost_group_descriptors_are_taken_from_a_copy(tmp_path, sound):
    data, wanted = sound
    rows = listing(put(tmp_path / "i", data, (2048, random.Random(1).randbytes(1024))))
    assert files(rows) == wanted
    ((reason, text),) = errors(rows)
    assert reason == "damaged" and "group descriptors" in text


def test_a_sum_that_does_not_fit_is_told_and_all_is_read(tmp_path, sound):
    data, wanted = sound
    at = data.index(b"file29\0\0") + 6
    path = put(tmp_path / "i", data, (at, b"\x01"))
    rows = listing(path)
    assert files(rows) == wanted
    assert len(errors(rows)) == 1 and "checksum" in errors(rows)[0][1]


def test_an_image_that_is_cut(tmp_path, sound):
    data, wanted = sound
    for size in range(256 * KIB, len(data), 256 * KIB):
        path = tmp_path / "i"
        path.write_bytes(data[:size])
        rows = listing(path)
        found = files(rows)
        named = {name for name in found if not name.startswith(b"/$OrphanFiles/")}
        assert named <= set(wanted)
        assert any(reason == "truncated" for reason, _ in errors(rows))
        damaged = sum(found[name] != wanted[name] for name in named)
        assert damaged <= len(errors(rows)), size


def test_loops_and_shared_blocks_end(tmp_path):
    image = make(tmp_path / "i", None, size="8M")
    change(image, "mkdir a", "mkdir a/b", "ln a a/b/loop", "ln / a/root", "mkdir c", "ln a/b c/again")
    rows = listing(image)
    told = errors(rows)
    assert len(rows) < 20 and len(told) == 3 and all("more than one place" in text for _, text in told)


def test_any_change_is_survived(tmp_path, sound):
    """Changed bytes in what is not content: an end, soon, and a word about what is lost."""
    data, wanted = sound
    rng = random.Random(8)
    ends = [at for at in range(0, len(data), 1024) if any(data[at : at + 1024])]
    metadata = ends[:40] + rng.sample(ends, 40)
    for turn in range(6 if sweep.LEAN else 60):
        changed = [(at + rng.randrange(1024), rng.randbytes(rng.choice((1, 1, 2, 4))))
                   for at in rng.choices(metadata, k=rng.choice((1, 3, 20, 200)))]
        rows = listing(put(tmp_path / "i", data, *changed))
        if not rows:
            continue
        found = files(rows) if len({row.get("name") for row in rows if row.get("kind") == "file"}) == \
            sum(row.get("kind") == "file" for row in rows) else {}
        lost = [name for name in wanted if name not in found]
        assert not lost or errors(rows) or found == {}, (turn, lost)


def test_hostile_trees_of_extents(tmp_path):
    """A tree of extents that leads back to itself, and one of 2**32 blocks."""
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "f").write_bytes(b"x" * 4096 * 4)
    image = make(tmp_path / "i", tree, "-b", "4096", "-O", "^metadata_csum", size="16M")
    data = bytearray(image.read_bytes())
    at = data.index(struct.pack("<HHHHI", 0xF30A, 1, 4, 0, 0) + struct.pack("<I", 0) + struct.pack("<HH", 4, 0))
    block = struct.unpack_from("<I", data, at + 20)[0]
    node = struct.pack("<HHHHI", 0xF30A, 340, 340, 0, 0)
    node += b"".join(struct.pack("<IHHI", i, 1, 0, block) for i in range(340))
    index = struct.pack("<HHHHI", 0xF30A, 4, 4, 1, 0)
    index += b"".join(struct.pack("<IIHH", i * 340, block, 0, 0) for i in range(4))
    size_at = at - 0x28 + 4
    for root, leaf in ((index, node), (struct.pack("<HHHHI", 0xF30A, 1, 4, 5, 0) + index[12:], index)):
        data[at : at + len(root)] = root
        data[block * 4096 : block * 4096 + len(leaf)] = leaf
        for size in (2**31, 2**63):
            struct.pack_into("<I", data, size_at, size & 0xFFFFFFFF)
            struct.pack_into("<I", data, at - 0x28 + 0x6C, size >> 32)
            image.write_bytes(data)
            done = subprocess.run([TOOL, "--quiet", image], capture_output=True, timeout=60)
            assert done.returncode == 0 and int(done.stdout.splitlines()[-1]) < 32 * MIB


def test_encrypted_files_are_gaps(tmp_path):
    tree = tmp_path / "t"
    tree.mkdir()
    (tree / "f").write_bytes(b"x" * 5000)
    image = make(tmp_path / "i", tree, "-O", "encrypt", "-U", "01234567-89ab-cdef-0123-456789abcdef", size="16M")
    change(image, "sif f flags 0x80800")
    rows = listing(image)
    (row,) = [row for row in rows if row.get("kind") == "file"]
    assert row["encrypted"]
    assert [reason for reason, _ in errors(rows)] == ["encrypted"]
    assert "01234567-89ab-cdef-0123-456789abcdef" in errors(rows)[0][1]
