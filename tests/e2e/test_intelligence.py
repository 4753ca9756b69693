# SPDX-License-Identifier: Apache-2.0
"""The shipped intelligence: indicators and sample metadata, held against their
schemas, against each other, against the rules and against what is known wrong.

Data only: the program is not needed.
"""

import functools
import ipaddress
import json
import pathlib
import re

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INDICATORS = ROOT / "rules/indicators"
SAMPLES = ROOT / "samples-metadata"
FAMILIES = ("litellm", "teampcp", "canisterworm", "wiper", "trivy", "kics", "telnyx", "vect",
            "related")

# Clean neighbours and safe references: naming one of them is a false alarm.
CLEAN_HASHES = {"07500e81693c06ef7ac6bf210cff9c882bcc11db5f16b5bded161218353ba4da"}
CLEAN_COMMITS = {"57a97c7e7821a5776cebc9bb87c984fa69cba8f1"}
CLEAN_VERSIONS = {
    ("pypi", "litellm"): {"1.82.6", "1.83.0"},
    ("github-actions", "aquasecurity/trivy-action"): {"0.35.0", "v0.35.0"},
    ("github-actions", "aquasecurity/setup-trivy"): {"0.2.6", "v0.2.6"},
    ("container", "aquasec/trivy"): {"latest"},
}

# Claims in circulation that are wrong, as a pattern over all text of an entry.
WRONG = (
    r"homebrew|\bbottle\.tar",
    r"aquasecurity\.org|aquasecurity\.com",
    r"@(solarfusion|codingeco|designcraft|techvault|cloudbridge|devstream)\b",
    r"railway\.app",
    r"\b0\.61\.1\b",
    r"1\.65\.3",
    r"lockfile parser|_log_api_keys",
    r"@emilgroup/analytics",
)

# Names that honest software has too. Alone they never weigh more than medium.
HONEST = re.compile(
    r"(^|/)(sysmon\.(py|service)|internal-monitor\.service|pgmon(itor)?\.(py|service)|pglog|"
    r"\.pg_state|session\.key\.enc|payload\.enc|hangup\.wav|ringtone\.wav|deploy\.js|setup\.sh|"
    r"kubectl|kamikaze\.sh|love\.tar\.gz|bw1\.js|setup\.mjs|Math_Symbol\.js|\*\.vect)$")
# Two such names that are beyond doubt by where they lie.
BEYOND_DOUBT = {"host/root/.config/sysmon/sysmon.py"}
# Services of which only a full host name means anything.
SHARED_HOSTS = {"trycloudflare.com", "icp0.io", "raw.icp0.io", "hooks.slack.com", "github.com",
                "skyhanni.cloud", "litellm.ai", "checkmarx.com", "aquasec.com"}


@functools.lru_cache(maxsize=None)
def load(path):
    def closed(pairs):
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"{path}: a key twice: {keys}"
        return dict(pairs)
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=closed)


@functools.lru_cache(maxsize=None)
def validator(path):
    schema = load(path)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def indicator_files():
    return sorted(path for path in INDICATORS.glob("*.json") if path.name != "schema.json")


def sample_files():
    return sorted(path for path in SAMPLES.glob("*.json") if path.name != "schema.json")


@functools.lru_cache(maxsize=None)
def entries():
    """All of them, each with the family of its file."""
    return [(load(path)["family"], entry) for path in indicator_files()
            for entry in load(path)["entries"]]


def of_type(kind):
    return [(family, entry) for family, entry in entries() if entry["type"] == kind]


def packages(ecosystem, family=None):
    return [entry for owner, entry in of_type("package")
            if entry["ecosystem"] == ecosystem and family in (None, owner)]


@functools.lru_cache(maxsize=None)
def rule_names():
    names = []
    for path in sorted((ROOT / "rules/yara").rglob("*.yar")):
        text = path.read_text(encoding="utf-8")
        names += re.findall(r"^(?:(?:global|private)\s+)*rule\s+(\w+)", text, re.M)
    return names


