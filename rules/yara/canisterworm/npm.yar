// SPDX-License-Identifier: Apache-2.0
//
// The npm half of CanisterWorm: the install hook, the loader that plants the
// implant, and the code that republishes the victim's packages. The function
// names also live, one by one, in unrelated projects (modelling tools, contract
// deployment), so that none is enough alone.

rule canisterworm_npm_loader
{
    meta:
        id = "SW-CANISTER-002"
        title = "CanisterWorm: npm loader that plants the pgmon implant"
        family = "canisterworm"
        stage = "install"
        severity = "critical"
        confidence = "high"
        description = "JavaScript of the install hook: a base64 payload written out as a Python service with a systemd user unit, or the canister's address encoded beside such a unit"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q, GHSA-7h5g-m989-54j2, MAL-2026-2031"
        attack = "T1195.001, T1059.007, T1543.002, T1140, T1036.004"
        false_positives = "Write-ups that print the source"
        license = "Apache-2.0"

    strings:
        $payload = "\x42ASE64_PAYLOAD" ascii wide
        $pgmon_single = "\x27pgmon'" ascii wide
        $pgmon_double = "\x22pgmon\"" ascii wide
        $pgmon_tick = "\x60pgmon`" ascii wide
        $pgmon_unit = "\x70gmon.service" ascii wide
        $reload = "\x73ystemctl --user" ascii wide
        $restart = "\x52estart=always" ascii wide
        $detached = "\x64etached: true" ascii wide
        $detached_min = "\x64etached:!0" ascii wide
        $tokens = "\x66indNpmTokens(" ascii wide
        $worm = "\x73cripts/deploy.js" ascii wide
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai" base64

    condition:
        filesize < 2MB and (
            ($payload and any of ($pgmon_*) and any of ($reload, $restart)) or
            ($payload and $tokens and any of ($detached*, $worm)) or
            ($canister and 2 of ($payload, $reload, $restart, $tokens, $pgmon_single, $pgmon_double, $pgmon_tick)))
}

rule canisterworm_npm_spread
{
    meta:
        id = "SW-CANISTER-003"
        title = "CanisterWorm: code that republishes the victim's npm packages"
        family = "canisterworm"
        stage = "spread"
        severity = "critical"
        confidence = "high"
        description = "The function names of the worm's deploy script: token search, list of owned packages, version bump, publishing with a stolen token"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q, GHSA-7h5g-m989-54j2, MAL-2026-2031"
        attack = "T1195.001, T1552.001, T1550.001, T1528"
        false_positives = "Write-ups that list the function names"
        license = "Apache-2.0"

    strings:
        $tokens = "\x66indNpmTokens(" ascii wide
        $owned = "\x67etOwnedPackages(" ascii wide
        $bump = "\x62umpPatch(" ascii wide
        $deploy = "\x64eployWithToken(" ascii wide
        $whoami = "\x2f-/whoami" ascii wide
        $search = "\x74ext=maintainer" ascii wide
        $publish = "\x2d-access public --tag latest" ascii wide

    condition:
        3 of ($tokens, $owned, $bump, $deploy) or
        (2 of ($tokens, $owned, $bump, $deploy) and any of ($whoami, $search, $publish))
}

rule canisterworm_npm_spread_minified
{
    meta:
        id = "SW-CANISTER-004"
        title = "CanisterWorm: registry calls of the republishing code, names stripped"
        family = "canisterworm"
        stage = "spread"
        severity = "high"
        confidence = "medium"
        description = "Search by maintainer, publishing as public and latest, and token use in one script: what stays of the worm's deploy script when its names are minified away"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q, GHSA-7h5g-m989-54j2, MAL-2026-2031"
        attack = "T1195.001, T1550.001, T1027"
        false_positives = "A release tool that finds all packages of a maintainer and publishes them itself"
        license = "Apache-2.0"

    strings:
        $publish = "\x70ublish --access public --tag latest" ascii wide
        $publish_list = "\x22--access\",\"public\",\"--tag\",\"latest\"" ascii wide
        $publish_spaced = "\x22--access\", \"public\", \"--tag\", \"latest\"" ascii wide
        $publish_single = "\x27--access', 'public', '--tag', 'latest'" ascii wide
        $search = "\x74ext=maintainer:" ascii wide
        $search_escaped = "\x74ext=maintainer%3A" ascii wide
        $whoami = "\x2f-/whoami" ascii wide
        $token = "\x3a_authToken" ascii wide

    condition:
        filesize < 5MB and any of ($publish*) and any of ($search*) and any of ($whoami, $token)
}

rule canisterworm_npm_hook
{
    meta:
        id = "SW-CANISTER-005"
        title = "CanisterWorm: install hook in a package of the wave"
        family = "canisterworm"
        stage = "install"
        severity = "high"
        confidence = "medium"
        description = "A package.json (or the registry's answer about a package) whose install hook runs index.js, together with the worm's deploy script or with the name of a package that the worm took over"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, GHSA-79wc-g29x-jj3q, GHSA-7h5g-m989-54j2, MAL-2026-2031"
        attack = "T1195.001, T1059.007, T1546.016"
        false_positives = "A clean version of one of these packages that has the same hook for an honest reason"
        license = "Apache-2.0"

    strings:
        $hook = "\x22postinstall\": \"node index.js" ascii wide
        $hook_tight = "\x22postinstall\":\"node index.js" ascii wide
        $hook_dot = "\x22postinstall\": \"node ./index.js" ascii wide
        $hook_dot_tight = "\x22postinstall\":\"node ./index.js" ascii wide
        $deploy = "\x73cripts/deploy.js" ascii wide
        $pgmon = "\x70gmon.service" ascii wide
        $scope_emil = "\x22@emilgroup/" ascii wide
        $scope_opengov = "\x22@opengov/" ascii wide
        $scope_teale = "\x22@teale.io/eslint-config" ascii wide
        $scope_airtm = "\x22@airtm/uuid-base32" ascii wide
        $scope_leafnoise = "\x22@leafnoise/mirage" ascii wide
        $scope_pypestream = "\x22@pypestream/floating-ui-dom" ascii wide
        $scope_virta = "\x22@virtahealth/substrate-root" ascii wide

    condition:
        any of ($hook*) and any of ($deploy, $pgmon, $scope_*)
}
