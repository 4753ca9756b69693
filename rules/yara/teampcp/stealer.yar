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
        $marker = "\x54eamPCP Cloud stealer" ascii wide
        $code_imports = "\x69mport os,sys,stat,subprocess,glob" ascii wide
        $code_emit = "\x65mit_glob(" ascii wide
        $code_wallet = "\x72pcuser\\|rpcpassword\\|rpcauth" ascii wide
        $code_worker = "\x69sSecret\":true" ascii wide
        $code_worker_b = "\x69sSecret\\\":true" ascii wide
        $code_define = "\x64ef emit(" ascii wide

    condition:
        $marker and any of ($code_*)
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
        $wireguard = "\x77g showconf" ascii wide
        $kaniko = "\x2fkaniko/.docker/config.json" ascii wide
        $validator = "\x61uthorized-withdrawer-keypair.json" ascii wide
        $monero = "\x2ebitmonero/bitmonero.conf" ascii wide
        $mail = "\x73asl_passwd" ascii wide

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
        $worker = "\x52unner.Worker" ascii wide
        $secret = /\x69sSecret\\{0,2}[\"']\s{0,2}:\s{0,2}true/ ascii wide
        $memory_a = "\x7d/mem" ascii wide
        $memory_b = "\x2fproc/%d/mem" ascii wide
        $memory_c = "\x2fproc/%s/mem" ascii wide
        $memory_d = "\x70id/mem" ascii wide nocase
        $memory_e = "\x73tr(pid)" ascii wide

    condition:
        filesize < 4MB and $worker and $secret and any of ($memory_*)
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
        $name_a = "\x74pcp-docs" ascii wide
        $name_b = "\x64ocs-tpcp" ascii wide
        $call_create = "\x61pi.github.com\x2fuser/repos" ascii wide
        $call_upload = "\x75ploads.github.com/repos" ascii wide
        $call_releases = "\x61pi.github.com/repos/" ascii wide
        $call_cli = "\x67h repo create" ascii wide

    condition:
        filesize < 8MB and any of ($name_*) and any of ($call_*)
}
