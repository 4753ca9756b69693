// SPDX-License-Identifier: Apache-2.0
//
// The stealer in front of trivy-action's entrypoint.sh. Its variable names are
// counted together: some of them alone are ordinary.

rule trivy_entrypoint_stealer
{
    meta:
        id = "SW-TRIVY-001"
        title = "Trivy action: stealer in entrypoint.sh"
        family = "trivy"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "Three or more of the variables of the stealer that was put in front of the action's entry point, in a script"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23"
        attack = "T1195.002, T1059.004, T1003.007, T1041"
        false_positives = "A script of another tool that uses three of the names; prose that lists them does not match"
        license = "Apache-2.0"

    strings:
        $pids = "\x5fCOLLECT_PIDS" ascii wide
        $python = "\x50YTHON_STR" ascii wide fullword
        $parse = "\x4dEMORY_PARSE" ascii wide fullword
        $goodies = "\x53HELL_GOODIES" ascii wide fullword
        $key = "\x5fPUB_KEY_PEM" ascii wide
        $session_a = "\x24_SESSION_KEY" ascii wide
        $session_b = "\x24{_SESSION_KEY" ascii wide
        $bundle_a = "\x24_BUNDLE" ascii wide
        $bundle_b = "\x24{_BUNDLE" ascii wide
        $set_pids = "\x5fCOLLECT_PIDS=" ascii wide
        $set_key = "\x5fPUB_KEY_PEM=" ascii wide
        $set_session = "\x5fSESSION_KEY=\"" ascii wide
        $set_bundle = "\x5fBUNDLE=\"" ascii wide

    condition:
        filesize < 1MB and
        3 of ($pids, $python, $parse, $goodies, $key, $session_a, $session_b, $bundle_a, $bundle_b) and
        // "#!", or assignments of a shell: prose has neither
        (uint16be(0) == 0x2321 or 2 of ($set_*))
}

rule trivy_runner_collect
{
    meta:
        id = "SW-TRIVY-002"
        title = "Trivy action: environment of the runner's processes"
        family = "trivy"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "Code that gathers the process numbers of the CI runner, or keeps what it read of them in its own file, beside the names of the runner's processes"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23"
        attack = "T1057, T1552.001, T1003.007, T1074.001"
        false_positives = "Write-ups that quote the loop over the runner's processes"
        license = "Apache-2.0"

    strings:
        $pids = "\x5fCOLLECT_PIDS" ascii wide
        $loot = "\x2ftmp/runner_collected_" ascii wide
        $worker = "\x52unner.Worker" ascii wide
        $listener = "\x52unner.Listener" ascii wide
        $service = "\x72unsvc" ascii wide

    condition:
        filesize < 1MB and any of ($pids, $loot) and 2 of ($worker, $listener, $service)
}

rule trivy_exfiltration
{
    meta:
        id = "SW-TRIVY-003"
        title = "Trivy action: upload to the look-alike domain"
        family = "trivy"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The look-alike of Aqua's domain, or the stealer's tunnel, as an address in code that uploads the bundle or falls back to a repository"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23"
        attack = "T1041, T1567.001, T1583.001"
        false_positives = "Write-ups that quote the upload command"
        license = "Apache-2.0"

    strings:
        $address = "\x68ttps://scan.aquasecurtiy.org" ascii wide
        $tunnel = "\x68ttps://plug-tab-protective-relay.trycloudflare.com" ascii wide
        $send_binary = "\x2d-data-binary" ascii wide
        $send_header = "\x58-Filename:" ascii wide
        $send_token = "\x49NPUT_GITHUB_PAT" ascii wide
        $send_bundle = "\x24_BUNDLE" ascii wide
        $send_post = "\x2dX POST" ascii wide

    condition:
        filesize < 8MB and any of ($address, $tunnel) and 2 of ($send_*)
}

rule trivy_release_fallback
{
    meta:
        id = "SW-TRIVY-004"
        title = "Trivy action: loot as a release of the victim"
        family = "trivy"
        stage = "1"
        severity = "high"
        confidence = "high"
        description = "The action's token input beside the name of the repository that takes the loot when the server does not answer"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23"
        attack = "T1567.001, T1528"
        false_positives = "Write-ups that describe the fallback with the name of the variable"
        license = "Apache-2.0"

    strings:
        $token = "\x49NPUT_GITHUB_PAT" ascii wide
        $name = "\x74pcp-docs" ascii wide
        $release_a = "\x2freleases" ascii wide
        $release_b = "\x64ata-$(date" ascii wide

    condition:
        filesize < 1MB and $token and $name and any of ($release_*)
}
