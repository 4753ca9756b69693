# SPDX-License-Identifier: Apache-2.0
"""Checks records against docs/schema/, and whole reports for sense."""

import collections
import functools
import json
import pathlib

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/schema/record-1.0.schema.json"


@functools.lru_cache(maxsize=None)
def schema():
    with open(SCHEMA, encoding="utf-8") as file:
        loaded = json.load(file)
    jsonschema.Draft202012Validator.check_schema(loaded)
    return loaded


def types():
    """The types of records, in the order of a document."""
    return [row["$ref"].rsplit("/", 1)[1] for row in schema()["oneOf"]]


@functools.lru_cache(maxsize=None)
def validator(record_type):
    """Of one type: as strict as the whole schema, and says what is wrong."""
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/$defs/{record_type}", "$defs": schema()["$defs"]})


# Of a finding's matches so many are held against the schema; the rest, which may
# be hundreds of thousands, against what the schema says of them in plain words.
MATCHES_BY_SCHEMA = 50


def is_plain_match(match):
    return (match.keys() - {"image_offset", "former"} == {"pattern", "offset", "length", "data", "encoding"}
            and all(type(match[name]) is int and match[name] >= 0 for name in ("offset", "length"))
            and all(type(match[name]) is str for name in ("pattern", "data"))
            and match["encoding"] in ("text", "base64"))


def few_matches(record):
    """The record with its first matches only, when the others are plain ones."""
    matches = record.get("matches")
    if not isinstance(matches, list) or len(matches) <= MATCHES_BY_SCHEMA:
        return record
    if not all(map(is_plain_match, matches[MATCHES_BY_SCHEMA:])):
        return record
    return {**record, "matches": matches[:MATCHES_BY_SCHEMA]}


# So many records of one type are held against the schema, and of the others, which
# are made by the same few lines, each that has a form that was not seen yet.
RECORDS_BY_SCHEMA = 400


def form(value):
    """What a value is made of: names and types, and of a list what occurs in it."""
    if isinstance(value, dict):
        return tuple((name, form(value[name])) for name in sorted(value))
    if isinstance(value, list):
        return frozenset(map(form, value[:MATCHES_BY_SCHEMA]))
    return type(value).__name__


def check_records(records):
    """Raises jsonschema.ValidationError at the first record that is not as it should be."""
    counts, forms = collections.Counter(), set()
    for index, record in enumerate(records):
        record_type = record.get("type") if isinstance(record, dict) else None
        if not isinstance(record_type, str) or record_type not in types():
            raise jsonschema.ValidationError(f"record {index}: no such type: {record_type!r}")
        counts[record_type] += 1
        shape = form(record)
        if counts[record_type] > RECORDS_BY_SCHEMA and shape in forms:
            continue
        forms.add(shape)
        for error in validator(record_type).iter_errors(few_matches(record)):
            place = ".".join(map(str, error.absolute_path))
            raise jsonschema.ValidationError(
                f"record {index} ({record_type}) at {place or 'top'}: {error.message}")


def check_report(records):
    """A whole report: every record, the frame, and sums that agree with the records."""
    check_records(records)
    by_type = collections.defaultdict(list)
    for record in records:
        by_type[record["type"]].append(record)
    assert records[0]["type"] == "sweep_start" and len(by_type["sweep_start"]) == 1
    assert records[-1]["type"] == "sweep_end" and len(by_type["sweep_end"]) == 1
    end = records[-1]
    found = collections.Counter(
        record["severity"] for record in by_type["finding"] if "suppressed" not in record)
    marked = sum("suppressed" in record for record in by_type["finding"])
    assert marked in (0, end.get("suppressed", {"findings": 0})["findings"])
    assert {name: count for name, count in end["findings"].items() if count} == found
    assert end["gaps"] == collections.Counter(record["reason"] for record in by_type["gap"])
    assert end["objects"]["gaps"] == len(by_type["gap"])
    assert end["objects"]["excluded"] == sum(end["excluded"].values())
    assert end["engine_deaths"] == len(by_type["engine_death"])
    verdicts = collections.Counter(record["verdict"] for record in by_type["incident"])
    assert end["incidents"] == verdicts
    for record in by_type["incident"]:
        check_incident(record)
    roots = [(record["root"], record.get("root_base64")) for record in by_type["incident"]]
    assert len(roots) == len(set(roots)), "two incidents of one root"
    # What lies in an image is the same thing wherever a copy of that image is.
    ids = [(record["id"], record["locator"] if "image" in record["chain"][0] else None)
           for record in by_type["finding"]]
    assert len(ids) == len(set(ids)), "two findings with one id"


def check_incident(record):
    """What the schema cannot say of an incident."""
    severities = [family["severity"] for family in record["families"]] or ["info"]
    order = schema()["$defs"]["severity"]["enum"]
    assert record["severity"] == min(severities, key=order.index)
    verdicts = schema()["$defs"]["verdict"]["enum"]
    shown = [row["verdict"] for row in record["evidence"]]
    if record["families"]:
        assert record["verdict"] == max(["present", *shown], key=verdicts.index)
    else:
        assert record["verdict"] == "exposure" and not shown
    assert (record["earliest"] is None) == (record["latest"] is None)
    assert record["earliest"] is None or record["earliest"] <= record["latest"]
    for family in record["families"]:
        for stage in family["stages"]:
            assert stage["examples"] == sorted(set(stage["examples"]), key=str.encode)
            assert len(stage["examples"]) <= stage["count"]
    exposure = record["exposure"]
    if exposure is not None:
        assert exposure["count"] == sum(group["count"] for group in exposure["groups"])
        for group in exposure["groups"]:
            assert group["count"] == len(group["files"]) + group["not_listed"]
