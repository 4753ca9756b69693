// SPDX-License-Identifier: Apache-2.0
//
// The sealed bundle of the campaign's stealers: the upload, the archive, and the
// two files in it. The archive's name alone was used again by node-ipc's
// attackers, and the names of its members occur in exercises.

rule teampcp_bundle_upload
{
    meta:
        id = "SW-TEAMPCP-004"
        title = "TeamPCP: sealing and upload of the bundle"
        family = "teampcp"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The header that names the bundle in an upload, beside the commands that seal it: the mark of the March 2026 stealers"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1560.001, T1573.002, T1041, T1567"
        false_positives = "Write-ups that quote the upload together with the sealing commands"
        license = "Apache-2.0"

    strings:
        $header = "\x58-Filename: \x74pcp.tar.gz" ascii wide
        $seal_padding = "\x72sa_padding_mode:oaep" ascii wide

    condition:
        $header and
        ($seal_padding or
         // words of every sealing and upload, read in place: openssl's and curl's
         (filesize < 4MB and
          for any i in (0..filesize) : (
            (/* pkeyutl */ uint32be(i) == 0x706b6579 and uint16be(i + 4) == 0x7574 and
                uint8(i + 6) == 0x6c) or
            (/* -aes-256-cbc */ uint32be(i) == 0x2d616573 and uint32be(i + 4) == 0x2d323536 and
                uint32be(i + 8) == 0x2d636263) or
            (/* --data-binary */ uint32be(i) == 0x2d2d6461 and uint32be(i + 4) == 0x74612d62 and
                uint32be(i + 8) == 0x696e6172 and uint8(i + 12) == 0x79))))
}

rule teampcp_bundle_tar
{
    meta:
        id = "SW-TEAMPCP-005"
        title = "TeamPCP: sealed bundle as an archive"
        family = "teampcp"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "A tar archive, or a piece of one in a disk image, with both members of the bundle; the sealed key has the size that RSA-4096 gives"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1560.001, T1074.001"
        false_positives = "None known: exercises that use these names do not make such an archive"
        license = "Apache-2.0"

    strings:
        $payload = "\x70ayload.enc\x00\x00\x00\x00\x00\x00\x00\x00"
        $key = "\x73ession.key.enc\x00\x00\x00\x00\x00\x00\x00\x00"

    condition:
        // "usta" of a tar header, counted from the name or from a leading "./"
        for any i in (1..#payload) : (
            uint32be(@payload[i] + 257) == 0x75737461 or
                uint32be(@payload[i] + 255) == 0x75737461) and
        // the size in octal digits: 00000001000 is 512
        for any i in (1..#key) : (
            (uint32be(@key[i] + 257) == 0x75737461 and uint32be(@key[i] + 131) == 0x31303030) or
            (uint32be(@key[i] + 255) == 0x75737461 and uint32be(@key[i] + 129) == 0x31303030))
}

rule teampcp_sealed_member
{
    meta:
        id = "SW-TEAMPCP-006"
        title = "TeamPCP: a file named and shaped like a member of the bundle"
        family = "teampcp"
        stage = "1"
        severity = "low"
        confidence = "low"
        description = "A file with the name of one member of the bundle and its form: OpenSSL's salted text, or 512 sealed bytes. Worth a look only beside other findings"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1560.001, T1074.001"
        false_positives = "Exercises and backup scripts that seal a file with OpenSSL under the same name"
        license = "Apache-2.0"

    condition:
        (filename == "\x70ayload.enc" and uint32be(0) == 0x53616c74 and
            uint32be(4) == 0x65645f5f) or
        (filename == "\x73ession.key.enc" and filesize == 512)
}
