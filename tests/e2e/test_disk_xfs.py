# SPDX-License-Identifier: Apache-2.0
"""XFS: what the source hands out, against the tree that went in and against xfs_db."""

import calendar
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import time
import zipfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "forge"))
import xfs  # noqa: E402

from conftest import CANARY  # noqa: E402

DUMP = os.environ.get("SOURCE_DUMP")
pytestmark = [
    pytest.mark.skipif(not DUMP, reason="SOURCE_DUMP does not name the test program"),
    pytest.mark.skipif(not shutil.which("mkfs.xfs") or not shutil.which("xfs_db"), reason="needs xfsprogs"),
]
BLOCK = 4096


def dump(*arguments):
    result = subprocess.run([DUMP, *arguments], capture_output=True, check=False, timeout=60)
    assert result.returncode in (0, 1), result
    lines = [line.split("\t") for line in result.stdout.decode().splitlines()]
    return [line for line in lines if line[0] != "!"], [line[1:] for line in lines if line[0] == "!"]


def members(image):
    """{name: (kind, mode, owner, size, digest, target)}, and the failures."""
    lines, failures = dump("xfs", image)
    found = {line[6]: (line[0], line[1], line[2], int(line[4]), line[5], line[7]) for line in lines}
    assert len(found) == len(lines), "a name twice"
    return found, failures


class Tree:
    """Lines of a prototype file, and what a reading of it must give."""

    def __init__(self, folder):
        self.folder = folder
        self.lines, self.names, self.open = [], {}, [""]

    def file(self, name, data, mode="644", owner=(1000, 100)):
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / digest
        path.write_bytes(data)
        self.lines.append(f"{name} ---{mode} {owner[0]} {owner[1]} {path}")
        self.names[f"{self.open[-1]}/{name}"] = ("f", mode, f"{owner[0]}:{owner[1]}", len(data), digest, "")

    def link(self, name, target):
        self.lines.append(f"{name} l--777 1 2 {target}")
        self.names[f"{self.open[-1]}/{name}"] = ("l", "777", "1:2", 0, "-", target)

    def fifo(self, name):
        self.lines.append(f"{name} p--640 3 4")
        self.names[f"{self.open[-1]}/{name}"] = ("s", "640", "3:4", 0, "-", "")

    def enter(self, name):
        self.lines.append(f"{name} d--755 5 6")
        self.names[f"{self.open[-1]}/{name}"] = ("d", "755", "5:6", 0, "-", "")
        self.open.append(f"{self.open[-1]}/{name}")

    def leave(self):
        self.lines.append("$")
        self.open.pop()

    def fill(self, count, width):
        for i in range(count):
            self.file(f"f{i:05}{'n' * (i % width)}", b"%d\n" % (i % 10))


def small(folder):
    tree = Tree(folder)
    tree.file("empty", b"")
    tree.file("text", b"a line of text\n" * 700, "755", (0, 0))
    tree.file("noise", random.Random(1).randbytes(3 * 1024 * 1024 + 321))
    tree.link("link", "../some/where")
    tree.link("edge", "e" * 250)
    tree.fifo("fifo")
    tree.enter("deep")
    for i in range(20):
        tree.enter(f"d{i}")
    tree.file("bottom", b"at the bottom")
    for i in range(21):
        tree.leave()
    for count in (2, 40, 400):
        tree.enter(f"of{count}")
        tree.fill(count, 150)
        tree.leave()
    return tree


@pytest.fixture(name="tree", scope="module")
def make_tree(tmp_path_factory):
    return small(tmp_path_factory.mktemp("tree"))


@pytest.fixture(name="image", scope="module")
def make_image(tmp_path_factory, tree):
    path = tmp_path_factory.mktemp("image") / "xfs.img"
    xfs.make(path, tree.lines)
    return path


@pytest.fixture(name="copy")
def copy_image(tmp_path, image):
    path = tmp_path / "copy.img"
    subprocess.run(["cp", "--sparse=always", image, path], check=True)
    return path


# ---- what mkfs.xfs makes ------------------------------------------------------------

@pytest.mark.parametrize("options", [
    "", "-m crc=0", "-m crc=0 -n ftype=0 -i attr=1", "-m crc=0 -b size=512 -i size=256 -n size=4096", "-m bigtime=0",
    "-i nrext64=1,size=2048", "-b size=1024 -n size=32768", "-b size=65536", "-n size=16384 -s size=4096",
    "-n version=ci", "-m rmapbt=1,reflink=0,finobt=0", "-i sparse=0"])
