// SPDX-License-Identifier: Apache-2.0
//
// The implant that CanisterWorm leaves behind: a small Python poller under a
// user's data folder, its systemd user unit, and the same poller inside one
// layer of base64. Its file names also occur in honest Postgres tooling.

rule canisterworm_pgmon_implant
{
    meta:
        id = "SW-CANISTER-006"
        title = "CanisterWorm: poller that hides as Postgres tooling"
        family = "canisterworm"
        stage = "3"
        severity = "critical"
        confidence = "high"
        description = "The Python poller (service.py, runner.py, pgmon.py; LiteLLM's sysmon.py is a sibling): the hidden program and its state file under /tmp, with the long waits or the video-site test, as source or compiled"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q"
        attack = "T1543.002, T1036.005, T1102.001, T1105, T1497.003"
        false_positives = "Write-ups that print the source"
        license = "Apache-2.0"

    strings:
        $target = "\x2ftmp/pglog" ascii wide
        $state = "\x2ftmp/.pg_state" ascii wide
        $wait = "\x73leep(300)" ascii wide
        $poll = "\x73leep(3000)" ascii wide
        $dormant_not = "\x22youtube.com\" not in" ascii wide
        $dormant_in = "\x22youtube.com\" in" ascii wide
        $dormant_not_single = "\x27youtube.com' not in" ascii wide
        $dormant_in_single = "\x27youtube.com' in" ascii wide
        $session = "\x73tart_new_session=True" ascii wide

    condition:
        filesize < 64KB and $target and $state and (
            uint16be(2) == 0x0d0a or  // compiled Python: the magic number ends in CR LF
            any of ($dormant_*) or 2 of ($wait, $poll, $session))
}

rule canisterworm_pgmon_unit
{
    meta:
        id = "SW-CANISTER-007"
        title = "CanisterWorm: systemd user unit of the implant"
        family = "canisterworm"
        stage = "persistence"
        severity = "critical"
        confidence = "high"
        description = "A systemd unit that keeps the implant's service.py running from the user's data folder"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q"
        attack = "T1543.002, T1036.004, T1569.003"
        false_positives = "An honest pgmon tool whose unit runs a service.py from the same folder"
        license = "Apache-2.0"

    strings:
        $script = "\x2f.local/share/pgmon/service.py"
        $restart = "\x52estart=always"
        $section = "\x5bService]"

    condition:
        filesize < 8KB and all of them
}

rule canisterworm_implant_encoded
{
    meta:
        id = "SW-CANISTER-009"
        title = "CanisterWorm: implant inside one layer of base64"
        family = "canisterworm"
        stage = "3"
        severity = "critical"
        confidence = "high"
        description = "The canister's address and one of the implant's files, both in base64: the payload as the npm loader and the Kubernetes script carry it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q"
        attack = "T1027.009, T1140, T1102.001"
        false_positives = "Encoded copies of indicator lists"
        license = "Apache-2.0"

    strings:
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai" base64 base64wide
        $state = "\x2ftmp/.pg_state" base64 base64wide
        $target = "\x2ftmp/pglog" base64 base64wide

    condition:
        $canister and any of ($state, $target)
}
