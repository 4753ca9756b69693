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
        description = "A script that fetches from PCPcat's file server, or that names the server with a port beside one of the worm's scripts"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2025-55182, G1056"
        attack = "T1105, T1609, T1610, T1190"
        false_positives = "Write-ups that quote the worm's command line"
        license = "Apache-2.0"

    strings:
        $server = "\x36\x37.217.57.240:"
        $script_a = "\x70cpcat.py"
        $script_b = "\x2ffiles/proxy.sh"
        $script_c = "\x2ffiles/react.py"
        $script_d = "\x2ffiles\x2fkube.py"
        $script_e = "\x2ffiles/scanner.py"

    condition:
        filesize < 4MB and $server and
        // curl or wget in the same line, close before the address
        (for any i in (1..256) : (
            i <= #server and
            for any j in (8..40) : (
                (uint32be(@server[i] - j) == 0x6375726c or
                    uint32be(@server[i] - j) == 0x77676574) and
                uint8(@server[i] - j + 4) == 0x20)) or
         // a script's name in a file that starts as a script does
         (any of ($script_*) and
          (uint16be(0) == 0x2321 or uint32be(0) == 0x696d706f or uint32be(0) == 0x66726f6d)))
}
