// SPDX-License-Identifier: Apache-2.0
//
// Stage 3u: sysmon.service. Sysmon for Linux and several hobby monitors use the
// name; the combination of lines is the backdoor's alone.

rule litellm_sysmon_unit
{
    meta:
        id = "SW-LITELLM-018"
        title = "LiteLLM backdoor: sysmon.service"
        family = "litellm"
        stage = "3u"
        severity = "high"
        confidence = "high"
        description = "A unit with the backdoor's description that runs sysmon.py from a hidden folder, or that has three of its odd settings"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713, CVE-2026-33634"
        attack = "T1543.002, T1036.004"
        false_positives = "A hobby monitor's unit that has both the description and the settings"
        license = "Apache-2.0"

    strings:
        $description = "\x44escription=System Telemetry Service"
        $script = "\x2f.config/sysmon/sysmon.py"
        $script_b = "\x2f.config/sysmon.py"
        $script_c = "\x2fsystemd/user/sysmon.py"

    condition:
        filesize < 256KB and $description and
        (any of ($script*) or
         // settings of many units, read in place: three lines of no limit to its starts, of
         // the killing of one process, of no output, of a wait of ten seconds
         for 3 i in (0..filesize) : (
            (/* IntervalSec=0 */ uint32be(i) == 0x496e7465 and uint32be(i + 4) == 0x7276616c and
                uint32be(i + 8) == 0x5365633d and uint8(i + 12) == 0x30) or
            (/* KillMode=process */ uint32be(i) == 0x4b696c6c and
                uint32be(i + 4) == 0x4d6f6465 and uint32be(i + 8) == 0x3d70726f and
                uint32be(i + 12) == 0x63657373) or
            (/* rdOutput=null */ uint32be(i) == 0x72644f75 and uint32be(i + 4) == 0x74707574 and
                uint32be(i + 8) == 0x3d6e756c and uint8(i + 12) == 0x6c) or
            (/* RestartSec=10 */ uint32be(i) == 0x52657374 and uint32be(i + 4) == 0x61727453 and
                uint32be(i + 8) == 0x65633d31 and uint8(i + 12) == 0x30)))
}
