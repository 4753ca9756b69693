// SPDX-License-Identifier: Apache-2.0
//
// PCPcat, the worm of December 2025 on open container and cluster interfaces.
// Its script names are ordinary; its file server is not.

rule teampcp_pcpcat
{
    meta:
        id = "SW-TEAMPCP-011"
        title = "TeamPCP: PCPcat script of December 2025"
        family = "teampcp"
        stage = "0"
        severity = "high"
        confidence = "medium"
        description = "A script that fetches from PCPcat's file server, or that names the server's port beside two or more of the worm's scripts"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2025-55182, G1056"
        attack = "T1105, T1609, T1610, T1190"
        false_positives = "Write-ups that quote the worm's command line"
        license = "Apache-2.0"

    strings:
        $fetch_curl = "\x63url -fsSL http://67.217.57.240:" ascii wide
        $fetch_curl_b = "\x63url -s http://67.217.57.240:" ascii wide
        $fetch_curl_c = "\x63url http://67.217.57.240:" ascii wide
        $fetch_wget = "\x77get -qO- http://67.217.57.240:" ascii wide
        $fetch_wget_b = "\x77get http://67.217.57.240:" ascii wide
        $server = "\x36\x37.217.57.240:666/files/" ascii wide
        $port = "\x36\x37.217.57.240:5656" ascii wide
        $script_a = "\x70cpcat.py" ascii wide
        $script_b = "\x2ffiles/proxy.sh" ascii wide
        $script_c = "\x2ffiles/react.py" ascii wide
        $script_d = "\x2ffiles\x2fkube.py" ascii wide
        $script_e = "\x2ffiles/scanner.py" ascii wide

    condition:
        filesize < 4MB and
        (any of ($fetch_*) or
         // the server and a script's name in a file that starts as a script does
         (any of ($server, $port) and any of ($script_*) and
          (uint16be(0) == 0x2321 or uint32be(0) == 0x696d706f or uint32be(0) == 0x66726f6d)))
}
