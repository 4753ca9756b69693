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
        $k8s = "\x69s_k8s" ascii wide
        $pill = "\x70oison_pill" ascii wide
        $payload = "\x50YTHON_B64" ascii wide

    condition:
        filesize < 1MB and (
            ($destroy and any of ($std, $iran, $k8s, $pill, $payload)) or
            ($std and any of ($iran, $pill, $payload)) or
            ($iran and 2 of ($k8s, $pill, $payload)))
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
        $encoded = "\x6264_logic" ascii wide
        $bind = "\x2f:/mnt/host" ascii wide
        $create = "\x2fcontainers/create" ascii wide
        $accepted = "\x41ccepted \\S+ for (\\S+) from" ascii wide
        $nopass = "\x50asswordAuthentication=no" ascii wide

    condition:
        filesize < 1MB and (
            2 of ($targets, $logic, $encoded) or
            (any of ($targets, $logic, $encoded) and 2 of ($bind, $create, $accepted, $nopass)))
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
        $create = "\x2fcontainers/create" ascii wide
        $bind = "\x2f:/mnt/host" ascii wide
        $enter = "\x63hroot /mnt/host" ascii wide
        $nopass = "\x50asswordAuthentication=no" ascii wide
        $accepted = "\x41ccepted \\S+ for (\\S+) from" ascii wide
        $run = "\x7c base64 -d | bash" ascii wide

    condition:
        filesize < 1MB and $create and $bind and $enter and any of ($nopass, $accepted, $run)
}
