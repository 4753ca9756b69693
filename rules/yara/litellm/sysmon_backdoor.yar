// SPDX-License-Identifier: Apache-2.0
//
// Stage 3: sysmon.py, the small poller that stays behind. Its paths and its
// file names also occur in honest software, so that each needs company.

rule litellm_sysmon_backdoor
{
    meta:
        id = "SW-LITELLM-004"
        title = "LiteLLM backdoor: sysmon.py poller"
        family = "litellm"
        stage = "3"
        severity = "critical"
        confidence = "high"
        description = "The Python backdoor that polls a raw text address, saves what it is told to fetch as a hidden program and keeps its state in a file under /tmp"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, CVE-2026-33634"
        attack = "T1543.002, T1036.004, T1102.001, T1105, T1497.003"
        false_positives = "Write-ups that print the source; prose and lists that name the address and the paths do not match"
        license = "Apache-2.0"

    strings:
        $set_url = /C_URL\s{0,4}=\s{0,4}["']https:\/\/checkmarx\.zone\/raw/ ascii wide
        $set_target = /TARGET\s{0,4}=\s{0,4}["']\/tmp\/pglog["']/ ascii wide
        $set_state = /STATE\s{0,4}=\s{0,4}["']\/tmp\/\.pg_state["']/ ascii wide
        $url = "\x68ttps://\x63heckmarx.zone/raw" ascii wide
        $target = "\x2ftmp/pglog" ascii wide
        $state = "\x2ftmp/.pg_state" ascii wide

    condition:
        2 of ($set_*) or
        (filesize < 8KB and $url and $target and $state and
         // "impo": the file starts with an import or holds the poller's; prose does not
         (uint32be(0) == 0x696d706f or
          for any i in (0..filesize) : (
              /* import urllib.req */ uint32be(i) == 0x696d706f and
              uint32be(i + 4) == 0x72742075 and uint32be(i + 8) == 0x726c6c69 and
              uint32be(i + 12) == 0x622e7265 and uint8(i + 16) == 0x71)))
}
