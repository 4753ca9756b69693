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
        $decoded = "\x6264decode(\x6264_payload"
        $place = "\x52EALTIME_REQUEST_SCOPE_TEMPLATE"

    condition:
        $assigned or
        // names of much of Python's code, read in place: the variable, the file, the second Python
        (filesize < 2MB and any of ($decoded, $place) and
         for any i in (0..filesize) : (
             /* b64_payload */ uint32be(i) == 0x6236345f and uint32be(i + 4) == 0x7061796c and
             uint16be(i + 8) == 0x6f61 and uint8(i + 10) == 0x64) and
         for any i in (0..filesize) : (
            (uint8(i) == 0x22 or uint8(i) == 0x27) and uint32be(i + 1) == 0x702e7079 and
                uint8(i + 5) == uint8(i)) and
         for any i in (0..filesize) : (
             /* [sys.executable, */ uint32be(i) == 0x5b737973 and
             uint32be(i + 4) == 0x2e657865 and uint32be(i + 8) == 0x63757461 and
             uint32be(i + 12) == 0x626c652c))
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
        $loot = "\x63ollected_vars.txt"

    condition:
        // names of much of Python's code, read in place: a function rc4 in either case, the
        // loop over 256, a call that decodes and executes, the later variable
        filesize < 2MB and $loot and
        for any i in (0..filesize) : (
            (uint32be(i) == 0x64656620 and (uint16be(i + 4) | 0x2020) == 0x7263 and
                uint8(i + 6) == 0x34) or
            (/* in range(256) */ uint32be(i) == 0x696e2072 and uint32be(i + 4) == 0x616e6765 and
                uint32be(i + 8) == 0x28323536 and uint8(i + 12) == 0x29) or
            (/* exec(base64.b64d */ uint32be(i) == 0x65786563 and
                uint32be(i + 4) == 0x28626173 and uint32be(i + 8) == 0x6536342e and
                uint32be(i + 12) == 0x62363464) or
            (/* b64_payload */ uint32be(i) == 0x6236345f and uint32be(i + 4) == 0x7061796c and
                uint16be(i + 8) == 0x6f61 and uint8(i + 10) == 0x64))
}
