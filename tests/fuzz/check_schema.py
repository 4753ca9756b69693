#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_schema.py PROGRAM CORPUS COUNT MILLISECONDS

Whatever the supervisor takes from the engine has to be a record of the schema:
runs a plain fuzz test and validates every record that came out of it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "record-1.0.schema.json"


def taken_records(command):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(command, check=True, env=dict(os.environ, FUZZ_RECORDS=file.name))
        return sorted(set(Path(file.name).read_text(encoding="utf-8").splitlines()))


def main():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    records = taken_records(sys.argv[1:])
    wrong = [line for line in records if not validator.is_valid(json.loads(line))]
    for line in wrong:
        print("not a record:", line)
    print(f"{len(records)} records, {len(wrong)} of them wrong")
    return 1 if wrong or not records else 0


if __name__ == "__main__":
    sys.exit(main())
