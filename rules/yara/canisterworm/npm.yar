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
        $payload = "\x42ASE64_PAYLOAD"
        $tokens = "\x66indNpmTokens("
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai" base64

    condition:
        // words of many packages, read in place: the service's name in quotes or as
        // a unit, user units, the endless restart, the detached child, the worm's file
        filesize < 2MB and (
            ($payload and
             for any i in (1..filesize) : (
                /* pgmon */ uint32be(i) == 0x70676d6f and uint8(i + 4) == 0x6e and
                    (uint8(i - 1) == 0x22 or uint8(i - 1) == 0x27 or uint8(i - 1) == 0x60 or
                uint32be(i + 5) == 0x2e736572)) and
             for any i in (0..filesize) : (
                (/* ctl --user */ uint32be(i) == 0x63746c20 and
                    uint32be(i + 4) == 0x2d2d7573 and uint16be(i + 8) == 0x6572) or
                (/* Restart= */ uint32be(i) == 0x52657374 and uint32be(i + 4) == 0x6172743d))) or
            ($payload and $tokens and
             for any i in (0..filesize) : (
                (/* detached */ uint32be(i) == 0x64657461 and uint32be(i + 4) == 0x63686564) or
                (/* s/deploy.js */ uint32be(i) == 0x732f6465 and
                    uint32be(i + 4) == 0x706c6f79 and uint16be(i + 8) == 0x2e6a and
                    uint8(i + 10) == 0x73))) or
            ($canister and
             for any i in (0..filesize) : (
                 /* ctl --user */ uint32be(i) == 0x63746c20 and
                 uint32be(i + 4) == 0x2d2d7573 and uint16be(i + 8) == 0x6572) and
             for any i in (0..filesize) : (
                 /* Restart= */ uint32be(i) == 0x52657374 and uint32be(i + 4) == 0x6172743d)) or
            ($canister and ($payload or $tokens)))
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

    condition:
        3 of them or
        // words of the registry's own tools, read in place: the question who one is, the
        // search by maintainer, the publishing as public and latest
        (filesize < 4MB and 2 of them and
         for any i in (0..filesize) : (
            (/* /-/whoami */ uint32be(i) == 0x2f2d2f77 and uint32be(i + 4) == 0x686f616d and
                uint8(i + 8) == 0x69) or
            (/* text=maintain */ uint32be(i) == 0x74657874 and uint32be(i + 4) == 0x3d6d6169 and
                uint32be(i + 8) == 0x6e746169 and uint8(i + 12) == 0x6e) or
            (/* ss public --tag lat */ uint32be(i) == 0x73732070 and
                uint32be(i + 4) == 0x75626c69 and uint32be(i + 8) == 0x63202d2d and
                uint32be(i + 12) == 0x74616720 and uint16be(i + 16) == 0x6c61 and
                uint8(i + 18) == 0x74)))
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
        $publish = "\x70ublish --access public --tag latest"
        $publish_list = "\x22--access\",\"public\",\"--tag\",\"latest\""
        $publish_spaced = "\x22--access\", \"public\", \"--tag\", \"latest\""
        $publish_single = "\x27--access', 'public', '--tag', 'latest'"
        $search = "\x74ext=maintainer:"
        $search_escaped = "\x74ext=maintainer%3A"

    condition:
        // words of the registry's own tools, read in place: the question who one is, a token
        filesize < 5MB and any of ($publish*) and any of ($search*) and
        for any i in (0..filesize) : (
            (/* /-/whoami */ uint32be(i) == 0x2f2d2f77 and uint32be(i + 4) == 0x686f616d and
                uint8(i + 8) == 0x69) or
            (/* :_authToken */ uint32be(i) == 0x3a5f6175 and uint32be(i + 4) == 0x7468546f and
                uint16be(i + 8) == 0x6b65 and uint8(i + 10) == 0x6e))
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
        $hook = "\x22postinstall\": \"node index.js"
        $hook_tight = "\x22postinstall\":\"node index.js"
        $hook_dot = "\x22postinstall\": \"node ./index.js"
        $hook_dot_tight = "\x22postinstall\":\"node ./index.js"
        $pgmon = "\x70gmon.service"
        $scope_emil = "\x22@emilgroup/"
        $scope_opengov = "\x22@opengov/"
        $scope_teale = "\x22@teale.io/eslint-config"
        $scope_airtm = "\x22@airtm/uuid-base32"
        $scope_leafnoise = "\x22@leafnoise/mirage"
        $scope_pypestream = "\x22@pypestream/floating-ui-dom"
        $scope_virta = "\x22@virtahealth/substrate-root"

    condition:
        any of ($hook*) and
        (any of ($pgmon, $scope_*) or
         // scripts/deploy.js, the file's name in many a project, read in place
         (filesize < 4MB and
          for any i in (0..filesize) : (
              /* ts/deploy.js */ uint32be(i) == 0x74732f64 and uint32be(i + 4) == 0x65706c6f and
              uint32be(i + 8) == 0x792e6a73)))
}
