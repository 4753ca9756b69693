# SPDX-License-Identifier: Apache-2.0
"""What is left on disks: free space, slack, space between volumes, files without a name.

What is free is asked of blkls, a tool that is not ours; so is what is slack.
"""

import os
import random
import shutil
import struct
import subprocess

import pytest
import sweep

MIB = 1 << 20
FREE = b"relics-free-7731"
SLACK = b"relics-slack-7731"
RULES = """
rule Free { strings: $a = "relics-free-7731" condition: filesize < 64KB and filesize > 100 and $a }
rule Slack { strings: $a = "relics-slack-7731" condition: $a }
rule Small { condition: filesize < 64KB and filesize > 0 }
"""
TOOLS = ["mkfs.fat", "mcopy", "mdel", "mkntfs", "ntfscp", "mke2fs", "debugfs", "sfdisk", "blkls", "blkstat"]
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
pytestmark = pytest.mark.skipif(any(shutil.which(tool, path=PATH) is None for tool in TOOLS),
                                reason="a tool for disks is missing")
FILE_SIZE = 5000  # of the live file: less than its blocks are, whatever their size


def tool(*command, **keywords):
    done = subprocess.run([os.fspath(word) for word in command], capture_output=True, check=True,
                          env={"PATH": PATH, "MTOOLS_SKIP_CHECK": "1", "MKE2FS_SKIP_CHECK_MSG": "1"}, **keywords)
    return done.stdout


def put(image, part, at):
    with open(image, "r+b") as file:
        file.seek(at)
        file.write(part)


def free_blocks(image):
    """Numbers of all blocks that nobody has, and their size."""
    lines = tool("blkls", "-l", image).decode().splitlines()
    size = int(next(line for line in tool("fsstat", image).decode().splitlines()
                    if line.lower().startswith(("cluster size", "block size", "sector size"))).split()[-1])
    if tool("fsstat", image).startswith(b"FILE SYSTEM INFORMATION") and b"FAT" in tool("fsstat", image)[:200]:
        size = 512
    return [int(line.split("|")[0]) for line in lines if line.endswith("|f")], size


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("relics")
    (folder / "rules.yar").write_text(RULES)
    (folder / "live").write_bytes(random.Random(7).randbytes(FILE_SIZE))
    (folder / "gone").write_bytes(b"g" * 3000 + FREE)
    for kind in ("fat", "ntfs", "ext4"):
        with open(folder / kind, "wb") as file:
            file.truncate(48 * MIB)
    tool("mkfs.fat", "-F", "32", folder / "fat")
    tool("mcopy", "-i", folder / "fat", folder / "live", "::/live.bin")
    tool("mcopy", "-i", folder / "fat", folder / "gone", "::/long name that is gone.txt")
    tool("mcopy", "-i", folder / "fat", folder / "live", "::/live2.bin")
    tool("mdel", "-i", folder / "fat", "::/long name that is gone.txt")
    tool("mkntfs", "-F", "-Q", folder / "ntfs")
    tool("ntfscp", folder / "ntfs", folder / "live", "live.bin")
    tool("mke2fs", "-q", "-F", "-t", "ext4", folder / "ext4")
    tool("debugfs", "-w", "-R", f"write {folder / 'live'} live.bin", folder / "ext4")
    for kind in ("fat", "ntfs", "ext4"): # behind the end of the live file
        data = (folder / kind).read_bytes()
        at = data.index((folder / "live").read_bytes()[-64:]) + 64
        put(folder / kind, SLACK, at)
    return folder


def scan(kit, image, *options):
    return sweep.scan("--no-builtin-rules", "-r", kit / "rules.yar", *options, image)


def found(result, rule):
    return [finding for finding in result.findings if finding["rule"]["name"] == rule]


