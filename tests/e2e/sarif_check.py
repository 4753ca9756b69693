# SPDX-License-Identifier: Apache-2.0
"""Checks SARIF documents: by the sections of the specification (OASIS SARIF 2.1.0, errata
01), written out by hand for what this program writes, and by what GitHub code scanning says
it takes. When SARIF_SCHEMA names the official JSON schema, that is asked too; it is not
in the tree, for it is not ours."""

import gzip
import json
import os
import re
import urllib.parse

# Members that may stand in each object, those in capitals' stead marked: "!" is required.
MEMBERS = {
    "log": "$schema version! runs!",
    "run": "tool! columnKind originalUriBaseIds results invocations artifacts",
    "driver": "name! version semanticVersion notifications rules properties",
    "rule": "id! name shortDescription fullDescription help helpUri defaultConfiguration properties",
    "result": "ruleId ruleIndex level message! locations relatedLocations partialFingerprints "
              "suppressions properties",
    "location": "id physicalLocation logicalLocations message",
    "physical": "artifactLocation region",
    "artifactLocation": "uri uriBaseId index",
    "artifact": "location parentIndex offset length roles mimeType hashes lastModifiedTimeUtc "
                "description",
    "suppression": "kind! status justification properties",
    "invocation": "toolExecutionNotifications arguments startTimeUtc endTimeUtc machine "
                  "workingDirectory exitCode exitCodeDescription executionSuccessful! properties",
    "notification": "descriptor level message! locations timeUtc properties",
    "message": "text!",
}
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
SCORES = {"critical": (9.0, 10.0), "high": (7.0, 9.0), "medium": (4.0, 7.0), "low": (0.1, 4.0),
          "info": (0.1, 4.0)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
URI = re.compile(r"(?:[A-Za-z0-9._~/:@+,=$&'()*;!-]|%[0-9A-F]{2})+")

# docs.github.com, "SARIF results exceed one or more limits".
RESULTS_MAX = 25000
RULES_MAX = 25000
TAGS_MAX = 20
LOCATIONS_MAX = 1000
GZIP_MAX = 10_000_000


KNOWN = {kind: frozenset(words.replace("!", "").split()) for kind, words in MEMBERS.items()}
REQUIRED = {kind: frozenset(word[:-1] for word in words.split() if word.endswith("!"))
            for kind, words in MEMBERS.items()}


def members(kind, value):
    assert isinstance(value, dict), (kind, value)
    assert value.keys() <= KNOWN[kind], (kind, value.keys() - KNOWN[kind])
    assert value.keys() >= REQUIRED[kind], (kind, REQUIRED[kind] - value.keys())
    return value


def unique(rows):
    texts = [json.dumps(row, sort_keys=True) for row in rows]
    assert len(texts) == len(set(texts)), "a row twice"


def plain_text(value):
    members("message", value)
    assert len(value["text"].encode()) <= 1024
    return value["text"]


def message(value):
    """3.11.5, 3.11.6: no placeholder, and no link."""
    text = value["text"]
    members("message", value)
    assert text and len(text.encode()) <= 2100
    assert not re.search(r"(?<!\{)\{(?:\{\{)*(?!\{)", text), text
    assert "](" not in re.sub(r"\\[\[\]\\]", "", text), text
    return text


def uri(text, relative):
    """RFC 3986; 3.4.3: relative ones start neither with // nor with a scheme."""
    assert URI.fullmatch(text), text
    if relative:
        assert not text.startswith("//") and ":" not in text.split("/")[0], text
    else:
        assert text.startswith("file:///"), text


def artifact_location(value, run, needs_uri=True):
    members("artifactLocation", value)
    assert "uri" in value or ("index" in value and not needs_uri)
    if "uriBaseId" in value:
        assert value["uriBaseId"] in run["originalUriBaseIds"]
        uri(value["uri"], True)
        assert ".." not in value["uri"].split("/") and not value["uri"].startswith("/")
    elif "uri" in value:
        uri(value["uri"], not value["uri"].startswith("file:"))
    if "index" in value:
        artifact = run["artifacts"][value["index"]]
        if "uri" in value:  # 3.4.5: both mean the same artifact
            assert artifact["location"]["uri"] == value["uri"]
            assert artifact["location"].get("uriBaseId") == value.get("uriBaseId")


def physical(value, run, needs_uri=True):
    members("physical", value)
    artifact_location(value["artifactLocation"], run, needs_uri)
    region = value.get("region")
    if region is not None:  # 3.30: binary regions only; no line, so no line 0
        assert set(region) == {"byteOffset", "byteLength"}
        assert region["byteOffset"] >= 0 and region["byteLength"] >= 0


def check_artifacts(run):
    unique(run["artifacts"])
    for index, artifact in enumerate(run["artifacts"]):
        members("artifact", artifact)
        parent = artifact.get("parentIndex", -1)
        assert -1 <= parent < index  # a container comes before what lies in it
        if parent < 0:
            artifact_location(artifact["location"], run)
            assert artifact["roles"] == ["analysisTarget"]
        elif "location" in artifact:  # 3.24.2: the path inside the container
            assert set(artifact["location"]) == {"uri"}
            assert artifact["location"]["uri"].startswith("/")
            uri(artifact["location"]["uri"], True)
        else:
            assert artifact["offset"] >= 0 and artifact["description"]["text"]
        if "hashes" in artifact:
            assert re.fullmatch("[0-9a-f]{64}", artifact["hashes"]["sha-256"])
        if "mimeType" in artifact:
            assert re.fullmatch("[^/]+/.+", artifact["mimeType"])
        if "lastModifiedTimeUtc" in artifact:
            assert TIME.fullmatch(artifact["lastModifiedTimeUtc"])


def check_rules(driver):
    members("driver", driver)
    rules = driver["rules"]
    assert len(rules) <= RULES_MAX
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        members("rule", rule)
        for name in ("shortDescription", "fullDescription", "help"):
            assert plain_text(rule[name])
        assert len(rule["name"]) <= 255
        properties = rule["properties"]
        assert "security" in properties["tags"] and len(properties["tags"]) <= TAGS_MAX
        unique(properties["tags"])
        severity = properties["severity"]
        assert rule["defaultConfiguration"] == {"level": LEVELS[severity]}
        low, high = SCORES[severity]
        assert isinstance(properties["security-severity"], str)
        assert low <= float(properties["security-severity"]) <= high
        if "helpUri" in rule:
            assert urllib.parse.urlparse(rule["helpUri"]).scheme in ("http", "https")


def check_result(result, run):
    members("result", result)
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"]
    properties = result["properties"]
    assert result["level"] == LEVELS[properties["severity"]]
    assert rule["properties"]["severity"] == properties["severity"]
    message(result["message"])
    (location,) = result["locations"]
    members("location", location)
    physical(location["physicalLocation"], run)
    assert "region" not in location["physicalLocation"]
    (logical,) = location["logicalLocations"]
    assert logical["fullyQualifiedName"] == properties["locator"]
    related = result.get("relatedLocations", [])
    assert len(related) <= LOCATIONS_MAX
    assert len({row["id"] for row in related}) == len(related)
    unique(related)
    for row in related:
        members("location", row)
        physical(row["physicalLocation"], run, needs_uri=False)
        message(row["message"])
    assert result["partialFingerprints"]["primaryLocationLineHash"].endswith(":1")
    for row in result.get("suppressions", []):
        members("suppression", row)
        assert row["kind"] == "external" and row["status"] == "accepted"


def check_invocation(run):
    (invocation,) = run["invocations"]
    members("invocation", invocation)
    known = {row["id"] for row in run["tool"]["driver"]["notifications"]}
    for row in invocation["toolExecutionNotifications"]:
        members("notification", row)
        assert row["descriptor"]["id"] in known
        assert row["level"] in ("none", "note", "warning", "error")
        message(row["message"])
        for location in row.get("locations", []):
            physical(location["physicalLocation"], run)
    for name in ("startTimeUtc", "endTimeUtc"):
        assert TIME.fullmatch(invocation[name])
    assert invocation["executionSuccessful"] == (invocation["exitCode"] in (0, 1))


def check(path):
    """Checks the document and gives its one run back."""
    data = path.read_bytes()
    log = members("log", json.loads(data))
    assert log["version"] == "2.1.0" and "sarif-2.1.0" in log["$schema"]
    (run,) = log["runs"]
    members("run", run)
    for base in run.get("originalUriBaseIds", {}).values():  # 3.14.14
        assert base["uri"].startswith("file:///") and base["uri"].endswith("/")
    check_rules(run["tool"]["driver"])
    check_artifacts(run)
    assert len(run["results"]) <= RESULTS_MAX
    for result in run["results"]:
        check_result(result, run)
    check_invocation(run)
    assert len(gzip.compress(data, 6)) <= GZIP_MAX
    schema = os.environ.get("SARIF_SCHEMA")
    if schema and len(run["artifacts"]) < 1000:  # it compares each with each
        import jsonschema
        with open(schema, encoding="utf-8") as file:
            official = json.load(file)
        validator = jsonschema.validators.validator_for(official)
        problems = list(validator(official).iter_errors(log))
        assert not problems, problems[:3]
    return run


def place_of(run, index):
    """The way to an artifact: [uri, uri in it, ...]."""
    way = []
    while index >= 0:
        artifact = run["artifacts"][index]
        way.insert(0, artifact["location"]["uri"] if "location" in artifact
                   else artifact["description"]["text"])
        index = artifact.get("parentIndex", -1)
    return way