def test_members_are_those_of_the_tree(tmp_path, tree, options):
    path = tmp_path / "xfs.img"
    try:
        xfs.make(path, tree.lines, *options.split())
    except subprocess.CalledProcessError:
        pytest.skip("this mkfs.xfs cannot")
    found, failures = members(path)
    assert failures == []
    assert found == tree.names


def test_directories_of_thousands(tmp_path):
    tree = Tree(tmp_path)
    for count, width in ((300, 3), (1200, 60)):
        tree.enter(f"of{count}")
        tree.fill(count, width)
        tree.leave()
    xfs.make(tmp_path / "xfs.img", tree.lines)
    found, failures = members(tmp_path / "xfs.img")
    assert failures == []
    assert found == tree.names


def db_times(image, numbers):
    """{inode: (links, birth, content, change, reading)} as xfs_db tells them."""
    fields = ("v3.crtime", "core.mtime", "core.ctime", "core.atime")
    commands = []
    for number in numbers:
        commands += [f"inode {number}", "print core.nlinkv2"]
        commands += [f"print {field}.{part}" for field in fields for part in ("sec", "nsec")]
    values = [line.split(" = ", 1)[1] for line in xfs.db(image, *commands).splitlines() if " = " in line]
    result = {}
    for i, number in enumerate(numbers):
        row = values[i * 9:i * 9 + 9]
        times = [calendar.timegm(time.strptime(second, "%a %b %d %H:%M:%S %Y")) * 10**9 + int(rest)
                 for second, rest in zip(row[1::2], row[2::2])]
        result[number] = (int(row[0]), *times)
    return result


@pytest.mark.parametrize("bigtime", [0, 1])
def test_times_are_those_of_xfs_db(tmp_path, tree, bigtime):
    path = tmp_path / "xfs.img"
    xfs.make(path, tree.lines, "-m", f"bigtime={bigtime}")
    seconds = [-2**31, -1, 0, 1, 951782400, 2**31 - 1] + ([2**31, 2**32, 2**33 - 1] if bigtime else [])
    with xfs.Image(path) as image:
        numbers = [int(line[0]) for line in dump("facts", "xfs", path)[0]]
        for i, second in enumerate(seconds):
            for at, nanosecond in ((32, 0), (40, 999999999), (48, 1), (144, 123456789)):
                value = (second + 2**31) * 10**9 + nanosecond
                image.set(numbers[i], ">Q" if bigtime else ">iI", at, *([value] if bigtime else [second, nanosecond]))
    lines, failures = dump("facts", "xfs", path)
    assert failures == []
    ours = {int(line[0]): tuple(int(value) for value in line[1:6]) for line in lines[:60]}
    assert ours == db_times(path, list(ours))
    assert ours[numbers[1]][2] == -1
    assert ours[numbers[0]][1:] == (-2**31 * 10**9 + 123456789, -2**31 * 10**9 + 999999999, -2**31 * 10**9 + 1,
                                    -2**31 * 10**9)


def test_times_behind_what_can_be_told_are_unknown(copy):
    with xfs.Image(copy) as image:
        image.set(image.number("/text"), ">Q", 40, 2**64 - 1)
    lines, _ = dump("facts", "xfs", copy)
    assert [line[3] for line in lines if line[6] == "/text"] == ["-"]


# ---- what is forged -----------------------------------------------------------------

def content(image, path, name):
    found, failures = members(path)
    assert failures == []
    assert {key: value for key, value in found.items() if key != name} == image
    return found[name]


