// SPDX-License-Identifier: Apache-2.0
//
// What an installed bad release leaves in its list of files (RECORD), also when
// the files themselves are gone.

rule litellm_record
{
    meta:
        id = "SW-LITELLM-019"
        title = "LiteLLM backdoor: list of files of 1.82.8"
        family = "litellm"
        stage = "0a, 0b"
        severity = "high"
        confidence = "high"
        description = "A wheel's RECORD that lists litellm_init.pth or the trojan proxy_server.py with its digest"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1195.002"
        false_positives = "An indicator list under the name RECORD; a quoted digest does not match"
        license = "Apache-2.0"

    strings:
        $loader = "\x6citellm_init.pth,sha256=ceNa7wMJnNHy1kRnNCcwJaFjWX3pORLfMh7xGL8TUjg,34628"
        $proxy = "\x6citellm/proxy/proxy_server.py,sha256=oNIpvo78svkTXirVW6J1t23c_rVfpDcOClIqW97gEgs,"

    condition:
        filename == "RECORD" and any of them
}
