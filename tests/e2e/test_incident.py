# SPDX-License-Identifier: Apache-2.0
"""Findings of one root that belong together, through the real program: the
incident record, the credentials at stake, and how the wiper would judge."""

import os
import re
import shutil

import pytest
import sweep
from conftest import needs_root
from sweep import EXIT_CLEAN, EXIT_FINDINGS

# (rule, family, stage, severity, marker): a stand-in for each part of the
# campaign, so that these tests say nothing about the shipped rules.
PARTS = [
    ("part_package", "litellm", "0", "high", "sweeper-part-package"),
    ("part_pth", "litellm", "0a", "critical", "sweeper-part-startup"),
    ("part_collector", "litellm", "2", "critical", "sweeper-part-collector"),
    ("part_backdoor", "litellm", "3", "critical", "sweeper-part-backdoor"),
    ("part_unit", "litellm", "3u", "medium", "sweeper-part-unit"),
    ("part_state", "teampcp", "3", "medium", "sweeper-part-state"),
    ("part_wiper", "wiper", "wiper", "critical", "sweeper-part-wiper"),
    ("part_spread", "canisterworm", "spread", "critical", "sweeper-part-spread"),
    ("part_medium", "trivy", "0", "medium", "sweeper-part-medium"),
    ("part_low", "litellm", "2", "low", "sweeper-part-low"),
    ("part_foreign", "somebody", "1", "medium", "sweeper-part-foreign"),
]
RULE = """
rule {0} {{
    meta:
        family = "{1}"
        stage = "{2}"
        severity = "{3}"
    strings:
        $a = "{4}"
    condition:
        $a
}}
"""


@pytest.fixture
def parts(place):
    """scan(*args) with the rules above only; write(path, PART...) below a tree."""
    rules = place / "parts.yar"
    rules.write_text("".join(RULE.format(*row) for row in PARTS))

    def call(*args, **keywords):
        return sweep.scan("--no-builtin-rules", "--rules", rules, *args, **keywords)

    return call


def write(tree, path, text=""):
    target = tree / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"# {text}\n")
    return target


def incident(result):
    (record,) = result.of("incident")
    return record


def forged_system(tree):
    """The root of a system with credentials and nothing bad."""
    write(tree, "usr/lib/os-release")
    write(tree, "etc/passwd")
    write(tree, "etc/timezone")
    for path in ("home/alice/.ssh/id_ed25519", "home/alice/.aws/credentials", "root/.kube/config",
                 "srv/app/.env", "home/alice/.bash_history", "etc/shadow"):
        write(tree, path, "not a secret")
    # The same names where the stealer does not look.
    write(tree, "usr/share/doc/.aws/credentials")
    write(tree, "usr/src/.env")


def test_one_record_for_everything_that_belongs_together(tree, parts):
    write(tree, "v/site-packages/litellm-9.dist-info/METADATA", "sweeper-part-package")
    write(tree, "v/site-packages/x.pth", "sweeper-part-startup sweeper-part-collector")
    write(tree, "root/.config/sysmon/sysmon.py", "sweeper-part-backdoor")
    write(tree, "root/.config/systemd/user/sysmon.service", "sweeper-part-unit")
    write(tree, "tmp/.pg_st" + "ate", "sweeper-part-state")
    result = parts(tree)
    assert result.code == EXIT_FINDINGS
    record = incident(result)
    assert (record["severity"], record["verdict"]) == ("critical", "persisted")
    assert record["root"] == os.fspath(tree)
    stages = {(f["family"], s["stage"]): s["examples"]
              for f in record["families"] for s in f["stages"]}
    assert set(stages) == {("litellm", "0"), ("litellm", "0a"), ("litellm", "2"), ("litellm", "3"),
                           ("litellm", "persistence"), ("teampcp", "3")}
    assert stages["litellm", "0a"] == [os.fspath(tree / "v/site-packages/x.pth")]
    assert [row["verdict"] for row in record["evidence"]] == ["persisted", "persisted", "executed"]
    times = [f["object"]["mtime"] for f in result.findings]
    assert record["earliest"] <= min(times) <= max(times) <= record["latest"]
    steps = " ".join(record["next_steps"])
    assert "Isolate" in steps and steps.index("Keep the disk") < steps.index("replace every")
    assert result.end["incidents"] == {"persisted": 1}
    assert re.search(r"incidents 1: 1 persisted", result.stderr)


