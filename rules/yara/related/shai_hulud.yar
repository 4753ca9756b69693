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
        $salt = "\x73vksjrhjkcejg" ascii wide
        $threat = "\x49fYouRevokeThisTokenItWillWipeTheComputerOfTheOwner" ascii wide
        $commits = "\x4fhNoWhatsGoingOnWithGitHub" ascii wide
        $title = "\x41 Mini Shai-Hulud has Appeared" ascii wide
        $watcher = "\x67h-token-monitor" ascii wide
        $router = "\x72outer_init.js" ascii wide
        $rope = "\x72ope.pyz" ascii wide
        $host_check = "\x63heck.git-service.com" ascii wide
        $host_kosche = "\x74.m-kosche.com" ascii wide
        $host_tanstack = "\x67it-tanstack.com" ascii wide

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
        $script = "\x2fgh-token-monitor.sh" ascii wide
        $agent = "\x63om.user.gh-token-monitor" ascii wide
        $unit = "\x67h-token-monitor.service" ascii wide
        $folder = "\x2econfig/gh-token-monitor" ascii wide
        $section = "\x5bService]" ascii wide
        $keep = "\x3ckey>KeepAlive</key>" ascii wide
        $load = "\x3ckey>RunAtLoad</key>" ascii wide
        $poll = "\x61pi.github.com/user" ascii wide
        $wipe = "\x72m -rf ~/" ascii wide

    condition:
        filesize < 64KB and (
            ($script and $section) or
            ($agent and any of ($keep, $load)) or
            (any of ($script, $agent, $unit, $folder) and $poll and $wipe))
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
        $setup = "\x73etup_bun.js" ascii wide
        $payload = "\x62un_environment.js" ascii wide
        $cache = "\x2etruffler-cache" ascii wide
        $workflow = "\x73hai-hulud-workflow" ascii wide
        $title = "\x53ha1-Hulud: The Second Coming" ascii wide

    condition:
        2 of them
}
