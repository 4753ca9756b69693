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
        description = "The Python poller (service.py, runner.py, pgmon.py; LiteLLM's sysmon.py is a sibling): the hidden program and its state file under /tmp, with both long waits or the video-site test, as source or compiled"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q"
        attack = "T1543.002, T1036.005, T1102.001, T1105, T1497.003"
        false_positives = "Write-ups that print the source"
        license = "Apache-2.0"

    strings:
        $target = "\x2ftmp/pglog" ascii wide
        $state = "\x2ftmp/.pg_state" ascii wide
        $dormant = /[\"']\x79outube\.com[\"'] (not )?in/ ascii wide

    condition:
        filesize < 64KB and $target and $state and (
            uint16be(2) == 0x0d0a or  // compiled Python: the magic number ends in CR LF
            $dormant or
            // the two long waits: sleep(300, and as many zeros again
            (for any i in (0..filesize) : (
                /* p(3000) */ uint32be(i) == 0x70283330 and uint16be(i + 4) == 0x3030 and
                uint8(i + 6) == 0x29) and
             for any i in (0..filesize) : (
                 /* p(300) */ uint32be(i) == 0x70283330 and uint16be(i + 4) == 0x3029)))
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

    condition:
        // words of every unit, read in place: the section, and the endless restart
        filesize < 8KB and $script and
        for any i in (0..filesize) : (
            /* [Service] */ uint32be(i) == 0x5b536572 and uint32be(i + 4) == 0x76696365 and
            uint8(i + 8) == 0x5d) and
        for any i in (0..filesize) : (
            /* Restart=always */ uint32be(i) == 0x52657374 and uint32be(i + 4) == 0x6172743d and
            uint32be(i + 8) == 0x616c7761 and uint16be(i + 12) == 0x7973)
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
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai" base64
        $state = "\x2ftmp/.pg_state" base64
        $target = "\x2ftmp/pglog" base64

    condition:
        $canister and any of ($state, $target)
}
