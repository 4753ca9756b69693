// SPDX-License-Identifier: Apache-2.0
//
// npm packages taken over by relatives, copies and strangers. Each title says
// what is known of the hands behind it.

rule related_canistersprawl_worm
{
    meta:
        id = "SW-RELATED-004"
        title = "Related: CanisterSprawl worm (copy of the method, other keys)"
        family = "related"
        stage = "spread"
        severity = "high"
        confidence = "high"
        description = "Two or more of the report names, hosts, canister and texts of the worm of 21 April 2026, which copies CanisterWorm's method with a canister and a key of its own"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "Socket and StepSecurity on CanisterSprawl 2026-04-21"
        attack = "T1195.001, T1552.001, T1102.001, T1546.018"
        false_positives = "Scanners and lists that hold several of the strings"
        license = "Apache-2.0"

    strings:
        $report = "\x64ist-propagation-report"
        $pth = "\x70ypi-pth-exfil"
        $telemetry = "\x70kg-telemetry"
        $canister = "\x63jn37-uyaaa-aaaac-qgnva-cai"
        $host = "\x74elemetry.api-monitor.com"
        $text = "\x54eamPCP/LiteLLM method"
        $endpoint = "\x54EL_ENDPOINT"
        $canister_key = "\x49CP_CANISTER_ID"

    condition:
        2 of ($report, $pth, $canister, $host, $text) or
        (any of ($report, $pth, $canister, $host, $text) and
            2 of ($telemetry, $endpoint, $canister_key))
}

rule related_canistersprawl_hook
{
    meta:
        id = "SW-RELATED-005"
        title = "Related: CanisterSprawl install hook"
        family = "related"
        stage = "install"
        severity = "high"
        confidence = "high"
        description = "A package.json whose install hook runs the worm's file and hides its failure"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "Socket and StepSecurity on CanisterSprawl 2026-04-21"
        attack = "T1195.001, T1546.016, T1059.007"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $hook = "\x69nstall\": \"node dist/env-compat.cjs"
        $hook_tight = "\x69nstall\":\"node dist/env-compat.cjs"

    condition:
        any of them
}

rule related_bitwarden_cli
{
    meta:
        id = "SW-RELATED-006"
        title = "Related: payload of @bitwarden/cli 2026.4.0"
        family = "related"
        stage = "stealer"
        severity = "high"
        confidence = "high"
        description = "Two or more of the commit marker, the string scrambler's salt, the fallback marker and the texts of the npm payload of 22 April 2026, which several sources lay at the same door"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, FLASH-20260702-01, JFrog and OX Security on the Bitwarden CLI"
        attack = "T1195.001, T1552.001, T1567.001, T1027.013, T1614.001"
        false_positives = "Write-ups and scanners that hold several of the strings"
        license = "Apache-2.0"

    strings:
        $commits = "\x4congLiveTheResistanceAgainstMachines"
        $salt = "\x63tf-scramble-v2"
        $fallback = "\x62eautifulcastle"
        $title = "\x53hai-Hulud: The Third Coming"
        $jihad = "\x57ould be executing butlerian jihad!"

    condition:
        2 of them
}

rule related_bitwarden_hook
{
    meta:
        id = "SW-RELATED-007"
        title = "Related: install hook of @bitwarden/cli 2026.4.0"
        family = "related"
        stage = "install"
        severity = "high"
        confidence = "high"
        description = "A package.json whose hook runs the loader of the Bitwarden CLI payload"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, FLASH-20260702-01"
        attack = "T1195.001, T1546.016"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $hook = "\x22preinstall\": \"node bw_setup.js"
        $hook_tight = "\x22preinstall\":\"node bw_setup.js"

    condition:
        any of them
}

