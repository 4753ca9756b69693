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
        $description = "\x44escription=System Telemetry Service" ascii wide
        $script = "\x2f.config/sysmon/sysmon.py" ascii wide
        $script_b = "\x2f.config/sysmon.py" ascii wide
        $script_c = "\x2fsystemd/user/sysmon.py" ascii wide
        $odd_limit = "\x53tartLimitIntervalSec=0" ascii wide
        $odd_kill = "\x4billMode=process" ascii wide
        $odd_null = "\x53tandardOutput=null" ascii wide
        $odd_wait = "\x52estartSec=10" ascii wide

    condition:
        filesize < 1MB and $description and (any of ($script*) or 3 of ($odd_*))
}