def names_of(found):
    return [entry["id"] for entry in found]


# --- files and schemas --------------------------------------------------------------------------


def test_every_family_has_its_file():
    assert {path.stem for path in indicator_files()} == set(FAMILIES)
    for path in indicator_files():
        assert load(path)["family"] == path.stem


@pytest.mark.parametrize("path", indicator_files(), ids=lambda path: path.name)
def test_indicator_file_fits_its_schema(path):
    errors = [f"{list(error.absolute_path)}: {error.message}"
              for error in validator(INDICATORS / "schema.json").iter_errors(load(path))]
    assert not errors, errors[:5]


def test_sample_files_fit_their_schema():
    assert sample_files()
    for path in sample_files():
        errors = [error.message
                  for error in validator(SAMPLES / "schema.json").iter_errors(load(path))]
        assert not errors, (path.name, errors[:5])
        assert path.stem == load(path)["sha256"], path.name


BROKEN = (
    ({"type": "hash"}, {"sha256": "AB"}),
    ({"type": "hash"}, {"extra": 1}),
    ({"type": "hash"}, {"size": 5, "size_min": 4}),
    ({"type": "hash"}, {"names": ["a/b"]}),
    ({"type": "path"}, {"pattern": "/tmp/pglog"}),
    ({"type": "path"}, {"pattern": "a/../b"}),
    ({"type": "path"}, {"pattern": "a\\b"}),
    ({"type": "path"}, {"pattern": "a//b"}),
    ({"type": "domain"}, {"value": "https://checkmarx" + ".zone"}),
    ({"type": "domain"}, {"value": "Checkmarx" + ".zone"}),
    ({"type": "ip"}, {"value": "83.142.209.256"}),
    ({"type": "ip"}, {"value": "83.142.209"}),
    ({"type": "ip"}, {"port": 0}),
    ({"type": "package"}, {"ecosystem": "rpm"}),
    ({"type": "package"}, {"commits": ["abc"]}),
    ({"type": "unit"}, {"value": "sysmon"}),
    ({"type": "kubernetes"}, {"pattern": "x"}),
    ({"confidence": "low", "severity": "low"}, {"severity": "high"}),
    ({}, {"id": "SWI-litellm-1"}),
    ({}, {"type": "file"}),
)


@pytest.mark.parametrize("like,change", BROKEN, ids=lambda value: json.dumps(value)[:60])
def test_schema_refuses(like, change):
    """Each change spoils a good entry: the schema can say no."""
    good = next(entry for _, entry in entries()
                if all(entry.get(key) == value for key, value in like.items()))
    whole = {"schema": "1.0", "family": "x1", "sources": {"J1": "x"}, "entries": [dict(good)]}
    check = validator(INDICATORS / "schema.json")
    assert check.is_valid(whole)
    whole["entries"][0].update(change)
    assert not check.is_valid(whole)


def test_schema_refuses_a_missing_field():
    check = validator(INDICATORS / "schema.json")
    for kind in ("hash", "path", "package", "domain", "ip", "unit", "kubernetes"):
        good = of_type(kind)[0][1]
        for key in ("id", "type", "title", "stage", "severity", "confidence", "source"):
            short = {name: value for name, value in good.items() if name != key}
            assert not check.is_valid({"schema": "1.0", "family": "x1", "sources": {"J1": "x"},
                                       "entries": [short]}), (kind, key)


# --- ids and sources ----------------------------------------------------------------------------


def test_ids_are_unique_and_of_their_family():
    ids = [entry["id"] for _, entry in entries()]
    assert len(ids) == len(set(ids))
    for family, entry in entries():
        assert re.fullmatch(rf"SWI-{family.upper()}-[0-9]{{3}}", entry["id"]), entry["id"]