@pytest.mark.parametrize("kind", ["fat", "ntfs", "ext4"])
def test_free_blocks_are_those_that_blkls_lists(kit, tmp_path, kind):
    """A mark in every block out of 30 that are free: all of them are found where they are."""
    image = tmp_path / "image"
    shutil.copy(kit / kind, image)
    blocks, size = free_blocks(image)
    places = sorted(block * size + 100 for block in random.Random(3).sample(blocks, 30))
    for place in places:
        put(image, FREE, place)
    without = scan(kit, image)
    assert all("$Unallocated" not in finding["locator"] for finding in without.findings)
    result = scan(kit, image, "--unallocated")
    assert result.gaps == [] and without.gaps == [], str(result)
    raw = [finding for finding in found(result, "Free") if "$Unallocated" in finding["locator"]]
    matches = sorted((match["image_offset"], match["offset"]) for finding in raw for match in finding["matches"])
    old = [tool("cat", image).index(b"g" * 3000) + 3000] if kind == "fat" else []
    assert [place for place, _ in matches] == sorted(places + old)
    for finding in raw:
        hop = finding["chain"][-1]
        first = finding["matches"][0]
        assert hop["name"].startswith(f"/$Unallocated/bytes {hop['offset']}-") and hop["kind"] == kind
        assert hop["offset"] + first["offset"] <= first["image_offset"] and hop["length"] == finding["object"]["size"]
    # What is true of no bytes in particular is not told of bytes that are no file.
    assert all("$Unallocated" not in finding["locator"] for finding in found(result, "Small"))


def test_who_had_it(kit):
    gone, = found(scan(kit, kit / "fat"), "Free")
    assert gone["object"]["deleted"]
    result = scan(kit, kit / "fat", "--unallocated")
    raw, = [finding for finding in found(result, "Free") if "$Unallocated" in finding["locator"]]
    assert raw["matches"][0]["former"] == gone["chain"][-1]["name"]
    assert "long name that is gone.txt" in raw["matches"][0]["former"]


@pytest.mark.parametrize("kind", ["fat", "ntfs", "ext4"])
def test_slack(kit, kind):
    assert SLACK in tool("blkls", "-s", kit / kind)
    assert found(scan(kit, kit / kind, "--unallocated"), "Slack") == []
    result = scan(kit, kit / kind, "--slack")
    finding, = found(result, "Slack")
    hop = finding["chain"][-1]
    with open(kit / kind, "rb") as file:
        place = file.read().index(SLACK)
    assert hop["name"] == "/live.bin:slack" and hop["offset"] == place and finding["matches"][0]["offset"] == 0
    assert finding["matches"][0]["image_offset"] == place and hop["length"] < 65536
    assert result.gaps == []


def gap_disk(path, noise=None):
    """8 MiB of a volume, 52 MiB of nothing, and a volume again."""
    with open(path, "wb") as file:
        file.truncate(64 * MIB)
    first, second = 2048, (9 + 52) * 2048
    tool("sfdisk", "-q", path, input=f"label: dos\nstart={first},size=16384,type=c\nstart={second},size=4096,type=c\n"
         .encode())
    if noise:
        put(path, noise, 9 * MIB)
    return path, 9 * MIB


@pytest.fixture(scope="module")
def noise():
    return random.Random(9).randbytes(MIB) * 35


def test_edges_of_windows(kit, tmp_path, noise):
    """Whatever lies across an edge, or in what two windows share, is told once."""
    image, start = gap_disk(tmp_path / "disk", noise)
    step = 16 * MIB
    places = {start, start + step - 500000, start + step - 8, start + step + 300, start + 2 * step - MIB,
              start + 2 * step - MIB - 108, start + 2 * step + 2, start + 35 * MIB - len(FREE)}
    for place in places:
        put(image, FREE, place)
    assert scan(kit, image).findings == []
    result = scan(kit, image, "--unallocated")
    matches = [match["image_offset"] for finding in result.findings for match in finding["matches"]]
    assert sorted(matches) == sorted(places) and result.gaps == []
    assert sum(finding["match_count"] for finding in result.findings) == len(places)
    assert {finding["chain"][1]["name"] for finding in result.findings} == {f"unallocated@{start}"}
    names = [finding["chain"][2]["name"] for finding in result.findings]
    assert names == [f"bytes 0-{step - 1}", f"bytes {step - MIB}-{2 * step - 1}",
                     f"bytes {2 * step - MIB}-{result.findings[-1]['chain'][2]['offset'] + result.findings[-1]['object']['size'] - 1}"]


def test_one_in_what_two_windows_share_is_told_once(kit, tmp_path, noise):
    image, start = gap_disk(tmp_path / "disk", noise)
    put(image, FREE, start + 16 * MIB - 1000)
    finding, = scan(kit, image, "--unallocated").findings
    assert finding["matches"][0]["image_offset"] == start + 16 * MIB - 1000


