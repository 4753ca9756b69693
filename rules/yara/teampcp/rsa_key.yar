// SPDX-License-Identifier: Apache-2.0
//
// The one string that ties Trivy, KICS, LiteLLM and Telnyx payloads together:
// the attackers' RSA-4096 public key. Only what comes after the header that
// every RSA-4096 key shares is looked for, and two lines of it are asked for,
// because advisories quote the first.

rule teampcp_rsa_key
{
    meta:
        id = "SW-TEAMPCP-001"
        title = "TeamPCP: RSA-4096 key that seals the loot"
        family = "teampcp"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "Two or more lines of the public key of the March 2026 campaign, in the clear or inside one layer of base64"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1573.002, T1560.001, T1195.002"
        false_positives = "Write-ups that print the whole key; one quoted line does not match"
        license = "Apache-2.0"

    strings:
        $first = "\x76ahaZDo8mucujrT15ry+" ascii wide
        $second = "\x30\x38qNLwm3kxzFSMj84M16lmIEeQA8u1X8DGK0EmNg7m3J6C3KzFeIzvz0UTgSq6cV" ascii wide
        $last = "\x72n3JMF0xZyXNRpQ/fZZxl40CAwEAAQ==" ascii wide
        $packed_first = "\x76ahaZDo8mucujrT15ry+" base64
        $packed_second = "\x30\x38qNLwm3kxzFSMj84M16lmIEeQA8u1X8DGK0EmNg7m3J6C3KzFeIzvz0UTgSq6cV" base64
        $packed_last = "\x72n3JMF0xZyXNRpQ/fZZxl40CAwEAAQ==" base64

    condition:
        2 of ($first, $second, $last) or 2 of ($packed_*)
}
