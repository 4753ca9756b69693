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
        $send_name = "\x74pcp.tar.gz" ascii wide
        $send_repository = "\x2fuser/repos"
        $send_token = "\x49NPUT_TOKEN"
        $send_curl = "\x2d-data-binary" wide

    condition:
        // what every upload needs, read in place: curl's options
        filesize < 2MB and $address and
        (($fallback and any of ($send_*)) or
         (($fallback or $send_name) and
          for any i in (0..filesize) : (
            (/* data-binary */ uint32be(i) == 0x64617461 and uint32be(i + 4) == 0x2d62696e and
                uint16be(i + 8) == 0x6172 and uint8(i + 10) == 0x79) or
            (/* -X POST */ uint32be(i) == 0x2d582050 and uint16be(i + 4) == 0x4f53 and
                uint8(i + 6) == 0x54))) or
         ($fallback and for any i in (0..filesize) : (
             /* curl -s */ uint32be(i) == 0x6375726c and uint16be(i + 4) == 0x202d and
             uint8(i + 6) == 0x73)))
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
        $address = "\x68ttps://\x63heckmarx.zone"
        $worker = "\x52unner.Worker"
        $pids = "\x5fCOLLECT_PIDS"
        $loot = "\x2ftmp/runner_collected_"

    condition:
        // the mark of a secret variable is a word of many programs: read in place
        filesize < 2MB and $address and $worker and
        (any of ($pids, $loot) or
         for any i in (0..filesize) : (
             /* isSecret */ uint32be(i) == 0x69735365 and uint32be(i + 4) == 0x63726574))
}
