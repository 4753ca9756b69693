// SPDX-License-Identifier: Apache-2.0
//
// Stage 0a in other clothes: the same payload run by other spacing or quotes,
// after a blank line, or from another file than litellm_init.pth.

rule litellm_exec_stage1
{
    meta:
        id = "SW-LITELLM-005"
        title = "LiteLLM backdoor: stage 1 decoded and run"
        family = "litellm"
        stage = "0a"
        severity = "critical"
        confidence = "high"
        description = "A call that decodes and executes base64, beside the long fixed head of the encoded stage 1; or that call with the short head beside the start of a second Python"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1195.002, T1546.018, T1059.006, T1140"
        false_positives = "A write-up that prints the whole start-up line with more than its first hundred encoded characters"
        license = "Apache-2.0"

    strings:
        // "import subprocess\nimport tempfile\nimport os\nimport base64\nimport sys\n"
        $head = "\x61W1wb3J0IHN1YnByb2Nlc3MKaW1wb3J0IHRlbXBmaWxlCm\x6ctcG9ydCBvcwp\x70bXBvcnQgYmFzZTY0CmltcG9ydCBzeXMK" ascii wide
        $exec_module = "\x65xec(base64.\x6264decode(" ascii wide
        $exec_name = "\x65xec(\x6264decode("
        $exec_inline_a = "\x65xec(__import__('base64')"
        $exec_inline_b = "\x65xec(__import__(\"base64\")"
        $decode = /\x65xec\(base64\.b64decode\(b?[\"']{1,3}\x61W1wb3J0IHN1YnByb2Nlc3M/

    condition:
        // the start of a second Python is a word of many launchers: read in place
        filesize < 8MB and
        (($head and any of ($exec_*)) or
         ($decode and
          for any i in (0..filesize) : (
              /* Popen([sys.executable */ uint32be(i) == 0x506f7065 and
              uint32be(i + 4) == 0x6e285b73 and uint32be(i + 8) == 0x79732e65 and
              uint32be(i + 12) == 0x78656375 and uint32be(i + 16) == 0x7461626c and
              uint8(i + 20) == 0x65)))
}
