// SPDX-License-Identifier: Apache-2.0
//
// setup.sh of the repointed kics-github-action tags. No sample was published; the
// strings are those that several reports agree on.

rule kics_setup_stealer
{
    meta:
        id = "SW-KICS-001"
        title = "KICS action: stealer in setup.sh"
        family = "kics"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The attackers' address beside the upload of the bundle, or beside the repository that takes the loot instead, in code"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634"
        attack = "T1195.002, T1059.004, T1041, T1567.001"
        false_positives = "Write-ups that quote the upload command"
        license = "Apache-2.0"

    strings:
        $address = "\x68ttps://\x63heckmarx.zone" ascii wide
        $fallback = "\x64ocs-tpcp" ascii wide
        $send_binary = "\x2d-data-binary" ascii wide
        $send_name = "\x74pcp.tar.gz" ascii wide
        $send_post = "\x2dX POST" ascii wide
        $send_repository = "\x2fuser/repos" ascii wide
        $send_token = "\x49NPUT_TOKEN" ascii wide
        $send_curl = "\x63url -s" ascii wide

    condition:
        filesize < 8MB and $address and
        (($fallback and any of ($send_*)) or ($send_name and any of ($send_binary, $send_post)))
}

rule kics_runner_upload
{
    meta:
        id = "SW-KICS-002"
        title = "KICS action: runner's memory sent to the attackers"
        family = "kics"
        stage = "1"
        severity = "critical"
        confidence = "medium"
        description = "The attackers' address in code that looks into the CI runner's process"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634"
        attack = "T1003.007, T1552.001, T1041"
        false_positives = "Write-ups that print the script"
        license = "Apache-2.0"

    strings:
        $address = "\x68ttps://\x63heckmarx.zone" ascii wide
        $worker = "\x52unner.Worker" ascii wide
        $secret = "\x69sSecret" ascii wide
        $pids = "\x5fCOLLECT_PIDS" ascii wide
        $loot = "\x2ftmp/runner_collected_" ascii wide

    condition:
        filesize < 8MB and $address and $worker and any of ($secret, $pids, $loot)
}
