// SPDX-License-Identifier: Apache-2.0
//
// Stage 0b: proxy_server.py of litellm 1.82.7 and 1.82.8, and the two older
// payloads that were left in it as comments. The variable's name and the other
// names are ordinary, so that each needs company.

rule litellm_proxy_injection
{
    meta:
        id = "SW-LITELLM-006"
        title = "LiteLLM backdoor: payload in proxy_server.py"
        family = "litellm"
        stage = "0b"
        severity = "critical"
        confidence = "high"
        description = "The injected lines of proxy_server.py: a variable that holds the encoded stage 1, or that variable decoded into p.py and run by a second Python"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1195.002, T1059.006, T1027.013, T1140"
        false_positives = "A test fixture that holds the injected lines; code that only names its variable so does not match"
        license = "Apache-2.0"

    strings:
        $assigned = /\x6264_payload\s{0,4}=\s{0,4}\(?\s{0,8}b?[\"']{1,3}\x61W1wb3J0IHN1YnByb2Nlc3M/ ascii wide
        $variable = "\x6264_payload" ascii wide
        $decoded = "\x6264decode(\x6264_payload" ascii wide
        $drop_a = "\x22p.py\"" ascii wide
        $drop_b = "\x27p.py'" ascii wide
        $launch = "\x5bsys.executable," ascii wide
        $place = "\x52EALTIME_REQUEST_SCOPE_TEMPLATE" ascii wide

    condition:
        $assigned or
        ($variable and any of ($drop_*) and $launch and ($decoded or $place))
}

rule litellm_proxy_injection_old
{
    meta:
        id = "SW-LITELLM-007"
        title = "LiteLLM backdoor: older payload of proxy_server.py"
        family = "litellm"
        stage = "0b"
        severity = "high"
        confidence = "medium"
        description = "An older payload that was left in proxy_server.py: code that keeps the variables that it collected in a file of its own, beside an RC4 or the decoding of its payload"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1195.002, T1059.006, T1027.013, T1074.001"
        false_positives = "Debugging code that writes its variables to a file of the same name and holds an RC4 of its own"
        license = "Apache-2.0"

    strings:
        $loot = "\x63ollected_vars.txt" ascii wide
        $rc4_a = "\x64ef rc4" ascii wide nocase
        $rc4_b = "\x66or i in range(256)" ascii wide
        $decode_a = "\x65xec(base64.\x6264decode(" ascii wide
        $decode_b = "\x6264_payload" ascii wide

    condition:
        filesize < 8MB and $loot and any of ($rc4_*, $decode_*)
}