@pytest.mark.parametrize("path", indicator_files(), ids=lambda path: path.name)
def test_sources_are_defined_and_used(path):
    used = {key for entry in load(path)["entries"] for key in entry["source"]}
    assert used == set(load(path)["sources"])


def test_a_source_means_the_same_everywhere():
    meaning = {}
    for path in indicator_files():
        for key, text in load(path)["sources"].items():
            assert meaning.setdefault(key, text) == text, key


# --- severity -----------------------------------------------------------------------------------


def test_weak_facts_stay_low():
    weak = [entry for _, entry in entries() if entry["confidence"] == "low"]
    assert weak
    assert not names_of(e for e in weak if e["severity"] not in ("low", "info"))


def test_only_a_hash_is_critical():
    """A name or a version says that somebody was exposed, the bytes that it is here."""
    assert not names_of(entry for _, entry in entries()
                        if entry["severity"] == "critical" and entry["type"] != "hash")


def test_addresses_never_pass_medium():
    assert not names_of(e for _, e in of_type("ip") if e["severity"] in ("critical", "high"))


def test_honest_names_never_pass_medium():
    named = [(entry.get("pattern") or entry["value"], entry) for kind in ("path", "unit")
             for _, entry in of_type(kind)]
    honest = [(text, entry) for text, entry in named if HONEST.search(text)]
    assert len(honest) > 15
    assert not [text for text, entry in honest
                if entry["severity"] in ("critical", "high") and text not in BEYOND_DOUBT]


def test_related_families_say_whose_they_are():
    """No title lets a reader take a relative or a stranger for the campaign."""
    for family, entry in entries():
        if family == "related":
            assert re.match(r"Related, |Not TeamPCP|Mini Shai-Hulud \(attributed|Bitwarden CLI wave",
                            entry["title"]), entry["id"]
            assert not entry["title"].startswith("TeamPCP"), entry["id"]


# --- hashes and samples -------------------------------------------------------------------------


def test_a_hash_is_listed_once():
    seen = {}
    for _, entry in of_type("hash"):
        for kind in ("sha256", "sha1", "md5"):
            if kind in entry:
                assert seen.setdefault(entry[kind], entry["id"]) == entry["id"], entry[kind]


def test_hashing_stays_rare():
    """Without the exact size something else must keep most objects away."""
    common = {"any", "text", "python", "javascript", "shell", "json", "elf", "pe", "zip", "gzip"}
    everywhere = {"index.js", "__init__.py", "main.py", "setup.py", "*", "*.js", "*.py"}
    for _, entry in of_type("hash"):
        if "size" in entry or entry.get("check") == "suspect":
            continue
        bounds = entry.get("size_min", 0) >= 4096 or (entry.get("size_max") or 1 << 62) <= 65536
        names = set(entry.get("names", ())) - everywhere
        rare_kind = entry.get("kind", "any") not in common
        assert bounds or names or rare_kind, entry["id"]
        assert "kind" in entry or names, entry["id"]
        if "size_min" in entry and "size_max" in entry:
            assert entry["size_min"] < entry["size_max"], entry["id"]


def test_every_hash_has_its_sample_and_every_sample_its_hash():
    hashed = {entry["sha256"]: (family, entry) for family, entry in of_type("hash")
              if "sha256" in entry}
    samples = {path.stem: load(path) for path in sample_files()}
    assert set(hashed) == set(samples)
    for digest, sample in samples.items():
        family, entry = hashed[digest]
        same = ("sha1", "md5", "stage", "confidence")
        assert sample["indicator"] == entry["id"], digest
        assert sample["family"] == family, digest
        assert all(sample.get(key) == entry.get(key) for key in same), digest
        if "size" in entry:
            assert sample["size"] == entry["size"], digest
        if sample["size"] is not None:
            assert entry.get("size_min", 0) <= sample["size"], digest
            assert sample["size"] <= entry.get("size_max", 1 << 62), digest