def test_zeros_around_a_find(kit, tmp_path):
    image, start = gap_disk(tmp_path / "disk")
    put(image, FREE, start + 20 * MIB)
    rules = tmp_path / "zeros.yar"
    rules.write_text('rule Before { strings: $a = { 00 00 00 00 "relics" } condition: $a }\n'.replace(
        '"relics"', "72 65 6c 69 63 73") + 'rule After { strings: $a = { 37 37 33 31 00 00 00 00 } condition: $a }\n')
    result = sweep.scan("--no-builtin-rules", "-r", rules, "--unallocated", image)
    assert sorted(finding["rule"]["name"] for finding in result.findings) == ["After", "Before"]
    assert result.end["members"]["bytes"] < 40 * MIB


def test_a_volume_that_was_deleted(kit, tmp_path):
    image, start = gap_disk(tmp_path / "disk")
    put(image, (kit / "fat").read_bytes(), start)
    gone, = found(scan(kit, image, "--unallocated"), "Free")[:1]
    assert f"!unallocated@{start}!fat!/" in gone["locator"]
    raw = [finding for finding in found(scan(kit, image, "--unallocated"), "Free") if "$Un" in finding["locator"]]
    with open(image, "rb") as file:
        place = file.read().index(FREE)
    assert [match["image_offset"] for finding in raw for match in finding["matches"]] == [place]


def test_a_record_without_a_name(kit, tmp_path):
    """A file of NTFS that is deleted, and that no directory leads to any more."""
    image = tmp_path / "image"
    shutil.copy(kit / "ntfs", image)
    (tmp_path / "orphan").write_bytes(b"o" * 3000 + FREE)
    tool("ntfscp", image, tmp_path / "orphan", "orphan.txt")
    data = bytearray(image.read_bytes())
    name = "orphan.txt".encode("utf-16-le")
    at = data.find(name)
    records = 0
    while at >= 0:
        content = at - 66
        record = data.rfind(b"FILE0", 0, at)
        if at - record < 1024: # the record of the file: not in use, and its parent is nobody
            flags, = struct.unpack_from("<H", data, record + 22)
            if struct.unpack_from("<I", data, record + 44)[0] != 5:
                struct.pack_into("<H", data, record + 22, flags & ~1)
                struct.pack_into("<Q", data, content, 63)
                records += 1
            else:
                struct.pack_into("<Q", data, content - 16, 11)
        else:
            struct.pack_into("<Q", data, content - 16, 11)
        at = data.find(name, at + 1)
    image.write_bytes(data)
    assert records == 1
    finding, = found(scan(kit, image), "Free")
    hop = finding["chain"][-1]
    assert hop["name"].startswith("/$OrphanFiles/") and hop["name"].endswith("/orphan.txt")
    assert finding["object"]["deleted"] and f"/$OrphanFiles/{hop['inode']}/" in hop["name"]


def test_integers_far_from_the_beginning(kit, tmp_path):
    """What lies in pieces cannot be mapped, and conditions may read it all the same."""
    image = tmp_path / "image"
    shutil.copy(kit / "fat", image)
    blocks, size = free_blocks(image)
    put(image, FREE, blocks[0] * size)
    rules = tmp_path / "far.yar"
    rules.write_text('rule Far { strings: $a = "relics-free-7731" condition: $a and uint8(@a + 4000000) >= 0 }\n')
    result = sweep.scan("--no-builtin-rules", "-r", rules, "--unallocated", image)
    assert result.gaps == [] and any("$Unallocated" in finding["locator"] for finding in result.findings)


# --- what a file system says of itself and of its host ---------------------------------------------


def volumes(result):
    return [root for root in result.of("root") if root["kind"] == "file-system"]


@pytest.mark.parametrize("kind", ["fat", "ntfs", "ext4"])
def test_label_and_uuid_are_those_of_blkid(kit, tmp_path, kind):
    image = tmp_path / "image"
    with open(image, "wb") as file:
        file.truncate(24 * MIB)
    make = {"fat": ["mkfs.fat", "-n", "EVIDENCE"], "ntfs": ["mkntfs", "-F", "-Q"], "ext4": ["mke2fs", "-qFt", "ext4", "-L", "data 7"]}
    tool(*make[kind], image)
    root, = volumes(scan(kit, image))
    known = dict(line.split("=", 1) for line in tool("blkid", "-p", "-o", "export", image).decode().splitlines())
    assert root["uuid"] == known["UUID"].replace("\\", "")
    assert root.get("label") == ({"fat": "EVIDENCE", "ext4": "data 7"}.get(kind))
    assert (root["filesystem"], root["size"], root["whole"]) == (kind, 24 * MIB, True)
    assert root["locator"] == f"{image}!{kind}" and root["path"] == str(image)


