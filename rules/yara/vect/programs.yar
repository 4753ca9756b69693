// SPDX-License-Identifier: Apache-2.0
//
// The programs of VECT 2.0. The Linux build keeps its options in clear. The
// ESXi build hides them behind one byte, which would take hundreds of patterns
// to look for, and the Windows build most of them behind eight: of these two
// only what is left in clear is looked for.
// No name that every Windows program imports is used.

rule vect_linux_program
{
    meta:
        id = "SW-VECT-003"
        title = "VECT: Linux or ESXi program with readable strings"
        family = "vect"
        stage = "ransom"
        severity = "critical"
        confidence = "high"
        description = "An ELF program with two or more of the locker's options, help lines, note files and contacts"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "Check Point Research 2026-04-28"
        attack = "T1486, T1485, T1489, T1021.004"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $novms = "\x2d-no-kill-vms"
        $vmhelp = "\x44on't kill running VMs"
        $fast = "\x46ast mode: encrypt only 1MB"
        $notice = "\x76ector_notice.sh"
        $onion = "\x76ectordntlcrlmfkcm4alni734tbcrnd5lk44v6sp4lqal6noqrgnbyd"
        $qtox = "\x31\x4151DCBB33FBF603"
        $note = "\x21!!READ_ME!!!.txt"
        $cipher = "\x65ncrypted with ChaCha20 which is an unbreakable"

    condition:
        uint32be(0) == 0x7f454c46 and 2 of them
}

rule vect_windows_program
{
    meta:
        id = "SW-VECT-005"
        title = "VECT: Windows program"
        family = "vect"
        stage = "ransom"
        severity = "critical"
        confidence = "medium"
        description = "A Windows program with two or more of the locker's options, its wallpaper, its note and its contacts, where the build left them readable"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "Check Point Research 2026-04-28"
        attack = "T1486, T1485, T1562.001, T1490"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $safemode = "\x2d-force-safemode" ascii wide
        $stealth = "\x2d-no-stealth" ascii wide
        $nogpo = "\x2d-no-gpo" ascii wide
        $wall = "\x64vm3_wall.bmp" ascii wide
        $note = "\x21!!READ_ME!!!.txt" ascii wide
        $onion = "\x76ectordntlcrlmfkcm4alni734tbcrnd5lk44v6sp4lqal6noqrgnbyd" ascii wide
        $qtox = "\x31\x4151DCBB33FBF603" ascii wide

    condition:
        uint16be(0) == 0x4d5a and 2 of them
}
