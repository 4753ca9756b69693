// SPDX-License-Identifier: Apache-2.0
//
// The Internet Computer canister that tells CanisterWorm's implant what to
// fetch. Its name alone stands in every advisory; beside a piece of the worm or
// of its implant it is the worm.

rule canisterworm_canister_c2
{
    meta:
        id = "SW-CANISTER-001"
        title = "CanisterWorm: canister address beside the implant's traces"
        family = "canisterworm"
        stage = "3"
        severity = "critical"
        confidence = "medium"
        description = "The canister that serves links to CanisterWorm's implant, together with the implant's state file, its unit or the worm's token search"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q, MAL-2026-2031"
        attack = "T1102.001, T1105, T1543.002, T1195.001"
        false_positives = "Indicator lists and write-ups that hold the address and a second string"
        license = "Apache-2.0"

    strings:
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai"
        $state = "\x2ftmp/.pg_state"
        $implant = "\x2elocal/share/pgmon/service.py"
        $unit = "\x2f.config/systemd/user/pgmon.service"
        $tokens = "\x66indNpmTokens("
        $spread = "\x64eployWithToken"

    condition:
        $canister and any of ($state, $implant, $unit, $tokens, $spread)
}
