// SPDX-License-Identifier: Apache-2.0
//
// The ransom note of VECT 2.0, which announced a partnership with TeamPCP, in
// the forms in which it lies on a disk: as a text, as login banners and as a
// script that shows it at each login. The name of one onion service or of one
// contact stands in every report, so that two traits are asked for.

rule vect_ransom_note
{
    meta:
        id = "SW-VECT-001"
        title = "VECT: ransom note or login banner"
        family = "vect"
        stage = "ransom"
        severity = "critical"
        confidence = "high"
        description = "Two or more of the note's traits: its onion service, its Qtox contact and its set sentences, in one-byte or two-byte text"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "Check Point Research 2026-04-28"
        attack = "T1486, T1491.001"
        false_positives = "Reports that print the whole note"
        license = "Apache-2.0"

    strings:
        $onion = "\x76ectordntlcrlmfkcm4alni734tbcrnd5lk44v6sp4lqal6noqrgnbyd" ascii wide
        $qtox = "\x31\x4151DCBB33FBF603" ascii wide
        $cipher = "\x65ncrypted with ChaCha20 which is an unbreakable" ascii wide
        $contact = "\x42ackup contact (Qtox)" ascii wide
        $sample = "\x73ample decryption of up to 4 small files" ascii wide

    condition:
        filesize < 256KB and 2 of them
}

rule vect_login_notice
{
    meta:
        id = "SW-VECT-002"
        title = "VECT: script that shows the ransom note at login"
        family = "vect"
        stage = "ransom"
        severity = "critical"
        confidence = "high"
        description = "A shell script with a trait of the note, as the Linux and ESXi builds leave it in /etc/profile.d"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "Check Point Research 2026-04-28"
        attack = "T1486, T1491.001, T1546.004"
        false_positives = "A shell script that searches for the note's traits"
        license = "Apache-2.0"

    strings:
        $onion = "\x76ectordntlcrlmfkcm4alni734tbcrnd5lk44v6sp4lqal6noqrgnbyd"
        $qtox = "\x31\x4151DCBB33FBF603"
        $cipher = "\x65ncrypted with ChaCha20 which is an unbreakable"

    condition:
        filesize < 256KB and any of them and (
            // #!, also behind a blank line, a comment sign or a byte order mark
            uint16be(0) == 0x2321 or uint16be(1) == 0x2321 or uint16be(2) == 0x2321 or
            uint16be(3) == 0x2321 or
            // or without it the start of cat, echo, printf
            uint32be(0) == 0x63617420 or uint32be(0) == 0x6563686f or uint32be(0) == 0x7072696e)
}
