// SPDX-License-Identifier: Apache-2.0
//
// Stage 1: the packer that runs the collector, seals what it wrote and sends it
// off; as source, and inside the base64 layer that carries it.

rule litellm_packer
{
    meta:
        id = "SW-LITELLM-008"
        title = "LiteLLM backdoor: packer in the clear"
        family = "litellm"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The packer: a variable that holds the encoded collector, or its two variables beside the names of the sealed files, the padding of the key and the address"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1059.006, T1560.001, T1573.002, T1041"
        false_positives = "Write-ups that print the packer whole; deployment helpers that use the names of the variables do not match"
        license = "Apache-2.0"

    strings:
        $assigned = /\x42\x36\x34_SCRIPT\s{0,4}=\s{0,4}\(?\s{0,8}b?[\"']{1,3}\x61W1wb3J0IG9zLHN5cyxzdGF0LHN1Yn/ ascii wide
        $public_key = "\x50UB_KEY_CONTENT" ascii wide
        $script = "\x4264_SCRIPT" ascii wide
        $part_key = /\x73ession\.key\.enc[\"' \r\n,;)]/ ascii wide
        $part_payload = /\x70ayload\.enc[\"' \r\n,;)]/ ascii wide
        $part_bundle = "\x74pcp.tar.gz" ascii wide
        $part_padding = "\x72sa_padding_mode:oaep" ascii wide
        $part_c2 = "\x68ttps://models.litellm.cloud" ascii wide

    condition:
        $assigned or ($public_key and $script and 3 of ($part_*))
}

rule litellm_packer_encoded
{
    meta:
        id = "SW-LITELLM-009"
        title = "LiteLLM backdoor: packer inside base64"
        family = "litellm"
        stage = "0a, 0b"
        severity = "critical"
        confidence = "high"
        description = "The encoded packer as a whole: its long fixed head, and the place where the encoded collector begins"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1027.013, T1140, T1195.002"
        false_positives = "A rule or test file that holds both encoded strings"
        license = "Apache-2.0"

    strings:
        // "import subprocess ... PUB_KEY_ CONTENT = "
        $head = "\x61W1wb3J0IHN1YnByb2Nlc3MKaW1wb3J0IHRlbXBmaWxlCm\x6ctcG9ydCBvcwp\x70bXBvcnQgYmFzZTY0CmltcG9ydCBzeXMKClBVQl9LRVlfQ09OVEVOVCA9"
        // "64_SCRIPT = " and the collector's first letter
        $inner = "\x6bI2NF9TQ1JJUFQgPSAiYV"

    condition:
        $head and $inner
}

rule litellm_collector_encoded
{
    meta:
        id = "SW-LITELLM-010"
        title = "LiteLLM backdoor: collector inside base64"
        family = "litellm"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The head of the encoded collector with at least three hundred encoded characters behind it: the payload itself, not a quotation of how it begins"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1027.013, T1140"
        false_positives = "A test fixture with a made-up payload behind the real head"
        license = "Apache-2.0"

    strings:
        // "import os,sys,stat,subprocess,glo" in one layer, and in two
        $once = /\x61W1wb3J0IG9zLHN5cyxzdGF0LHN1YnByb2Nlc3MsZ2xv[A-Za-z0-9+\/\r\n]{300}/
        $twice = /\x59Vcxd2IzSjBJRzl6TEhONWN5eHpkR0YwTEhOMVluQnliMk5sYzNNc1oy[A-Za-z0-9+\/\r\n]{300}/

    condition:
        any of them
}

rule litellm_backdoor_encoded
{
    meta:
        id = "SW-LITELLM-011"
        title = "LiteLLM backdoor: sysmon poller inside base64"
        family = "litellm"
        stage = "2"
        severity = "critical"
        confidence = "high"
        description = "The encoded poller that the collector carries: the variable that holds it, or its address and its state file inside one layer of base64"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1027.013, T1140, T1543.002"
        false_positives = "None known; image and CAD tools that use the variable's name hold other data in it"
        license = "Apache-2.0"

    strings:
        $assigned = /\x50ERSIST_B64\s{0,4}=\s{0,4}\(?\s{0,8}b?[\"']{1,3}aW1wb3J0IHVybGxpYi5yZXF1ZXN0/
        $address = "\x68ttps://\x63heckmarx.zone/raw" base64
        $state = "\x2ftmp/.pg_state" base64
        $target = "\x2ftmp/pglog" base64

    condition:
        $assigned or ($address and any of ($state, $target))
}
