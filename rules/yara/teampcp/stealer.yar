// SPDX-License-Identifier: Apache-2.0
//
// Marks that the campaign's stealers share, whichever package carried them.

rule teampcp_marker
{
    meta:
        id = "SW-TEAMPCP-007"
        title = "TeamPCP: stealer that names itself"
        family = "teampcp"
        stage = "2"
        severity = "critical"
        confidence = "high"
        description = "The comment in which the stealer names itself, beside a piece of its code"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1552.001, T1059.006"
        false_positives = "Write-ups that print the source; prose that names the stealer does not match"
        license = "Apache-2.0"

    strings:
        $marker = "\x54eamPCP Cloud stealer"
        $code_imports = "\x69mport os,sys,stat,subprocess,glob"
        $code_emit = "\x65mit_glob("
        $code_wallet = "\x72pcuser\\|rpcpassword\\|rpcauth"

    condition:
        $marker and
        (any of ($code_*) or
         // names of many programs, read in place: the mark of a secret, the helper
         (filesize < 4MB and
          for any i in (0..filesize) : (
            (uint32be(i) == 0x69735365 and uint32be(i + 4) == 0x63726574 and
             (uint32be(i + 8) == 0x223a7472 or uint32be(i + 8) == 0x5c223a74)) or
            (/* def emit( */ uint32be(i) == 0x64656620 and uint32be(i + 4) == 0x656d6974 and
                uint8(i + 8) == 0x28))))
}

rule teampcp_credential_paths
{
    meta:
        id = "SW-TEAMPCP-008"
        title = "TeamPCP: the places that the stealer reads, together"
        family = "teampcp"
        stage = "2"
        severity = "high"
        confidence = "medium"
        description = "The stealer's command that shows WireGuard's settings, with three or more of the rare files that it reads from container builds, wallets, validators and mail"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041"
        attack = "T1552.001, T1552.004, T1083"
        false_positives = "Other credential stealers, audit tools and write-ups that hold the whole list"
        license = "Apache-2.0"

    strings:
        $wireguard = "\x77g showconf"
        $kaniko = "\x2fkaniko/.docker/config.json"
        $validator = "\x61uthorized-withdrawer-keypair.json"
        $monero = "\x2ebitmonero/bitmonero.conf"
        $mail = "\x73asl_passwd"

    condition:
        $wireguard and 3 of ($kaniko, $validator, $monero, $mail)
}

rule teampcp_runner_memory
{
    meta:
        id = "SW-TEAMPCP-009"
        title = "TeamPCP: secrets read from a CI runner's memory"
        family = "teampcp"
        stage = "2"
        severity = "critical"
        confidence = "medium"
        description = "Code that opens the memory of the GitHub Actions runner and looks for its variables that are marked secret"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23"
        attack = "T1003.007, T1552.001, T1057"
        false_positives = "The tools of other attacks on the same runner, and research code; logs of the runner do not match"
        license = "Apache-2.0"

    strings:
        $worker = "\x52unner.Worker"

    condition:
        // words of many programs and of the runner's own logs, read in place: the mark of a
        // secret variable, set, its quotes escaped or not
        filesize < 2MB and $worker and
        for any i in (0..filesize) : (
            uint32be(i) == 0x69735365 and uint32be(i + 4) == 0x63726574 and
            for any j in (i + 10..i + 16) : (uint32be(j) == 0x74727565)) and
        // the memory of a process: a variable or a format in front of it
        for any i in (0..filesize) : (
            (uint32be(i) == 0x2f6d656d and
             (uint8(i - 1) == 0x7d or uint16be(i - 2) == 0x2564 or uint16be(i - 2) == 0x2573 or
              ((uint16be(i - 2) | 0x2020) == 0x6964 and (uint8(i - 3) | 0x20) == 0x70))) or
            (/* str(pid) */ uint32be(i) == 0x73747228 and uint32be(i + 4) == 0x70696429))
}

rule teampcp_exfil_repository
{
    meta:
        id = "SW-TEAMPCP-010"
        title = "TeamPCP: loot sent to a repository of the victim"
        family = "teampcp"
        stage = "1"
        severity = "high"
        confidence = "medium"
        description = "One of the repository names of the campaign beside the calls that create a repository or add a file to a release"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, PYSEC-2026-2, MAL-2026-2254, S9041, GHSA-69fq-xp46-6x23"
        attack = "T1567.001, T1567"
        false_positives = "Clean-up scripts that look for the repositories through the same calls"
        license = "Apache-2.0"

    strings:
        $name_a = "\x74pcp-docs"
        $name_b = "\x64ocs-tpcp"

    condition:
        // addresses and commands of every tool for GitHub, read in place
        filesize < 4MB and any of them and
        for any i in (0..filesize) : (
            (uint32be(i) == 0x6769746875622e63 or uint32be(i) == 0x67697468) and (
                (/* ub.com/user/repos */ uint32be(i + 4) == 0x75622e63 and
                    uint32be(i + 8) == 0x6f6d2f75 and uint32be(i + 12) == 0x7365722f and
                    uint32be(i + 16) == 0x7265706f and uint8(i + 20) == 0x73) or
                (uint32be(i - 4) == 0x6170692e and
                    /* ub.com/repos/ */ uint32be(i + 4) == 0x75622e63 and
                    uint32be(i + 8) == 0x6f6d2f72 and uint32be(i + 12) == 0x65706f73 and
                    uint8(i + 16) == 0x2f) or
                (uint32be(i - 4) == 0x6164732e and
                    /* ub.com/repos */ uint32be(i + 4) == 0x75622e63 and
                    uint32be(i + 8) == 0x6f6d2f72 and uint32be(i + 12) == 0x65706f73)) or
            (/* gh repo create */ uint32be(i) == 0x67682072 and
                uint32be(i + 4) == 0x65706f20 and uint32be(i + 8) == 0x63726561 and
                uint16be(i + 12) == 0x7465))
}
