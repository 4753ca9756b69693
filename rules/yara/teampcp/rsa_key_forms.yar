// SPDX-License-Identifier: Apache-2.0
//
// The attackers' public key in other forms: as the start of a PEM text, with its
// first line only, and as the bytes that base64 stands for.

rule teampcp_rsa_key_pem
{
    meta:
        id = "SW-TEAMPCP-002"
        title = "TeamPCP: start of the PEM key"
        family = "teampcp"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The campaign's public key as PEM text: the line that opens a public key and the whole first line of this one, also as a string of source code"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1573.002, T1560.001"
        false_positives = "Write-ups that print the key as PEM; the quoted first line alone does not match"
        license = "Apache-2.0"

    strings:
        $key = /\x2d----BEGIN PUBLIC KEY-----[\\nr\"'+,\s]{1,24}MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAvahaZDo8mucujrT15ry\+/

    condition:
        $key
}

rule teampcp_rsa_key_der
{
    meta:
        id = "SW-TEAMPCP-003"
        title = "TeamPCP: public key as bytes"
        family = "teampcp"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The modulus of the campaign's public key as raw bytes: a DER file, a key ring, a compiled program, or a decoded layer of base64"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1573.002, T1560.001"
        false_positives = "Detection tools that carry the key as bytes"
        license = "Apache-2.0"

    strings:
        $start = { bd a8 5a 64 3a 3c 9a e7 2e 8e b4 f5 e6 bc be [0-1] d3 ca 8d 2f 09 b7 93 1c c5 48 c8 fc e0 cd 7a 96 }
        $end = { ae 7d c9 30 5d 31 67 25 cd 46 94 3f 7d [0-1] 96 71 97 8d 02 03 01 00 01 }

    condition:
        any of them
}