def expected(data):
    return (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("levels, options", [(1, ""), (2, ""), (1, "-m crc=0"), (2, "-i nrext64=1")])
def test_content_of_a_tree_of_extents(tmp_path, tree, levels, options):
    """A file in 650 fragments, backwards on the disk, with holes and unwritten parts."""
    path = tmp_path / "xfs.img"
    xfs.make(path, tree.lines, *options.split())
    with xfs.Image(path) as image:
        number = image.number("/noise")
        (_, first, count), = image.extents(number)
        rows = [(3 * i, first + 650 - i, 1, i % 7 == 3) for i in range(650)]
        if "nrext64" in options:
            image.set(number, ">Q", 24, len(rows))
        image.put_tree(number, rows, range(first + 700, first + count), levels)
        data = bytearray(650 * 3 * BLOCK)
        for offset, block, _, unwritten in rows:
            if not unwritten:
                data[offset * BLOCK:(offset + 1) * BLOCK] = image.read(image.place(block), BLOCK)
        data = bytes(data[:-100])
        image.set(number, ">Q", 56, len(data))
        blocks = re.findall(r"data offset (\d+) startblock \d+ \(\d+/\d+\) count 1 flag ([01])",
                            xfs.db(path, f"inode {number}", "bmap"))
    assert [(int(offset), flag == "1") for offset, flag in blocks] == [(row[0], row[3]) for row in rows]
    rest = {name: value for name, value in tree.names.items() if name != "/noise"}
    assert content(rest, path, "/noise")[3:5] == expected(data)


def test_a_hole_at_either_end_and_shared_blocks(copy, tree):
    with xfs.Image(copy) as image:
        number, other = image.number("/noise"), image.number("/text")
        (_, first, _), = image.extents(number)
        image.set(other, ">Q", 120, struct.unpack_from(">Q", image.inode(other), 120)[0] | 2)
        image.put_extents(other, [(5, first + 1, 2), (9, first, 1, True), (10, first, 1)])
        image.set(other, ">Q", 56, 40 * 1024 * 1024 + 7)
        body = image.read(image.place(first), 3 * BLOCK)
    data = bytes(5 * BLOCK) + body[BLOCK:] + bytes(3 * BLOCK) + body[:BLOCK]
    data += bytes(40 * 1024 * 1024 + 7 - len(data))
    found, failures = members(copy)
    assert failures == []
    assert found["/text"][3:5] == expected(data)
    assert found["/noise"] == tree.names["/noise"]


def test_a_file_of_many_gigabytes_is_read_at_its_place(copy):
    hole = 2**33 * BLOCK
    with xfs.Image(copy) as image:
        number, other = image.number("/noise"), image.number("/text")
        (_, first, _), = image.extents(other)
        image.put_extents(number, [(2**33, first, 1)])
        image.set(number, ">Q", 56, hole + BLOCK)
        body = image.read(image.place(first), BLOCK)
    found, failures = members(copy)
    assert failures == []
    assert found["/noise"][3:5] == (hole + BLOCK, hashlib.sha256(b"%d" % hole + body).hexdigest())


def test_hard_links_come_under_each_name(copy, tree):
    with xfs.Image(copy) as image:
        directory, text = image.number("/of2"), image.number("/text")
        at, size = image.entry(directory, b"f00001n")
        image.set(directory, ">Q" if size == 8 else ">I", at, text)
        image.set(text, ">I", 16, 2)
    found, failures = members(copy)
    assert failures == []
    assert found["/of2/f00001n"] == found["/text"] == tree.names["/text"]
    links = {line[6]: (line[0], line[1]) for line in dump("facts", "xfs", copy)[0]}
    assert links["/of2/f00001n"] == links["/text"] == (str(text), "2")


@pytest.mark.parametrize("options", ["", "-m crc=0"])
def test_a_link_that_does_not_fit_its_inode(tmp_path, options):
    tree = Tree(tmp_path)
    target = "/".join(["abcdefghij"] * 90)
    tree.link("far", target)
    tree.file("block", b"b" * BLOCK)
    path = tmp_path / "xfs.img"
    xfs.make(path, tree.lines, *options.split())
    if not options:  # this mkfs.xfs forgets the header
        with xfs.Image(path) as image:
            number = image.number("/far")
            (_, block, _), = image.extents(number)
            place = image.place(block)
            head = b"XSLM" + struct.pack(">III16sQQQ", 0, len(target), 0, image.uuid(), number, place // 512, 0)
            image.write(place, xfs.sealed((head + target.encode()).ljust(BLOCK, b"\0"), 12))
    found, failures = members(path)
    assert failures == []
    assert found == tree.names


def test_a_file_that_was_removed_while_open(copy, tree):
    """It is on a list of its group, and is handed out without a name of its own."""
    with xfs.Image(copy) as image:
        directory, text = image.number("/of2"), image.number("/text")
        number = image.number("/of2/f00001n")
        raw = image.inode(directory)
        at, size = image.entry(directory, b"f00001n")
        end = at + size
        start = raw.index(b"f00001n") - 3
        raw[image.core] -= 1
        raw[image.core + 1] -= 1 if raw[image.core + 1] else 0
        struct.pack_into(">Q", raw, 56, struct.unpack_from(">Q", raw, 56)[0] - (end - start))
        image.put_inode(directory, raw)
        image.set(number, ">I", 16, 0)
        inside = number & (1 << image.group_log + image.inode_block_log) - 1
        group = number >> image.group_log + image.inode_block_log
        place = group * image.group_blocks * BLOCK + 2 * image.sector_size
        header = bytearray(image.read(place, image.sector_size))
        struct.pack_into(">I", header, 40 + inside % 64 * 4, inside)
        image.write(place, xfs.sealed(header, 312))
        assert text
    found, failures = members(copy)
    assert failures == []
    assert found[f"/$OrphanFiles/OrphanFile-{number}"] == tree.names["/of2/f00001n"]
    assert "/of2/f00001n" not in found
    assert len(found) == len(tree.names)


# ---- what cannot be read ------------------------------------------------------------

def test_content_on_a_realtime_device_is_missing(copy, tree):
    with xfs.Image(copy) as image:
        image.set(image.number("/noise"), ">H", 90, 1)
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["missing_part"]
    assert found.keys() == tree.names.keys()


def test_an_unknown_feature_is_not_read(copy):
    with xfs.Image(copy) as image:
        head = bytearray(image.read(0, 512))
        head[216] |= 0x80
        image.write(0, xfs.sealed(head, 224))
    lines, failures = dump("xfs", copy)
    assert lines == []
    assert [failure[1] for failure in failures] == ["unsupported"]


def test_a_log_with_changes_is_said(copy, tree):
    with xfs.Image(copy) as image:
        start, = struct.unpack(">Q", image.read(48, 8))
        head = image.read(image.place(start), 1024)
        assert head[:4] == b"\xfe\xed\xba\xbe"
        image.write(image.place(start) + 512 + 9, bytes([0]))
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["unsupported"] and "log" in failures[0][2]
    assert found == tree.names


# ---- damage -------------------------------------------------------------------------

def test_the_first_super_block_is_gone(copy, tree):
    with xfs.Image(copy) as image:
        image.write(0, bytes(512))
    bids = dict(line.split() for line in subprocess.run([DUMP, "bids", copy], capture_output=True, check=True,
                                                        text=True).stdout.splitlines())
    assert int(bids["xfs"]) >= 24
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"] and "super block" in failures[0][2]
    assert found == tree.names


def test_a_changed_inode_is_read_and_said(copy, tree):
    with xfs.Image(copy) as image:
        place = image.inode_at(image.number("/text"))
        image.write(place + 92, b"\xff")
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"]
    assert found == tree.names


def test_a_lost_inode_costs_its_member(copy, tree):
    with xfs.Image(copy) as image:
        image.write(image.inode_at(image.number("/text")), bytes(512))
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"]
    assert found.keys() == tree.names.keys()
    assert {name for name in found if found[name] != tree.names[name]} == {"/text"}


def test_a_changed_block_of_a_directory(copy, tree):
    """One name's length is wrong: the name is lost, and those behind it are found again."""
    with xfs.Image(copy) as image:
        (_, block, _), *_ = image.extents(image.number("/of400"))
        data = image.read(image.place(block), BLOCK)
        at = data.index(b"f00007nnnnnnn") - 1
        image.write(image.place(block) + at, b"\xee")
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"] and "/of400" in failures[0][2]
    assert tree.names.keys() - found.keys() == {"/of400/f00007nnnnnnn"}


def test_loops_end(copy, tree):
    with xfs.Image(copy) as image:
        directory = image.number("/of2")
        for name, target in ((b"f00000", "/"), (b"f00001n", "/of2")):
            at, size = image.entry(directory, name)
            image.set(directory, ">Q" if size == 8 else ">I", at, image.number(target))
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"] * 2
    assert all("more than one place" in failure[2] for failure in failures)
    assert found.keys() == tree.names.keys()


def test_a_tree_of_extents_that_holds_itself(copy, tree):
    with xfs.Image(copy) as image:
        number = image.number("/noise")
        (_, first, count), = image.extents(number)
        image.put_tree(number, [(i, first + i, 1) for i in range(600)], range(first + 700, first + count), 2)
        node = bytearray(image.read(image.place(first + 703), BLOCK))
        assert node[:6] == b"BMA3\0\1"
        pointers = 72 + (BLOCK - 72) // 16 * 8
        node[pointers + 8:pointers + 16] = struct.pack(">Q", first + 703)
        node[pointers + 16:pointers + 24] = node[pointers:pointers + 8]
        image.write(image.place(first + 703), xfs.sealed(node, 64))
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"]
    assert found.keys() == tree.names.keys()


def test_extents_behind_the_end(copy, tree):
    with xfs.Image(copy) as image:
        number = image.number("/noise")
        (_, first, _), = image.extents(number)
        image.put_extents(number, [(0, first, 1), (1, image.groups << image.group_log, 5), (6, 2**51, 1),
                                   (7, first + 1, 2**21 - 1), (2**30, first, 1)])
        image.set(number, ">Q", 56, 8 * BLOCK)
        data = image.read(image.place(first), BLOCK) + bytes(7 * BLOCK)
    found, failures = members(copy)
    assert [failure[1] for failure in failures] == ["damaged"]
    assert found["/noise"][3:5] == expected(data)
    assert found.keys() == tree.names.keys()


def test_an_image_that_is_cut(copy, tree):
    whole = copy.stat().st_size
    for size in range(whole - 1, 1 << 20, -(25 << 20)):
        os.truncate(copy, size)
        found, failures = members(copy)
        assert "truncated" in [failure[1] for failure in failures]
        assert not found or found.keys() <= tree.names.keys()
        for name, value in found.items():
            assert (value[4] == tree.names[name][4] or failures)


def test_bits_that_flip(copy, tree):
    """Of whatever metadata: it ends, and what is not as it was is said."""
    rng = random.Random(6)
    with xfs.Image(copy) as image:
        places = [0, 512, 1024, 1536] + [image.inode_at(image.number(name)) for name in ("/", "/of2", "/of40", "/text")]
        places += [image.place(image.extents(image.number(name))[0][1]) for name in ("/of40", "/of400")]
        for _ in range(60):
            at = rng.choice(places) + rng.randrange(512)
            old = image.read(at, 1)
            image.write(at, bytes([old[0] ^ 1 << rng.randrange(8)]))
            found, failures = members(copy)
            if found != tree.names:
                assert failures, at
            image.write(at, old)
    assert members(copy) == (tree.names, [])


# ---- the whole program --------------------------------------------------------------

def test_a_wheel_in_a_file_system_is_opened(tmp_path, scan):
    tree = Tree(tmp_path)
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.pth", CANARY + b" and more of the same" * 20)
    tree.enter("var")
    tree.file("x-1.0-py3-none-any.whl", wheel.getvalue())
    tree.leave()
    tree.file("canary.txt", CANARY)
    (tmp_path / "in").mkdir()
    image = tmp_path / "in" / "xfs.img"
    xfs.make(image, tree.lines, size="300m")
    with xfs.Image(image) as opened:
        opened.set(opened.number("/canary.txt"), ">Q", 40, (2**32 + 2**31) * 10**9 + 5)
    before = hashlib.sha256(image.read_bytes()).digest()
    result = scan(tmp_path / "in")
    assert result.gaps == []
    assert {finding["locator"] for finding in result.findings} == {
        f"{image}!xfs!/canary.txt", f"{image}!xfs!/var/x-1.0-py3-none-any.whl!x.pth"}
    assert hashlib.sha256(image.read_bytes()).digest() == before
    assert "2106-02-07T06:28:16.000000005Z" in json.dumps(result.findings)


@pytest.mark.parametrize("version", [4, 5])
def test_the_smallest_of_everything(tmp_path, version):
    """What the fuzz target begins with."""
    path = tmp_path / "mini.img"
    path.write_bytes(xfs.Mini(version).image())
    found, failures = members(path)
    assert failures == []
    size = 1024 if version == 5 else 512
    tree = b"".join(bytes([i]) * size for i in (25, 0, 0, 0, 27, 28))[:5 * size + 77]
    assert found["/tree"][3:5] == expected(tree)
    assert found["/file"][3:5] == expected((b"content" * 40).ljust(300, b"\0"))
    assert found["/$OrphanFiles/OrphanFile-16"][3:5] == expected(bytes([30]) * 200)
    assert found["/far"][5] == "far/away/" * 40
    assert len(found) == 7 + 1 + 4 + 18


@pytest.mark.parametrize("version", [4, 5])
def test_the_smallest_cut_at_every_kib(tmp_path, version):
    image = xfs.Mini(version).image()
    for size in range(0, len(image), 1024):
        (tmp_path / "cut").write_bytes(image[:size])
        lines, failures = dump("xfs", tmp_path / "cut")
        assert failures
        assert len(lines) <= 30
