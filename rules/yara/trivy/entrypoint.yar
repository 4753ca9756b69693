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
        $python = "\x50YTHON_STR" fullword
        $parse = "\x4dEMORY_PARSE" ascii wide fullword
        $goodies = "\x53HELL_GOODIES" ascii wide fullword
        $key = "\x5fPUB_KEY_PEM" ascii wide
        $session_a = "\x24_SESSION_KEY"
        $session_b = "\x24{_SESSION_KEY"
        $bundle_a = "\x24_BUNDLE"
        $bundle_b = "\x24{_BUNDLE"
        $set_pids = "\x5fCOLLECT_PIDS=" ascii wide
        $set_key = "\x5fPUB_KEY_PEM=" ascii wide

    condition:
        filesize < 1MB and
        3 of ($pids, $python, $parse, $goodies, $key, $session_a, $session_b, $bundle_a, $bundle_b) and
        // "#!", or assignments of a shell: prose has neither
        (uint16be(0) == 0x2321 or all of ($set_*) or
         for 2 i in (0..filesize) : (
            (/* _COLLECT_PIDS= */ uint32be(i) == 0x5f434f4c and
                uint32be(i + 4) == 0x4c454354 and uint32be(i + 8) == 0x5f504944 and
                uint16be(i + 12) == 0x533d) or
            (/* _PUB_KEY_PEM= */ uint32be(i) == 0x5f505542 and uint32be(i + 4) == 0x5f4b4559 and
                uint32be(i + 8) == 0x5f50454d and uint8(i + 12) == 0x3d) or
            (/* _SESSION_KEY=" */ uint32be(i) == 0x5f534553 and
                uint32be(i + 4) == 0x53494f4e and uint32be(i + 8) == 0x5f4b4559 and
                uint16be(i + 12) == 0x3d22) or
            (/* _BUNDLE=" */ uint32be(i) == 0x5f42554e and uint32be(i + 4) == 0x444c453d and
                uint8(i + 8) == 0x22)))
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
        $pids = "\x5fCOLLECT_PIDS"
        $loot = "\x2ftmp/runner_collected_"
        $worker = "\x52unner.Worker"
        $listener = "\x52unner.Listener"
        $service = "\x72unsvc"

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
        $address = "\x68ttps://scan.aquasecurtiy.org"
        $tunnel = "\x68ttps://plug-tab-protective-relay.trycloudflare.com"
        $send_header = "\x58-Filename:"
        $send_token = "\x49NPUT_GITHUB_PAT"
        $send_bundle = "\x24_BUNDLE"

    condition:
        filesize < 2MB and any of ($address, $tunnel) and
        (2 of ($send_*) or
         // curl's options, read in place: one beside one of the strings, or both
         (any of ($send_*) and
          for any i in (0..filesize) : (
              (/* data-binary */ uint32be(i) == 0x64617461 and uint32be(i + 4) == 0x2d62696e and
              uint16be(i + 8) == 0x6172 and uint8(i + 10) == 0x79) or
              (/* -X POST */ uint32be(i) == 0x2d582050 and uint16be(i + 4) == 0x4f53 and
              uint8(i + 6) == 0x54))) or
         (for any i in (0..filesize) : (
             /* data-binary */ uint32be(i) == 0x64617461 and uint32be(i + 4) == 0x2d62696e and
             uint16be(i + 8) == 0x6172 and uint8(i + 10) == 0x79) and
          for any i in (0..filesize) : (
              /* -X POST */ uint32be(i) == 0x2d582050 and uint16be(i + 4) == 0x4f53 and
              uint8(i + 6) == 0x54)))
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
        $token = "\x49NPUT_GITHUB_PAT"
        $name = "\x74pcp-docs"

    condition:
        // the address of every release and the name of the loot, read in place
        filesize < 1MB and all of them and
        for any i in (0..filesize) : (
            (/* /releases */ uint32be(i) == 0x2f72656c and uint32be(i + 4) == 0x65617365 and
                uint8(i + 8) == 0x73) or
            (/* data-$(date */ uint32be(i) == 0x64617461 and uint32be(i + 4) == 0x2d242864 and
                uint16be(i + 8) == 0x6174 and uint8(i + 10) == 0x65))
}
