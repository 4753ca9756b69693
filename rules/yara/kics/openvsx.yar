// SPDX-License-Identifier: Apache-2.0
//
// The Checkmarx extensions on OpenVSX (March), and the add-on of the April wave.
// Prose and lists name the same addresses; code is told by its file name. Common
// strings of JavaScript would do it too, but they occur in each copy of Node.

rule kics_openvsx_loader
{
    meta:
        id = "SW-KICS-003"
        title = "Checkmarx extension: loader of checkmarx-util"
        family = "kics"
        stage = "0"
        severity = "critical"
        confidence = "medium"
        description = "JavaScript of an extension that fetches the attackers' package, checkmarx-util"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634"
        attack = "T1195.002, T1059.007, T1105, T1546"
        false_positives = "Detection tools in JavaScript that hold the whole address"
        license = "Apache-2.0"

    strings:
        $package = "\x68ttps://\x63heckmarx.zone/static/checkmarx-util-" ascii wide
        $tarball = "\x63heckmarx-util-1.0.4.tgz"
        $host = "\x63heckmarx.zone"
        $own = "\x65nvironmentAuthChecker"

    condition:
        filesize < 64MB and (extension == ".js" or extension == ".cjs" or extension == ".mjs") and
        ($package or ($tarball and $host and $own))
}

rule kics_openvsx_stealer
{
    meta:
        id = "SW-KICS-004"
        title = "Checkmarx extension: upload to /vsx"
        family = "kics"
        stage = "1"
        severity = "critical"
        confidence = "medium"
        description = "The address that takes the loot of the Checkmarx extensions, in JavaScript or Python, or beside the sealing of the bundle"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634"
        attack = "T1041, T1560.001, T1059.007"
        false_positives = "Detection tools in JavaScript that hold the whole address"
        license = "Apache-2.0"

    strings:
        $address = "\x68ttps://\x63heckmarx.zone/vsx"
        $bundle = "\x74pcp.tar.gz"
        $padding = "\x72sa_padding_mode:oaep"
        $fallback = "\x64ocs-tpcp"
        $worker = "\x52unner.Worker"

    condition:
        filesize < 64MB and $address and
        (extension == ".js" or extension == ".cjs" or extension == ".mjs" or extension == ".py" or
         extension == ".pyc" or 2 of ($bundle, $padding, $fallback, $worker))
}

rule kics_april_addon
{
    meta:
        id = "SW-KICS-005"
        title = "Checkmarx, April wave: malicious add-on"
        family = "kics"
        stage = "1"
        severity = "high"
        confidence = "medium"
        description = "JavaScript that talks to the address of the April 2026 wave: the add-on of that wave, or a file that names it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634"
        attack = "T1195.002, T1059.007, T1041"
        false_positives = "Detection tools in JavaScript that hold the whole address"
        license = "Apache-2.0"

    strings:
        $address = "\x68ttps://audit.checkmarx.cx"
        $addon = "\x6dcpAddon.js"

    condition:
        filesize < 64MB and $address and
        (filename == "\x6dcpAddon.js" or
         ($addon and (extension == ".js" or extension == ".cjs" or extension == ".mjs")))
}