def test_sample_sources_are_those_of_the_indicator():
    by_id = {entry["id"]: (family, entry) for family, entry in entries()}
    for path in sample_files():
        family, entry = by_id[load(path)["indicator"]]
        sources = load(INDICATORS / f"{family}.json")["sources"]
        assert load(path)["sources"] == [sources[key] for key in entry["source"]], path.name


def test_names_of_a_sample_pass_the_filter_of_its_indicator():
    by_id = {entry["id"]: entry for _, entry in entries()}
    for path in sample_files():
        globs = by_id[load(path)["indicator"]].get("names")
        for name in load(path)["names"] if globs else ():
            assert any(re.fullmatch(".*".join(map(re.escape, glob.split("*"))), name)
                       for glob in globs), (path.name, name)


def test_no_sample_was_tested_and_none_is_kept():
    for path in sample_files():
        assert load(path)["tested_against_real_bytes"] is False, path.name
    kept = {path.name for path in SAMPLES.iterdir()}
    assert kept == {path.name for path in sample_files()} | {"README.md", "schema.json"}


def test_rules_have_one_name_each():
    assert len(rule_names()) == len(set(rule_names()))


def test_expected_rules_exist():
    known = set(rule_names())
    expected = {}
    for path in sample_files():
        for rule in load(path)["expected_rules"]:
            expected.setdefault(rule, []).append(path.name)
    assert expected
    assert not {rule: found for rule, found in expected.items() if rule not in known}


def test_a_sample_without_rules_says_why():
    for path in sample_files():
        if not load(path)["expected_rules"]:
            assert re.search(r"no rule|does not fire|promise a rule", load(path)["notes"]), path.name


# --- what is complete ---------------------------------------------------------------------------


def test_npm_list_of_the_worm_is_complete():
    found = packages("npm", "canisterworm")
    assert len({entry["name"] for entry in found}) == len(found) == 66
    assert sum(len(entry["versions"]) for entry in found) == 143


def test_action_commits_are_complete():
    commits = {}
    for entry in packages("github-actions"):
        commits.setdefault(entry["name"], []).extend(entry.get("commits", ()))
    count = {name: len(set(listed)) for name, listed in commits.items() if listed}
    assert count == {"aquasecurity/trivy-action": 75, "aquasecurity/setup-trivy": 7,
                     "Checkmarx/kics-github-action": 32, "actions/checkout": 1}
    every = [commit for listed in commits.values() for commit in listed]
    assert len(every) == len(set(every))


def test_moved_tags_are_complete():
    """As many tags of trivy-action as commits; setup-trivy's seventh was released again clean."""
    tags = {}
    for entry in packages("github-actions"):
        tags.setdefault(entry["name"], set()).update(
            tag.removeprefix("v") if entry["name"] != "Checkmarx/kics-github-action" else tag
            for tag in entry.get("versions", ()))
    assert {name: len(listed) for name, listed in tags.items() if listed} == {
        "aquasecurity/trivy-action": 75, "aquasecurity/setup-trivy": 6,
        "Checkmarx/kics-github-action": 32, "Checkmarx/ast-github-action": 4}


def test_trivy_release_is_complete():
    kinds = [entry["kind"] for family, entry in of_type("hash")
             if family == "trivy" and "kind" in entry]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "elf": 7, "macho": 2, "pe": 1, "gzip": 9, "ar": 6, "rpm": 6, "zip": 1}
    images = packages("container", "trivy")
    assert len(images) == 4
    assert {len(entry["digests"]) for entry in images} == {15}


def test_nothing_is_listed_twice():
    seen = {}
    for _, entry in entries():
        key = {"path": ("pattern", "platform"), "domain": ("value",), "ip": ("value", "port"),
               "unit": ("value", "description"), "kubernetes": ("kind", "namespace", "name")}
        if entry["type"] in key:
            mark = (entry["type"],) + tuple(entry.get(part) for part in key[entry["type"]])
            assert seen.setdefault(mark, entry["id"]) == entry["id"], mark
    bad = [(entry["ecosystem"], entry["name"], version) for _, entry in of_type("package")
           for version in entry.get("versions", ())]
    assert len(bad) == len(set(bad))