@pytest.mark.parametrize("files", [
    {},
    {"a": "sweeper-part-low"},
    {"a": "sweeper-part-low", "b": "sweeper-part-low"},
    {"a": "sweeper-part-medium"},
    {"a": "sweeper-part-medium", "b": "sweeper-part-medium"},
    {"a": "sweeper-part-medium sweeper-part-state"},
    {"a": "sweeper-part-medium", "b": "sweeper-part-foreign"},
])
def test_no_record_for_what_does_not(tree, parts, files):
    forged_system(tree)
    for path, text in files.items():
        write(tree, path, text)
    result = parts(tree)
    assert result.of("incident") == []
    assert result.end["incidents"] == {}


def test_two_medium_findings_that_support_each_other(tree, parts):
    write(tree, "a", "sweeper-part-medium")
    write(tree, "root/.config/systemd/user/x.service", "sweeper-part-unit")
    record = incident(parts(tree))
    assert (record["severity"], record["verdict"]) == ("medium", "persisted")
    assert record["exposure"] is None


def test_a_finding_without_a_family_makes_none(tree, scan):
    """The canary's family is its own; CanaryLow has none."""
    write(tree, "a", "sweeper-lowbird-7731")
    assert scan(tree).of("incident") == []
    write(tree, "b", "sweeper-canary-7731")
    record = incident(scan(tree))
    assert [family["family"] for family in record["families"]] == ["canary"]
    assert [stage["stage"] for stage in record["families"][0]["stages"]] == ["other"]


def test_each_root_has_its_own(place, parts):
    for name, text in (("one", "sweeper-part-wiper"), ("two", "nothing"),
                       ("three", "sweeper-part-spread")):
        write(place / "trees" / name, "a", text)
    result = parts(*(place / "trees" / name for name in ("one", "two", "three")))
    verdicts = {record["root"].rsplit("/", 1)[1]: record["verdict"]
                for record in result.of("incident")}
    assert verdicts == {"one": "destructive", "three": "present"}
    assert result.end["incidents"] == {"destructive": 1, "present": 1}


def test_a_further_hard_link_counts(tree, parts):
    write(tree, "a", "sweeper-part-spread")
    os.link(tree / "a", tree / "b")
    (family,) = incident(parts(tree))["families"]
    assert family["stages"][0]["count"] == 2


def exposed(record, tree):
    return {os.path.relpath(file["path"], tree): file
            for group in record["exposure"]["groups"] for file in group["files"]}


def test_exposure_is_told_with_a_severe_incident(tree, parts):
    forged_system(tree)
    write(tree, "a", "sweeper-part-spread")
    (tree / "home/alice/.netrc").write_bytes(b"x" * 777)
    os.utime(tree / "home/alice/.netrc", ns=(0, 1_700_000_000_123_456_789))
    files = exposed(incident(parts(tree)), tree)
    assert set(files) == {
        "home/alice/.ssh/id_ed25519", "home/alice/.aws/credentials", "root/.kube/config",
        "srv/app/.env", "home/alice/.bash_history", "etc/shadow", "etc/passwd",
        "home/alice/.netrc"}
    row = files["home/alice/.netrc"]
    assert (row["size"], row["mtime"]) == (777, sweep.time_text(1_700_000_000_123_456_789))
    assert set(row) == {"path", "size", "mtime", "ctime"}
    assert incident(parts("--exposure", "off", tree))["exposure"] is None


def test_exposure_of_a_clean_system_only_when_asked(tree, parts):
    forged_system(tree)
    assert parts(tree).of("incident") == []
    assert parts("--exposure=off", tree).of("incident") == []
    result = parts("--exposure=on", tree)
    record = incident(result)
    assert (record["severity"], record["verdict"], record["families"]) == ("info", "exposure", [])
    assert record["exposure"]["count"] == 7
    # It is no finding: the system is clean.
    assert (result.code, result.end["verdict"]) == (EXIT_CLEAN, "clean")


