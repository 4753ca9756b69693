// SPDX-License-Identifier: Apache-2.0
//
// The worms called Shai-Hulud: the small one of spring 2026, which the FBI lays
// at TeamPCP's door, with the watcher that destroys the home folder when a
// stolen token is revoked, and the ones of 2025, which belong to others.

rule related_mini_shai_hulud
{
    meta:
        id = "SW-RELATED-012"
        title = "Related: Mini Shai-Hulud worm"
        family = "related"
        stage = "spread"
        severity = "high"
        confidence = "high"
        description = "The salt, the threat, the commit markers and the file names of the worm of April and May 2026 (SAP CAP, lightning, TanStack and others)"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, CVE-2026-45321, FLASH-20260702-01"
        attack = "T1195.001, T1552.001, T1567.001, T1485"
        false_positives = "Write-ups and scanners that hold several of the strings"
        license = "Apache-2.0"

    strings:
        $salt = "\x73vksjrhjkcejg"
        $threat = "\x49fYouRevokeThisTokenItWillWipeTheComputerOfTheOwner"
        $commits = "\x4fhNoWhatsGoingOnWithGitHub"
        $title = "\x41 Mini Shai-Hulud has Appeared"
        $watcher = "\x67h-token-monitor"
        $router = "\x72outer_init.js"
        $rope = "\x72ope.pyz"
        $host_check = "\x63heck.git-service.com"
        $host_kosche = "\x74.m-kosche.com"
        $host_tanstack = "\x67it-tanstack.com"

    condition:
        2 of ($salt, $threat, $commits, $title) or
        (any of ($salt, $threat, $commits, $title) and any of ($watcher, $router, $rope, $host_*))
}

rule related_token_watcher
{
    meta:
        id = "SW-RELATED-013"
        title = "Related: watcher that destroys the home folder when a token is revoked"
        family = "related"
        stage = "persistence"
        severity = "critical"
        confidence = "medium"
        description = "The script, systemd unit or launch agent of the token watcher. Remove it BEFORE any token is revoked: it answers a revocation by deleting the owner's files"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, FLASH-20260702-01"
        attack = "T1543.002, T1543.001, T1485"
        false_positives = "An honest tool of the same name that is started in the same way"
        license = "Apache-2.0"

    strings:
        $name = "\x67h-token-monitor" ascii wide
        $script = "\x2f\x67h-token-monitor.sh" ascii wide
        $agent = "\x63om.user.\x67h-token-monitor"

    condition:
        filesize < 64KB and (
            // the section of every unit, read in place
            ($script and for any i in (0..filesize) : (
                /* [Service] */ uint32be(i) == 0x5b536572 and uint32be(i + 4) == 0x76696365 and
                uint8(i + 8) == 0x5d)) or
            // the keys of every launch agent
            ($agent and
             for any i in (0..filesize) : (
                (/* y>KeepAlive< */ uint32be(i) == 0x793e4b65 and
                    uint32be(i + 4) == 0x6570416c and uint32be(i + 8) == 0x6976653c) or
                (/* y>RunAtLoad< */ uint32be(i) == 0x793e5275 and
                    uint32be(i + 4) == 0x6e41744c and uint32be(i + 8) == 0x6f61643c))) or
            // the question whose token it is, and the deletion
            ($name and for any i in (0..filesize) : (
                /* github.com/user */ uint32be(i) == 0x67697468 and
                uint32be(i + 4) == 0x75622e63 and uint32be(i + 8) == 0x6f6d2f75 and
                uint16be(i + 12) == 0x7365 and uint8(i + 14) == 0x72) and
             for any i in (0..filesize) : (
                 /* rm -rf ~/ */ uint32be(i) == 0x726d202d and uint32be(i + 4) == 0x7266207e and
                 uint8(i + 8) == 0x2f)))
}

rule related_shai_hulud_2025
{
    meta:
        id = "SW-RELATED-014"
        title = "Related in kind only: Shai-Hulud of 2025 (not TeamPCP)"
        family = "related"
        stage = "spread"
        severity = "low"
        confidence = "low"
        description = "Two or more of the file names, the cache folder and the repository texts of the npm worms of autumn 2025, which the sources do not give to TeamPCP: hunting material"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CISA alert of 2025-09-23, Datadog Shai-Hulud 2.0 list"
        attack = "T1195.001, T1552.001, T1567.001"
        false_positives = "Write-ups and scanners that hold several of the strings"
        license = "Apache-2.0"

    strings:
        $setup = "\x73etup_bun.js"
        $payload = "\x62un_environment.js"
        $cache = "\x2etruffler-cache"
        $workflow = "\x73hai-hulud-workflow"
        $title = "\x53ha1-Hulud: The Second Coming"

    condition:
        2 of them
}