# --- what must not be there ---------------------------------------------------------------------


@pytest.mark.parametrize("claim", WRONG)
def test_wrong_claims_are_not_repeated(claim):
    for _, entry in entries():
        assert not re.search(claim, json.dumps(entry), re.I), entry["id"]


def test_kamikaze_is_not_the_trivy_binary():
    digest = "0880819ef821cff918960a39c1c1aada55a5593c61c608ea9215da858a86e349"
    (family, entry), = [(f, e) for f, e in of_type("hash") if e.get("sha256") == digest]
    assert family == "trivy" and entry["kind"] == "pe" and "kamikaze" not in json.dumps(entry)


def test_clean_things_are_not_indicators():
    for _, entry in of_type("hash"):
        assert entry.get("sha256") not in CLEAN_HASHES, entry["id"]
    for _, entry in of_type("package"):
        assert not CLEAN_COMMITS & set(entry.get("commits", ())), entry["id"]
        clean = CLEAN_VERSIONS.get((entry["ecosystem"], entry["name"]), set())
        assert not clean & set(entry.get("versions", ())), entry["id"]
        listed = set(entry.get("versions", ())) | set(entry.get("commits", ()))
        assert not listed & set(entry.get("safe", ())), entry["id"]


def number(version):
    return [int(part) for part in version.split(".")]


def test_ranges_run_upwards_and_hold_nothing_safe():
    for _, entry in of_type("package"):
        for low, high in entry.get("ranges", ()):
            assert number(low) <= number(high), entry["id"]
            for safe in entry.get("safe", ()):
                assert not number(low) <= number(safe) <= number(high), entry["id"]


def test_tags_of_actions_are_exact():
    """A tag with a v is another tag: of trivy-action only those without one were moved."""
    for entry in packages("github-actions"):
        assert "ranges" not in entry, entry["id"]
        if entry["name"] == "aquasecurity/trivy-action":
            assert not [tag for tag in entry.get("versions", ()) if tag.startswith("v")]


def test_shared_services_are_not_indicators():
    for _, entry in of_type("domain"):
        assert entry["value"] not in SHARED_HOSTS, entry["id"]
        shared = any(entry["value"].endswith("." + host) for host in SHARED_HOSTS)
        assert not (shared and entry.get("subdomains")), entry["id"]


def test_addresses_are_public():
    for _, entry in of_type("ip"):
        assert ipaddress.ip_address(entry["value"]).is_global, entry["value"]


# --- well-formed --------------------------------------------------------------------------------


def test_package_names_are_as_their_ecosystem_writes_them():
    forms = {"pypi": r"[a-z0-9]+(-[a-z0-9]+)*", "npm": r"(@[a-z0-9.-]+/)?[a-z0-9][a-z0-9._-]*",
             "github-actions": r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+",
             "container": r"[a-z0-9.-]+(/[a-z0-9._-]+)+", "openvsx": r"[a-z0-9-]+",
             "binary": r"[a-z0-9-]+"}
    for _, entry in of_type("package"):
        assert re.fullmatch(forms[entry["ecosystem"]], entry["name"]), entry["id"]


def test_globs_hold_something_fixed():
    for _, entry in entries():
        for glob in list(entry.get("names", ())) + [entry.get("pattern", "fixed")]:
            assert len(glob.replace("*", "")) >= 4, (entry["id"], glob)
            assert "**" not in glob, (entry["id"], glob)


def test_text_is_plain():
    """One line an entry, no address that somebody could click in a title or a note."""
    for _, entry in entries():
        for text in (entry["title"], entry.get("note", "x")):
            assert text == text.strip() and "://" not in text, entry["id"]
    for path in indicator_files():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert sum(line.startswith('  {"id": "SWI-') for line in lines) == len(
            load(path)["entries"]), path.name
