// SPDX-License-Identifier: Apache-2.0
//
// The Internet Computer canister that tells CanisterWorm's implant what to
// fetch, and the code of such a canister. Its name alone stands in every
// advisory; beside a piece of the worm or of its implant it is the worm.

rule canisterworm_canister_c2
{
    meta:
        id = "SW-CANISTER-001"
        title = "CanisterWorm: canister address beside the implant's traces"
        family = "canisterworm"
        stage = "3"
        severity = "critical"
        confidence = "medium"
        description = "The canister that serves links to CanisterWorm's implant, together with the implant's files, its unit, the canister's method or the worm's token search"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q, GHSA-7h5g-m989-54j2, MAL-2026-2031"
        attack = "T1102.001, T1105, T1543.002, T1195.001"
        false_positives = "Indicator lists and write-ups that hold the address and a second string"
        license = "Apache-2.0"

    strings:
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai" ascii wide
        $state = "\x2ftmp/.pg_state" ascii wide
        $target = "\x2ftmp/pglog" ascii wide
        $implant = "\x2elocal/share/pgmon/service.py"
        $unit = "\x2econfig/systemd/user/pgmon.service"
        $method = "\x67et_latest_link"
        $tokens = "\x66indNpmTokens(" ascii wide
        $spread = "\x64eployWithToken" ascii wide

    condition:
        $canister and any of ($state, $target, $implant, $unit, $method, $tokens, $spread)
}

rule canisterworm_canister_code
{
    meta:
        id = "SW-CANISTER-008"
        title = "CanisterWorm: code or interface of a link-serving canister"
        family = "canisterworm"
        stage = "c2"
        severity = "low"
        confidence = "low"
        description = "A canister that offers the two methods of CanisterWorm's C2, as Motoko source, as Candid interface or as the metadata of its WebAssembly: hunting material"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042"
        attack = "T1102.001, T1583.006"
        false_positives = "Any other canister that hands out and updates a link under the same method names"
        license = "Apache-2.0"

    strings:
        $get_source = "\x66unc get_latest_link("
        $get_candid = "\x67et_latest_link : ("
        $get_wasm = "\x69cp:public query get_latest_link"
        $set_source = "\x66unc update_link("
        $set_candid = "\x75pdate_link : ("
        $set_wasm = "\x69cp:public update update_link"

    condition:
        any of ($get_*) and any of ($set_*)
}
