# SPDX-License-Identifier: Apache-2.0
"""The schema takes what the program writes, and nothing else.

The records of tests/golden/records.json are what the unit tests see the
builders make, one of each kind and form.
"""

import copy
import json

import jsonschema
import pytest
import schema_check

GOLDEN = schema_check.SCHEMA.parents[2] / "tests/golden/records.json"
OPTIONAL = {"path_base64", "name_base64", "btime", "types", "atime", "times"}


def golden():
    with open(GOLDEN, encoding="utf-8") as file:
        return json.load(file)


def objects(value, place=()):
    """Every JSON object inside a value, with the way to it."""
    if isinstance(value, dict):
        yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(
        value if isinstance(value, list) else ())
    for key, inner in items:
        yield from objects(inner, place + (key,))


def at(value, place):
    for key in place:
        value = value[key]
    return value


def is_open(place):
    """Members with free names: a rule's meta, counts by type, what was written down of a disk."""
    return place[-1:] == ("meta",) or place in (("types",), ("acquisition",))


def test_all_types_are_there():
    assert {record["type"] for record in golden()} == set(schema_check.types())


@pytest.mark.parametrize("record", golden(), ids=lambda record: record["type"])
def test_golden_records_conform(record):
    schema_check.check_records([record])
    jsonschema.Draft202012Validator(schema_check.schema()).validate(record)


@pytest.mark.parametrize("record", golden(), ids=lambda record: record["type"])
def test_every_object_is_closed(record):
    for place, _ in objects(record):
        if is_open(place):
            continue
        changed = copy.deepcopy(record)
        at(changed, place)["surprise"] = 1
        with pytest.raises(jsonschema.ValidationError):
            schema_check.check_records([changed])


@pytest.mark.parametrize("record", golden(), ids=lambda record: record["type"])
def test_no_member_may_be_missing_or_of_another_type(record):
    for place, value in objects(record):
        if is_open(place):
            continue
        for name in value:
            wrong = copy.deepcopy(record)
            at(wrong, place)[name] = {"of": ["another", "type"]}
            with pytest.raises(jsonschema.ValidationError):
                schema_check.check_records([wrong])
            counts = record["type"] == "sweep_end" and place in (("gaps",), ("excluded",), ("incidents",))
            if name in OPTIONAL or place[-1:] == ("resolution_ns",) or counts or (record["type"], name) == ("gap", "rule"):
                continue
            if record["type"] == "disk_image" and name in ("acquisition", "stored", "computed", "files", "verified", "md5"):
                continue
            # A container may not know, and few are packages or lie in caches.
            if place[:1] == ("chain",) and name in ("mtime", "times", "package", "cache"):
                continue
            less = copy.deepcopy(record)
            del at(less, place)[name]
            with pytest.raises(jsonschema.ValidationError):
                schema_check.check_records([less])


@pytest.mark.parametrize("name,value", [
    ("reason", "boredom"), ("locator", ""), ("chain", []), ("detail", None),
    ("object", {"path": "/a\x1b[2J", "deleted": False}),
    ("object", {"path": "/a\u202eb", "deleted": False}),
    ("object", {"path": "/a", "deleted": "no"}),
    ("object", {"path": "/a", "path_base64": "L2", "deleted": False}),
    ("object", {"path": "/a", "mode": "0644", "deleted": False}),
])
def test_values_that_no_gap_may_have(name, value):
    record = next(record for record in golden() if record["type"] == "gap")
    schema_check.check_records([{**record, "object": {"path": "/a", "deleted": False}}])
    with pytest.raises(jsonschema.ValidationError):
        schema_check.check_records([{**record, name: value}])


def test_what_is_no_record():
    for value in (None, 1, [], {}, {"type": "package"}, {"type": []}):
        with pytest.raises(jsonschema.ValidationError):
            schema_check.check_records([value])