@needs_root
def test_files_that_are_not_read_are_exposed_all_the_same(tree, parts, worldly):
    forged_system(tree)
    (tree / "root/.git-credentials").write_bytes(b"x" * 5000)
    (tree / "etc/shadow").chmod(0)
    write(tree, "a", "sweeper-part-spread")
    result = parts("--max-file-size", "4K", tree, user=sweep.NOBODY, **worldly)
    assert set(result.gap_reasons().values()) == {"unreadable", "limit_size"}
    files = exposed(incident(result), tree)
    assert files["root/.git-credentials"]["size"] == 5000
    assert files["etc/shadow"]["size"] is None


def test_a_target_that_is_no_system(tree, parts):
    """By the end of the path, and by the path of the target itself."""
    write(tree, "backup/alice/.ssh/id_rsa")
    write(tree, "backup/alice/a", "sweeper-part-spread")
    for target in (tree, tree / "backup/alice", tree / "backup/alice/.ssh"):
        record = incident(parts("--exposure=on", target))
        assert [group["group"] for group in record["exposure"]["groups"]] == ["ssh"]
    record = incident(parts("--exposure=on", tree / "backup/alice/.ssh/id_rsa"))
    assert record["exposure"]["groups"][0]["files"][0]["path"].endswith("/.ssh/id_rsa")


@pytest.mark.parametrize("link, kubernetes, action", [
    (None, True, "backdoor_cluster"),
    ("/usr/share/zoneinfo/Europe/Rome", False, "none"),
    ("../usr/share/zoneinfo/Asia/Teh" + "ran", False, "wipe_host"),
    ("/usr/share/zoneinfo/Iran", True, "wipe_cluster"),
])
def test_the_wiper_would(tree, parts, link, kubernetes, action):
    write(tree, "a", "sweeper-part-wiper")
    (tree / "etc").mkdir()
    if link:
        (tree / "etc/localtime").symlink_to(link)
    if kubernetes:
        # As on a real system: var/run is a link that leaves the tree.
        (tree / "run/secrets/kubernetes.io/serviceaccount").mkdir(parents=True)
        (tree / "var").mkdir()
        (tree / "var/run").symlink_to("/run")
    record = incident(parts(tree))
    target = record["wiper_target"]
    assert (target["action"], target["kubernetes"]) == (action, kubernetes)
    assert target["iran"] == action.startswith("wipe")
    assert ("At once" in record["next_steps"][0]) == target["iran"]


def test_nothing_is_known_of_the_wipers_test(tree, parts):
    write(tree, "a", "sweeper-part-wiper")
    assert incident(parts(tree))["wiper_target"] is None


def test_a_link_out_of_the_tree_tells_nothing(tree, parts, place):
    """etc of the tree is a link to a directory beside the tree."""
    write(tree, "a", "sweeper-part-wiper")
    (place / "beside").mkdir()
    (place / "beside/localtime").symlink_to("/usr/share/zoneinfo/Iran")
    (tree / "etc").symlink_to(place / "beside")
    assert incident(parts(tree))["wiper_target"] is None


# In two pieces: this file tells of the wiper, and is none.
CITY, LOCALE = "Asia/Teh" + "ran", "fa_" + "IR.UTF-8"


def wiper_target(tree, parts, files, **keywords):
    """What is said of a system with these files; content None: a directory."""
    write(tree, "a", "sweeper-part-wiper")
    for path, content in files.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            target.mkdir()
        else:
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = parts(tree, **keywords)
    assert result.gaps == [] and result.engine_deaths == []
    return incident(result)["wiper_target"]


