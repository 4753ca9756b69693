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
        $gate_zone = "\x22Asia/Tehran\"" ascii wide
        $gate_zone_single = "\x27Asia/Tehran'" ascii wide
        $gate_zone_case = "\x41sia/Tehran|Iran" ascii wide
        $gate_locale = "\x22fa_IR\"" ascii wide
        $gate_locale_single = "\x27fa_IR'" ascii wide
        $gate_locale_glob = "\x2afa_IR*" ascii wide
        $kill_root = "\x2d-no-preserve-root" ascii wide
        $kill_deploy = "\x64eploy_destructive_ds" ascii wide
        $kill_set = "\x68ost-provisioner-iran" ascii wide
        $kill_find = "\x2dmaxdepth 1 -not -name" ascii wide
        $reboot = "\x72eboot -f" ascii wide
        $host = "\x2fmnt/host" ascii wide
        $delete = "\x2dexec rm -rf" ascii wide

    condition:
        filesize < 1MB and any of ($gate_*) and (
            any of ($kill_root, $kill_deploy, $kill_set) or
            ($reboot and any of ($host, $kill_find, $delete)))
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
        $host = "\x66ind /mnt/host -maxdepth 1 -not -name" ascii wide
        $root = "\x66ind / -maxdepth 1 -not -name" ascii wide
        $delete = "\x2dexec rm -rf {" ascii wide
        $reboot = "\x72eboot -f" ascii wide

    condition:
        any of ($host, $root) and $delete and $reboot
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

    strings:
        $import_os = "\x69mport os" base64
        $import_subprocess = "\x69mport subprocess" base64
        $import_base64 = "\x69mport base64" base64
        $kube = "\x64eploy_std_ds" base64
        $prop = "\x67et_remote_logic" base64

    condition:
        uint32be(0) == 0x52494646 and uint32be(8) == 0x57415645 and  // RIFF, WAVE
        uint16(20) == 1 and uint16(22) == 1 and uint32(24) == 44100 and uint16(34) == 8 and
        any of them
}
