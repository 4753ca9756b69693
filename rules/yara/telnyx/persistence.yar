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
        $startup_a = "\x53tart Menu\\Programs\\Startup" ascii wide
        $startup_b = "\x53tart Menu\\\\Programs\\\\Startup" ascii wide
        $program = "\x6dsbuild.exe" ascii wide nocase
        $trait_sound = "\x68angup.wav" ascii wide
        $trait_hide = "\x61ttrib +h" ascii wide
        $trait_flags = "\x63reationflags=0x08000000" ascii wide
        $trait_flags_b = "\x63reationflags = 0x08000000" ascii wide
        $trait_lock = "\x6dsbuild.exe.lock" ascii wide

    condition:
        filesize < 8MB and any of ($startup_*) and $program and 2 of ($trait_*)
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
        $run = /\x45xecStart=[^\n]{1,120}\/\.config\/audiomon\/audiomon\.py/ ascii wide

    condition:
        filesize < 64KB and $run
}
