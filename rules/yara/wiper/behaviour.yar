// SPDX-License-Identifier: Apache-2.0
//
// What the wiper does, whatever its parts are called: it looks at the time zone
// and the locale before it destroys, it empties the host's root and reboots,
// and late forms travelled inside sound files. Time zone and locale names alone
// stand in every time zone database, so that they count only in quotes and
// beside a destructive command.

rule wiper_region_gate
{
    meta:
        id = "SW-WIPER-011"
        title = "Wiper: destructive command behind a test for Iran"
        family = "wiper"
        stage = "wiper"
        severity = "high"
        confidence = "medium"
        description = "A script that tests for the time zone or the locale of Iran and holds a command that destroys the system or deploys the wiper"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1614.001, T1480, T1485, T1529"
        false_positives = "Detection content and training material that quotes the test and the command together"
        license = "Apache-2.0"

    strings:
        $kill_deploy = "\x64eploy_destructive_ds"
        $kill_set = "\x68ost-provisioner-iran"
        $kill_root = "\x72m -rf / --no-preserve-root"
        $kill_root_b = "\x72m -rf --no-preserve-root /"
        $reboot = "\x72eboot -f"

    condition:
        filesize < 1MB and any of them and
        // the time zone in quotes or beside the country, the locale in quotes or stars:
        // both stand in every list of such names, and are read in place
        for any i in (1..filesize) : (
            (/* Asia/Tehran */ uint32be(i) == 0x41736961 and uint32be(i + 4) == 0x2f546568 and
                uint16be(i + 8) == 0x7261 and uint8(i + 10) == 0x6e and (
                uint8(i - 1) == 0x22 or uint8(i - 1) == 0x27 or uint16be(i + 11) == 0x7c49)) or
            (/* fa_IR */ uint32be(i) == 0x66615f49 and uint8(i + 4) == 0x52 and (
                uint8(i - 1) == 0x22 or uint8(i - 1) == 0x27 or uint8(i - 1) == 0x2a))) and
        (any of ($kill_*) or
         // beside the reboot: the host's root, the search over it, the deletion
         for any i in (0..filesize) : (
            (/* /mnt/host */ uint32be(i) == 0x2f6d6e74 and uint32be(i + 4) == 0x2f686f73 and
                uint8(i + 8) == 0x74) or
            (/* depth 1 -not -na */ uint32be(i) == 0x64657074 and
                uint32be(i + 4) == 0x68203120 and uint32be(i + 8) == 0x2d6e6f74 and
                uint32be(i + 12) == 0x202d6e61) or
            (/* -exec rm -rf */ uint32be(i) == 0x2d657865 and uint32be(i + 4) == 0x6320726d and
                uint32be(i + 8) == 0x202d7266)))
}

rule wiper_host_wipe
{
    meta:
        id = "SW-WIPER-012"
        title = "Wiper: empties the root file system and forces a reboot"
        family = "wiper"
        stage = "wiper"
        severity = "high"
        confidence = "medium"
        description = "The command that deletes every top-level entry of the root or of the mounted host root except the mount point, with the forced reboot after it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1485, T1529, T1611"
        false_positives = "Installers of appliances that clear a disk in the same words"
        license = "Apache-2.0"

    strings:
        $host = "\x66ind /mnt/host -maxdepth 1 -not -name"
        $root = "\x66ind / -maxdepth 1 -not -name"
        $reboot = "\x72eboot -f"

    condition:
        any of ($host, $root) and $reboot and
        // the deletion, close behind the search
        (for any i in (1..64) : (
            i <= #host and for any j in (@host[i]..@host[i] + 1024) : (
                /* xec rm -rf { */ uint32be(j) == 0x78656320 and
                uint32be(j + 4) == 0x726d202d and uint32be(j + 8) == 0x7266207b)) or
         for any i in (1..64) : (
            i <= #root and for any j in (@root[i]..@root[i] + 1024) : (
                /* xec rm -rf { */ uint32be(j) == 0x78656320 and
                uint32be(j + 4) == 0x726d202d and uint32be(j + 8) == 0x7266207b)))
}

rule wiper_wav_carrier
{
    meta:
        id = "SW-WIPER-013"
        title = "Wiper: sound file with Python in base64 as its samples"
        family = "wiper"
        stage = "carrier"
        severity = "low"
        confidence = "low"
        description = "An 8-bit mono sound file at 44,100 Hz whose samples are base64 text of Python code, as reported of the last forms of the wiper: hunting material"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042"
        attack = "T1027.003, T1140"
        false_positives = "Puzzles and exercises that hide Python in a sound file"
        license = "Apache-2.0"

    condition:
        uint32be(0) == 0x52494646 and uint32be(8) == 0x57415645 and  // RIFF, WAVE
        uint16(20) == 1 and uint16(22) == 1 and uint32(24) == 44100 and uint16(34) == 8 and
        // "import" and a space in base64, at each of its three alignments
        for any i in (36..65536) : (
            (/* aW1wb3J0I */ uint32be(i) == 0x61573177 and uint32be(i + 4) == 0x62334a30 and
                uint8(i + 8) == 0x49) or
            (/* ltcG9ydC */ uint32be(i) == 0x6c746347 and uint32be(i + 4) == 0x39796443) or
            (/* pbXBvcnQg */ uint32be(i) == 0x70625842 and uint32be(i + 4) == 0x76636e51 and
                uint8(i + 8) == 0x67))
}
