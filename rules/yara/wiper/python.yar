// SPDX-License-Identifier: Apache-2.0
//
// The Python stages of the wiper: kube.py, which decides between wiping and
// installing on a Kubernetes cluster, and prop.py, which spreads by SSH and
// open Docker APIs.

rule wiper_kube_stage
{
    meta:
        id = "SW-WIPER-003"
        title = "Wiper: Kubernetes stage (kube.py)"
        family = "wiper"
        stage = "wiper"
        severity = "critical"
        confidence = "high"
        description = "Function names and keys of the Python stage that deploys a wiping DaemonSet on clusters set to Iran and a backdoor on the others, as source or compiled"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1059.006, T1614.001, T1613, T1609, T1485, T1480"
        false_positives = "Write-ups that print the source"
        license = "Apache-2.0"

    strings:
        $destroy = "\x64eploy_destructive_ds" ascii wide
        $std = "\x64eploy_std_ds" ascii wide
        $iran = "\x69s_iran" ascii wide
        $pill = "\x70oison_pill" ascii wide
        $payload = "\x50YTHON_B64" ascii wide

    condition:
        filesize < 1MB and (
            ($destroy and any of ($std, $iran, $pill, $payload)) or
            ($std and any of ($iran, $pill, $payload)) or
            ($iran and $pill and $payload) or
            // the test for a cluster is a name of many tools: read in place
            (($destroy or ($iran and any of ($pill, $payload))) and
             for any i in (0..filesize) : (
                 /* is_k8s */ uint32be(i) == 0x69735f6b and uint16be(i + 4) == 0x3873)))
}

rule wiper_prop_stage
{
    meta:
        id = "SW-WIPER-004"
        title = "Wiper: spreading stage (prop.py)"
        family = "wiper"
        stage = "spread"
        severity = "critical"
        confidence = "high"
        description = "Names and requests of the Python stage that takes targets from the login log and carries the wiper on by SSH keys and open Docker APIs, as source or compiled"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1021.004, T1552.004, T1610, T1018, T1485"
        false_positives = "Write-ups that print the source"
        license = "Apache-2.0"

    strings:
        $targets = "\x67et_accepted_targets" ascii wide
        $logic = "\x67et_remote_logic" ascii wide
        $encoded = "\x6264_logic"
        $bind = "\x2f:/mnt/host"
        $accepted = "\x41ccepted \\S+ for (\\S+) from"
        $nopass = "\x50asswordAuthentication=no"

    condition:
        filesize < 1MB and (
            2 of ($targets, $logic, $encoded) or
            (any of ($targets, $logic, $encoded) and
             (2 of ($bind, $accepted, $nopass) or
              // the request of every Docker client, read in place
              (any of ($bind, $accepted, $nopass) and for any i in (0..filesize) : (
                  /* /containers/create */ uint32be(i) == 0x2f636f6e and
                  uint32be(i + 4) == 0x7461696e and uint32be(i + 8) == 0x6572732f and
                  uint32be(i + 12) == 0x63726561 and uint16be(i + 16) == 0x7465)))))
}

rule wiper_docker_spread
{
    meta:
        id = "SW-WIPER-005"
        title = "Wiper: spreading by SSH and open Docker APIs, names stripped"
        family = "wiper"
        stage = "spread"
        severity = "high"
        confidence = "medium"
        description = "One script that makes a container with the host's root bound at the wiper's mount point and logs in elsewhere with stolen keys and no password"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1021.004, T1610, T1611, T1552.004"
        false_positives = "Penetration-testing tools that do the same two things"
        license = "Apache-2.0"

    strings:
        $bind = "\x2f:/mnt/host"
        $enter = "\x63hroot /mnt/host"

    condition:
        // words of every tool for containers and hosts, read in place: the request, and one
        // of the log-in without password, the login log and the decoded shell
        filesize < 1MB and all of them and
        for any i in (0..filesize) : (
            /* /containers/create */ uint32be(i) == 0x2f636f6e and
            uint32be(i + 4) == 0x7461696e and uint32be(i + 8) == 0x6572732f and
            uint32be(i + 12) == 0x63726561 and uint16be(i + 16) == 0x7465) and
        for any i in (0..filesize) : (
            (/* Authentication=no */ uint32be(i) == 0x41757468 and
                uint32be(i + 4) == 0x656e7469 and uint32be(i + 8) == 0x63617469 and
                uint32be(i + 12) == 0x6f6e3d6e and uint8(i + 16) == 0x6f) or
            (/* Accepted \S+ for ( */ uint32be(i) == 0x41636365 and
                uint32be(i + 4) == 0x70746564 and uint32be(i + 8) == 0x205c532b and
                uint32be(i + 12) == 0x20666f72 and uint16be(i + 16) == 0x2028) or
            (/* base64 -d | bash */ uint32be(i) == 0x62617365 and
                uint32be(i + 4) == 0x3634202d and uint32be(i + 8) == 0x64207c20 and
                uint32be(i + 12) == 0x62617368))
}
