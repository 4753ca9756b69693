// SPDX-License-Identifier: Apache-2.0
//
// What the Telnyx backdoor leaves behind: a program in the Windows start-up
// folder, and (by one report only) a poller on Unix.

rule telnyx_windows_startup
{
    meta:
        id = "SW-TELNYX-005"
        title = "Telnyx backdoor: program in the start-up folder"
        family = "telnyx"
        stage = "3"
        severity = "high"
        confidence = "medium"
        description = "Code that puts a program named like a compiler into the start-up folder with a lock file, hides it, and takes it from a sound file"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254"
        attack = "T1547.001, T1036.005, T1564.001, T1027.003"
        false_positives = "Installers that copy a program of that name into the start-up folder"
        license = "Apache-2.0"

    strings:
        $trait_sound = "\x68angup.wav"
        $trait_hide = "\x61ttrib +h"
        $trait_flags = "\x63reationflags=0x08000000"
        $trait_flags_b = "\x63reationflags = 0x08000000"
        $trait_lock = "\x6dsbuild.exe.lock"

    condition:
        // names of every Windows, read in place: the program in either case, the folder with
        // its bars single or doubled
        filesize < 2MB and 2 of them and
        for any i in (0..filesize) : (
            (uint32be(i) | 0x20202020) == 0x6d736275 and
                (uint32be(i + 4) | 0x20202020) == 0x696c642e) and
        for any i in (0..filesize) : (
            /* Programs */ uint32be(i) == 0x50726f67 and uint32be(i + 4) == 0x72616d73 and
                uint8(i + 8) == 0x5c and
            (uint32be(i + 9) == 0x53746172 or uint32be(i + 10) == 0x53746172))
}

rule telnyx_audiomon_unit
{
    meta:
        id = "SW-TELNYX-006"
        title = "Telnyx backdoor: audiomon unit"
        family = "telnyx"
        stage = "3"
        severity = "low"
        confidence = "low"
        description = "A unit that runs audiomon.py from a hidden folder of the user. One report only, never confirmed on the backdoor's server"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254"
        attack = "T1543.002, T1036.004"
        false_positives = "A hobby monitor of sound devices with the same name and folder"
        license = "Apache-2.0"

    strings:
        $run = /\x45xecStart=[^\n]{1,120}\/\.config\/audiomon\/audiomon\.py/

    condition:
        filesize < 64KB and $run
}
