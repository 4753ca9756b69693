// SPDX-License-Identifier: Apache-2.0
//
// Stage 0a: litellm_init.pth, one line that every Python start executes.
// The first character of each pattern is written as an escape, so that this
// file does not match itself.

rule litellm_pth_loader
{
    meta:
        id = "SW-LITELLM-001"
        title = "LiteLLM backdoor: .pth start-up loader"
        family = "litellm"
        stage = "0a"
        severity = "critical"
        confidence = "high"
        description = "A line at the start of the file that starts a second Python on a base64 payload: litellm_init.pth of litellm 1.82.8, run at every start of the interpreter"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, BerriAI/litellm issue 24512"
        attack = "T1195.002, T1546.018, T1059.006, T1027.013"
        false_positives = "A verbatim copy of the malicious line at the start of a test fixture"
        license = "Apache-2.0"

    strings:
        $launch = "\x69mport os, subprocess, sys; \x73ubprocess.\x50open([sys.executable"
        $decode = "\x65xec(base64.\x6264decode('aW1wb3J0"
        // "import subprocess\nimport tempfile\nimport os\nimport base64\n"
        $stage1 = "\x61W1wb3J0IHN1YnByb2Nlc3MKaW1wb3J0IHRlbXBmaWxlCm\x6ctcG9ydCBvcwp\x70bXBvcnQgYmFzZTY0"

    condition:
        // at the start, behind a byte order mark or blank lines at most
        filesize < 1MB and $launch in (0..8) and ($decode or $stage1)
}
