// SPDX-License-Identifier: Apache-2.0
//
// Stage 2: the credential collector, as source, as its plain output, and
// inside the base64 layers that carry it. The first character of each pattern
// is written as an escape, so that this file does not match itself.

rule litellm_collector
{
    meta:
        id = "SW-LITELLM-002"
        title = "LiteLLM backdoor: credential collector or its output"
        family = "litellm"
        stage = "2"
        severity = "critical"
        confidence = "high"
        description = "Two or more strings of the collector that reads cloud, Kubernetes and wallet credentials, or of the text that it writes"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, S9041"
        attack = "T1552.001, T1552.005, T1552.007, T1613, T1611"
        false_positives = "Write-ups that print the source; a text that quotes one string does not match"
        license = "Apache-2.0"

    strings:
        $imports = "\x69mport os,sys,stat,subprocess,glob" ascii wide
        $imds = "\x3d== IMDS ROLE CREDENTIALS ===" ascii wide
        $secrets = "\x3d== K8S SECRETS ns=" ascii wide
        $ssm = "\x3d== AWS SSM PARAMETERS ===" ascii wide
        $wallet = "\x72pcuser\\|rpcpassword\\|rpcauth" ascii wide
        $host = "\x2fhost/root/.config/sysmon" ascii wide

    condition:
        2 of them
}

rule litellm_collector_packed
{
    meta:
        id = "SW-LITELLM-003"
        title = "LiteLLM backdoor: packed credential collector"
        family = "litellm"
        stage = "0b, 1"
        severity = "critical"
        confidence = "high"
        description = "The packer or a file that carries it: the collector's first line inside one or two layers of base64, beside the packer's own first lines or its upload"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144"
        attack = "T1027.013, T1140, T1560.001, T1041"
        false_positives = "Indicator lists that hold several of the encoded strings"
        license = "Apache-2.0"

    strings:
        // "import os,sys,stat,subprocess,glo", once and twice encoded
        $once = "\x61W1wb3J0IG9zLHN5cyxzdGF0LHN1YnByb2Nlc3MsZ2xv"
        $twice = "\x61W1wb3J0IG9zLHN5cyxzdGF0LHN1YnByb2Nlc3MsZ2xv" base64
        // "import subprocess\nimport tempfile\n ... PUB_KEY_ CONTENT = "
        $packer = "\x61W1wb3J0IHN1YnByb2Nlc3MKaW1wb3J0IHRlbXBmaWxlCm\x6ctcG9ydCBvcwp\x70bXBvcnQgYmFzZTY0CmltcG9ydCBzeXMKClBVQl9LRVlfQ09OVEVOVCA9"
        $upload = "\x58-Filename: \x74pcp.tar.gz"
        $c2 = "\x68ttps://models.litellm.cloud/"

    condition:
        ($twice and $packer) or ($once and any of ($upload, $c2))
}
