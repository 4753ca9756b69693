// SPDX-License-Identifier: Apache-2.0
//
// Python packages taken over in the weeks after, by others or by unknown hands.
// They are named here so that a sweep can tell them from the March campaign.

rule related_xinference_stealer
{
    meta:
        id = "SW-RELATED-001"
        title = "Related: stealer of xinference 2.6.0 to 2.6.2 (TeamPCP denied it)"
        family = "related"
        stage = "stealer"
        severity = "high"
        confidence = "medium"
        description = "Two or more of the archive name, the upload header, the host and the marker comment of the stealer in three xinference releases of April 2026, in the clear or inside one layer of base64; the named group denied it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "JFrog and StepSecurity on xinference, xorbitsai/inference issue 4828"
        attack = "T1195.002, T1552.001, T1041, T1027.013"
        false_positives = "Write-ups that print two of the strings"
        license = "Apache-2.0"

    strings:
        $marker = "\x23 hacked by teampcp"
        $archive = "\x6cove.tar.gz"
        $header = "\x58-QT-SR: 14"
        $host = "\x77hereisitat.lucyatemysuperbox.space"
        $packed_marker = "\x23 hacked by teampcp" base64
        $packed_header = "\x58-QT-SR: 14" base64
        $packed_host = "\x77hereisitat.lucyatemysuperbox.space" base64

    condition:
        2 of ($marker, $archive, $header, $host) or 2 of ($packed_*)
}

rule related_elementary_stealer
{
    meta:
        id = "SW-RELATED-002"
        title = "Related: stealer of elementary-data 0.23.3 (origin unknown)"
        family = "related"
        stage = "stealer"
        severity = "high"
        confidence = "medium"
        description = "Two or more of the archive name, the marker file, the upload header and the host of the stealer that elementary.pth starts, in the clear or inside one layer of base64; nobody has been named for it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "StepSecurity and Snyk on elementary-data"
        attack = "T1195.002, T1546.018, T1552.001, T1041"
        false_positives = "Write-ups that print two of the strings"
        license = "Apache-2.0"

    strings:
        $archive = "\x74rin.tar.gz"
        $marker = "\x2etrinny-security-update"
        $header = "\x58-Rise-To-The-Trinny"
        $host = "\x69gotnofriendsonlineorirl-imgonnakmslmao"
        $packed_archive = "\x74rin.tar.gz" base64
        $packed_marker = "\x2etrinny-security-update" base64
        $packed_header = "\x58-Rise-To-The-Trinny" base64
        $packed_host = "\x69gotnofriendsonlineorirl-imgonnakmslmao" base64

    condition:
        2 of ($archive, $marker, $header, $host) or 2 of ($packed_*)
}

rule related_rope_dropper
{
    meta:
        id = "SW-RELATED-003"
        title = "Related: Python dropper of the May 2026 wave"
        family = "related"
        stage = "loader"
        severity = "high"
        confidence = "medium"
        description = "The Python archive that the durabletask and mistralai releases fetched, beside one of the hosts that served it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9043, CVE-2026-45321, FLASH-20260702-01"
        attack = "T1195.002, T1105, T1059.006"
        false_positives = "Indicator lists that hold the archive's name and a host"
        license = "Apache-2.0"

    strings:
        $archive = "\x72ope.pyz"
        $host_check = "\x63heck.git-service.com"
        $host_kosche = "\x74.m-kosche.com"
        $host_tanstack = "\x67it-tanstack.com"

    condition:
        $archive and any of ($host_*)
}