rule related_setup_mjs_hook
{
    meta:
        id = "SW-RELATED-008"
        title = "Related: install hook of the keyv, cacheable and SAP CAP waves"
        family = "related"
        stage = "install"
        severity = "high"
        confidence = "medium"
        description = "A package.json whose hook runs setup.mjs before installation, in a package of the waves of April and August 2026"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, 360 on the wave of 2026-08-04"
        attack = "T1195.001, T1546.016"
        false_positives = "A project with a hook of that name that depends on one of these packages"
        license = "Apache-2.0"

    strings:
        $hook = "\x22preinstall\": \"node setup.mjs"
        $hook_tight = "\x22preinstall\":\"node setup.mjs"

    condition:
        // names of packages that much depends on, read in place
        filesize < 256KB and any of them and
        for any i in (0..filesize) : (
            uint8(i) == 0x22 and (
                (/* keyv" */ uint32be(i + 1) == 0x6b657976 and uint8(i + 5) == 0x22) or
                (/* cacheable */ uint32be(i + 1) == 0x63616368 and
                    uint32be(i + 5) == 0x6561626c and uint8(i + 9) == 0x65) or
                (/* @cacheable/ */ uint32be(i + 1) == 0x40636163 and
                    uint32be(i + 5) == 0x68656162 and uint16be(i + 9) == 0x6c65 and
                    uint8(i + 11) == 0x2f) or
                (/* flat-cache" */ uint32be(i + 1) == 0x666c6174 and
                    uint32be(i + 5) == 0x2d636163 and uint16be(i + 9) == 0x6865 and
                    uint8(i + 11) == 0x22) or
                (/* file-entry-cache" */ uint32be(i + 1) == 0x66696c65 and
                    uint32be(i + 5) == 0x2d656e74 and uint32be(i + 9) == 0x72792d63 and
                    uint32be(i + 13) == 0x61636865 and uint8(i + 17) == 0x22) or
                (/* cache-manager" */ uint32be(i + 1) == 0x63616368 and
                    uint32be(i + 5) == 0x652d6d61 and uint32be(i + 9) == 0x6e616765 and
                    uint16be(i + 13) == 0x7222) or
                (/* mbt" */ uint32be(i + 1) == 0x6d627422) or
                (/* @cap-js/ */ uint32be(i + 1) == 0x40636170 and uint32be(i + 5) == 0x2d6a732f)))
}

rule related_keyv_loader
{
    meta:
        id = "SW-RELATED-009"
        title = "Related: loader of the keyv and cacheable wave"
        family = "related"
        stage = "loader"
        severity = "medium"
        confidence = "medium"
        description = "A script that fetches the Bun runtime and hands it the payload of the wave of 4 August 2026. The payload's file name is also that of a Unicode table, so that it counts only beside the runtime"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, 360 on the wave of 2026-08-04"
        attack = "T1195.001, T1105, T1059.007"
        false_positives = "Scanners that hold both names"
        license = "Apache-2.0"

    strings:
        $payload = "\x4dath_Symbol.js"
        $payload2 = "\x6dath_init.js"
        $bun = "\x6fven-sh/bun/releases"
        $folder = "\x62un-dl-"
        $title = "\x53hai-Hulud: Here We Go Again"

    condition:
        filesize < 4MB and ((any of ($payload*) and any of ($bun, $folder)) or ($title and
            any of ($payload*, $bun, $folder)))
}

rule related_node_ipc
{
    meta:
        id = "SW-RELATED-010"
        title = "Related: backdoor in node-ipc 9.1.6, 9.2.3 and 12.0.1 (reuses names)"
        family = "related"
        stage = "stealer"
        severity = "low"
        confidence = "low"
        description = "Two or more of the key, the hosts, the start marker and their scrambled forms in the node-ipc releases of 14 May 2026, which reuse file and repository names of the March campaign: hunting material, one source"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "keepsecure.io on node-ipc"
        attack = "T1195.001, T1048.003, T1552.001"
        false_positives = "Write-ups and scanners that hold several of the strings"
        license = "Apache-2.0"

    strings:
        $key = "\x71Z8pL3vNxR9wKmTyHbVcFgDsJaEoUi"
        $host = "\x73h.azurestaticprovider.net"
        $suffix = "\x62t.node.js" fullword
        $run = "\x5f_ntRun" fullword
        // the suffix, the host and the key, each digit swapped as the backdoor does it
        $code_suffix = "\x32\x3647M2M6P64656M2G637H"
        $code_host = "\x33\x3786M216G75727563747164796360727P66796465627M2M65647G34343339"
        $code_key = "\x31\x37G58307J43367M487259377H4K645978426653664764437G41654P655966"

    condition:
        2 of them
}

rule related_axios_crypto
{
    meta:
        id = "SW-RELATED-011"
        title = "Related in time only: axios compromise of March 2026 (UNC1069, not TeamPCP)"
        family = "related"
        stage = "loader"
        severity = "info"
        confidence = "medium"
        description = "Two of the package name, the host and the dropped file of the axios compromise of 31 March 2026, which is the work of another group: told here so that nobody takes it for the campaign"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2306, GHSA-fw8c-xr5c-95f9"
        attack = "T1195.001, T1105, T1059.006"
        false_positives = "Lists and write-ups that hold two of the strings"
        license = "Apache-2.0"

    strings:
        $package = "\x70lain-crypto-js"
        $host = "\x73frclak.com"
        $dropped = "\x2ftmp/ld.py"

    condition:
        2 of them
}