def test_a_host_and_what_it_had(kit, tmp_path):
    files = {
        "usr/lib/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
        "etc/hostname": "box7.example\n", "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "etc/default/locale": "# a comment\nLANG=fa_IR.UTF-8\n",
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/x\nann:x:1000:1000:,,,:/home/ann:/bin/sh\n"
                      "evil\x1b[2J:x:1001:1:::\nnobody:x:65534:1::/nonexistent:/x\n",
        "var/lib/docker/containers/ab12/config.v2.json": '{"ID":"ab12","Name":"/web","Config":{"Image":"nginx:1.27"}}',
        "var/lib/containers/storage/overlay-containers/containers.json":
            '[{"id":"cd34","names":["db"],"metadata":"{\\"image-name\\":\\"docker.io/library/postgres:16\\"}"}]',
        "srv/node_modules/a/package.json": "{}", "srv/node_modules/@s/b/package.json": "{}",
        "srv/node_modules/a/lib/package.json": "{}", "srv/package.json": "{}",
        "usr/lib/python3/dist-packages/x-1.0.dist-info/METADATA": "x", "usr/lib/python3/dist-packages/y.egg-info/PKG-INFO": "y",
    }
    tree = tmp_path / "tree"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    os.symlink("../usr/lib/os-release", tree / "etc/os-release")
    os.symlink("/usr/share/zoneinfo/Asia/Tehran", tree / "etc/localtime")
    tool("mke2fs", "-qF", "-t", "ext4", "-d", tree, tmp_path / "image", "16M")
    root, = volumes(scan(kit, tmp_path / "image"))
    assert root["host"] == {
        "os": {"id": "debian", "version": "12", "name": "Debian GNU/Linux 12 (bookworm)"}, "name": "box7.example",
        "machine_id": "0123456789abcdef0123456789abcdef", "time_zone": "Asia/Tehran", "locale": "fa_IR.UTF-8",
        "homes": [{"user": "root", "home": "/root"}, {"user": "ann", "home": "/home/ann"}],
        "containers": [{"engine": "podman", "id": "cd34", "name": "db", "image": "docker.io/library/postgres:16"},
                       {"engine": "docker", "id": "ab12", "name": "web", "image": "nginx:1.27"}]}
    assert (root["python_packages"], root["node_packages"], root["deleted"]) == (2, 2, 0)
    assert (root["files"], root["bytes"]) == (len(files), sum(map(len, files.values())))


def test_a_host_that_lies(kit, tmp_path):
    """Whatever stands in these files, the report is one."""
    tree = tmp_path / "tree"
    (tree / "etc").mkdir(parents=True)
    (tree / "etc/hostname").write_bytes(b"\xff\xfe\x00")
    (tree / "etc/machine-id").write_bytes(b"m" * 5000)
    (tree / "etc/os-release").write_bytes(b"ID=\nID\nPRETTY_NAME=\"\x1b]0;x\x07\"\n")
    (tree / "etc/passwd").write_bytes(b"a:b\n:::::::::\nx:x:99999999999999999999:1::/x:\n" + b"u:x:1000:1::/h:/s\n" * 3000)
    (tree / "var/lib/containers/storage/overlay-containers").mkdir(parents=True)
    (tree / "var/lib/containers/storage/overlay-containers/containers.json").write_text(
        "[%s]" % ",".join(['{"id":"%s","metadata":"[" }' % ("i" * 200), "7", "null", '{"id":9}'] * 600))
    tool("mke2fs", "-qF", "-t", "ext4", "-d", tree, tmp_path / "image", "16M")
    root, = volumes(scan(kit, tmp_path / "image"))
    assert set(root["host"]) == {"homes", "containers"}
    assert len(root["host"]["homes"]) == 256 and len(root["host"]["containers"]) == 512


@pytest.mark.skipif(shutil.which("mkfs.xfs", path=PATH) is None, reason="no mkfs.xfs")
def test_what_cannot_be_searched_is_told(kit, tmp_path):
    image = tmp_path / "image"
    with open(image, "wb") as file:
        file.truncate(320 * MIB)
    tool("mkfs.xfs", "-q", image)
    assert scan(kit, image).gaps == []
    for option in "--slack", "--unallocated":
        gap, = scan(kit, image, option).gaps
        assert gap["reason"] == "unsupported" and "xfs" in gap["detail"]