@pytest.mark.parametrize("files, zone, lang", [
    ({"etc/timezone": f"{CITY}\n"}, CITY, None),
    ({"etc/timezone": "Iran"}, "Iran", None),
    ({"etc/timezone": "Europe/Rome\n"}, "Europe/Rome", None),
    ({"etc/default/locale": f"LANG={LOCALE}\n"}, None, LOCALE),
    ({"etc/default/locale": f'# LANG=C\nLANGUAGE="fa:en"\nexport LANG="{LOCALE}"\n'}, None, LOCALE),
    ({"etc/locale.conf": f"LANG={LOCALE}\n"}, None, LOCALE),
    ({"etc/sysconfig/i18n": f'LANG="{LOCALE}"\nSYSFONT="x"\n'}, None, LOCALE),
    ({"etc/environment": f"PATH=/bin\nLANG='{LOCALE}'\n"}, None, LOCALE),
    ({"etc/env.d/02locale": f'LANG="{LOCALE}"\n'}, None, LOCALE),
    ({"etc/timezone": "Etc/UTC\n", "etc/default/locale": f"LANG={LOCALE}\n"}, "Etc/UTC", LOCALE),
    ({"etc/timezone": f"{CITY}\n", "etc/locale.conf": "LANG=C.UTF-8\n"}, CITY, "C.UTF-8"),
    # Of several the one that the wiper would stop at.
    ({"etc/locale.conf": "LANG=C\n", "etc/environment": f"LANG={LOCALE}\n"}, None, LOCALE),
    ({"etc/timezone": "Etc/UTC\n", "etc/default/locale": "LANG=en_US.UTF-8\n"}, "Etc/UTC",
     "en_US.UTF-8"),
])
def test_the_systems_own_files_decide(tree, parts, files, zone, lang):
    target = wiper_target(tree, parts, files)
    assert (target["timezone"], target["lang"]) == (zone, lang)
    assert target["iran"] == (zone in (CITY, "Iran") or lang == LOCALE)
    assert target["action"] == ("wipe_host" if target["iran"] else "none")


@pytest.mark.parametrize("files", [
    {},
    {"etc/passwd": "root\n", "etc/default/keyboard": f"LANG={LOCALE}\n"},
    # Not where a system has them.
    {"srv/root/etc/timezone": f"{CITY}\n", "timezone": f"{CITY}\n", "etc/timezones": f"{CITY}\n",
     "etc/x/timezone": f"{CITY}\n", "Etc/timezone": f"{CITY}\n"},
    {"etc/timezone": b"\n" * (10 << 20)},
    {"etc/timezone": CITY.encode() + b"\n" * (10 << 20)},
    {"etc/timezone": b"A" * (10 << 20)},
    {"etc/timezone": f"{CITY}\nEurope/Rome\n"},
    {"etc/timezone": f"{CITY}\x1b[2J\n"},
    {"etc/timezone": CITY.encode() + b"\0"},
    {"etc/timezone": b"\xff\xfe" + CITY.encode("utf-16-le")},
    {"etc/timezone": "Z" * 128},
    {"etc/timezone": ""},
    {"etc/timezone": None, "etc/default/locale": None},
    {"etc/default/locale": b"LANG=" + LOCALE.encode() + b"\n" * (10 << 20)},
    {"etc/default/locale": f"LANG={LOCALE}\x07\n"},
    {"etc/default/locale": f'LANG="{LOCALE}\n'},
    {"etc/default/locale": f"LANG={LOCALE}\nLANG=$(reboot)\n"},
    {"etc/default/locale": f"LC_ALL={LOCALE}\n"},
    {"etc/default/locale": b"\0" * 70_000},
])
def test_what_is_no_plain_value_tells_nothing(tree, parts, files):
    assert wiper_target(tree, parts, files) is None


def test_links_and_fifos_tell_nothing(tree, parts, place):
    (tree / "etc/default").mkdir(parents=True)
    (place / "beside").write_text(f"{CITY}\n")
    (tree / "etc/timezone").symlink_to(place / "beside")
    os.mkfifo(tree / "etc/default/locale")
    assert wiper_target(tree, parts, {}) is None


def test_a_file_that_is_no_zone_leaves_the_link(tree, parts):
    (tree / "etc").mkdir()
    (tree / "etc/localtime").symlink_to(f"/usr/share/zoneinfo/{CITY}")
    assert wiper_target(tree, parts, {"etc/timezone": "?\n"})["timezone"] == CITY
    assert wiper_target(tree, parts, {"etc/timezone": "Etc/UTC\n"})["timezone"] == "Etc/UTC"


def test_a_hard_link_is_asked_too(tree, parts):
    """Whichever name the walk meets first: nothing here depends on names."""
    write(tree, "a", "sweeper-part-wiper")
    (tree / "0").write_text(f"{CITY}\n")
    for directory in ("etc", "0etc", "zetc"):
        (tree / directory).mkdir()
        os.link(tree / "0", tree / directory / "timezone")
    result = parts(tree)
    assert incident(result)["wiper_target"]["timezone"] == CITY
    assert result.end["objects"]["scanned"] + result.end["objects"]["hard_links"] == 5


def test_each_root_has_its_own_files(place, parts):
    for name, zone in (("one", CITY), ("two", "Etc/UTC"), ("three", None)):
        write(place / "trees" / name, "a", "sweeper-part-wiper")
        if zone:
            write(place / "trees" / name, "etc/timezone").write_text(zone)
    result = parts(*(place / "trees" / name for name in ("one", "two", "three")))
    zones = {record["root"].rsplit("/", 1)[1]: record["wiper_target"]
             and record["wiper_target"]["timezone"] for record in result.of("incident")}
    assert zones == {"one": CITY, "two": "Etc/UTC", "three": None}


@pytest.mark.parametrize("path, word, dead", [
    ("etc/timezone", "lie-wildly", True),   # control bytes
    ("srv/timezone", "lie-plainly", True),  # nobody asked
    ("etc/timezone", "lie-plainly", False),
])
def test_the_engine_is_not_believed(tree, parts, path, word, dead):
    write(tree, "a", "sweeper-part-wiper")
    write(tree, path).write_text(f"SWEEPER-FAULT:{word}\n")
    result = parts(tree, binary=sweep.FAULTY)
    assert {death["cause"] for death in result.engine_deaths} == ({"protocol"} if dead else set())
    assert result.gap_reasons() == ({os.fsencode(tree / path): "crash"} if dead else {})
    target = incident(result)["wiper_target"]
    assert target is None if dead else target["timezone"] == "Etc/UTC"


def test_hostile_names(tree, parts):
    target = os.fsencode(tree) + b"/\x1b[2J\xff!%"
    os.mkdir(target)
    with open(target + b"/a", "wb") as file:
        file.write(b"sweeper-part-spread")
    os.mkdir(target + b"/.ssh")
    with open(target + b"/.ssh/id_rsa", "wb"):
        pass
    result = parts("--exposure=on", target, "-o", "text", "-o", f"jsonl={tree}/../out.jsonl",
                   records=False)
    assert b"\x1b" not in result.stdout and b"INCIDENT" in result.stdout
    with open(tree / "../out.jsonl", "rb") as file:
        (record,) = [r for r in sweep.parse_records(file.read()) if r["type"] == "incident"]
    assert "root_base64" in record
    assert record["root"].endswith("/\\x1b[2J\\xff!%")
    (row,) = record["exposure"]["groups"][0]["files"]
    assert row["path_base64"]


def test_the_text_is_one_screen(tree, parts):
    forged_system(tree)
    for _, _, stage, _, text in PARTS:
        write(tree, f"opt/{stage}/{text}.service", text)
    result = parts(tree, "-o", "text", records=False)
    lines = result.stdout.decode().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("INCIDENT"))
    block = [lines[first]]
    for line in lines[first + 1:]:
        if not line.startswith(" " * 10):
            break
        block.append(line)
    assert len(block) <= 25
    text = "\n".join(block)
    assert f"INCIDENT  critical, destructive: {tree}" in text
    assert "exposure: 7 files" in text and "1. " in text


def test_the_same_for_any_number_of_threads(tree, parts):
    forged_system(tree)
    for number in range(300):
        _, _, stage, _, text = PARTS[number % len(PARTS)]
        write(tree, f"opt/{number % 13}/{number}", text)
        write(tree, f"opt/{number % 13}/{number}.pem")
    records = []
    for threads in ("1", "2", "8"):
        records.append(incident(parts("--threads", threads, tree)))
    assert records[0] == records[1] == records[2]
    tls = next(g for g in records[0]["exposure"]["groups"] if g["group"] == "tls")
    assert (tls["count"], len(tls["files"]), tls["not_listed"]) == (300, 64, 236)


def test_the_program_does_not_find_its_own_texts(place):
    """The sentences and tables in the executable are no findings of the shipped rules."""
    target = place / "program"
    target.mkdir()
    shutil.copy(sweep.SWEEPER, target / "sweeper")
    assert sweep.scan(target).findings == []
