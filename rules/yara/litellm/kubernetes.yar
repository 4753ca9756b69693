// SPDX-License-Identifier: Apache-2.0
//
// Stage 2k: one pod a node that writes the poller into the host's root. As the
// collector's Python, as a manifest, as JSON of the API, and as an etcd database
// keeps it. The pod's name alone is honest elsewhere.

rule litellm_k8s_stage_code
{
    meta:
        id = "SW-LITELLM-014"
        title = "LiteLLM backdoor: code that starts a pod on each node"
        family = "litellm"
        stage = "2k"
        severity = "critical"
        confidence = "high"
        description = "Python that builds the pod: its name, the host's process table near it, the image or the poller's place on the host, and the name space or the restart policy"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1610, T1611, T1609, T1053.007"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $name = /[\"']\x6eode-setup-/
        $poller = "\x2fhost/root/.config/sysmon"

    condition:
        // words of every cluster tool, read in place and near the name: hostPID in quotes,
        // True behind it, then two of the image, the name space and the restart policy
        filesize < 1MB and $name and
        for any i in (1..64) : (
            i <= #name and
            for any j in (@name[i] - 4096..@name[i] + 4096) : (
                uint32be(j) == 0x686f7374 and uint16be(j + 4) == 0x5049 and uint8(j + 6) == 0x44 and
                (uint8(j + 7) == 0x22 or uint8(j + 7) == 0x27) and
                for any k in (j + 9..j + 18) : (uint32be(k) == 0x54727565)) and
            ($poller or
             for any j in (@name[i] - 4096..@name[i] + 4096) : (
                 /* lpine:latest */ uint32be(j) == 0x6c70696e and
                 uint32be(j + 4) == 0x653a6c61 and uint32be(j + 8) == 0x74657374)) and
            for any j in (@name[i] - 4096..@name[i] + 4096) : (
                (/* be-system */ uint32be(j) == 0x62652d73 and uint32be(j + 4) == 0x79737465 and
                    uint8(j + 8) == 0x6d) or
                (/* tartPolicy */ uint32be(j) == 0x74617274 and
                    uint32be(j + 4) == 0x506f6c69 and uint16be(j + 8) == 0x6379)))
}

rule litellm_k8s_pod_yaml
{
    meta:
        id = "SW-LITELLM-015"
        title = "LiteLLM backdoor: node pod as a manifest"
        family = "litellm"
        stage = "2k"
        severity = "high"
        confidence = "medium"
        description = "A manifest of a pod of the system name space with the backdoor's name, image, restart policy and the host's process table and network behind it, or with that name and the poller's place on the host"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1610, T1611"
        false_positives = "A cluster's own set-up pod with the same name, image and privileges"
        license = "Apache-2.0"

    strings:
        $name = /[ \"']\x6eode-setup-/ ascii wide
        $poller = "\x2fhost/root/.config/sysmon" ascii wide

    condition:
        // words of every manifest, read in place: the key before the name, and behind it the
        // host's process table and network, the image, the restart policy, the name space
        ($poller and
         for any i in (1..64) : (
            i <= #name and
            (uint32be(@name[i] - 4) == 0x616d653a or uint32be(@name[i] - 5) == 0x616d653a or
             // the same in two-byte text
             uint32be(@name[i] - 6) == 0x6d006500 or uint32be(@name[i] - 8) == 0x6d006500))) or
        ($name and
         for any i in (1..256) : (
             i <= #name and
             (uint32be(@name[i] - 4) == 0x616d653a or uint32be(@name[i] - 5) == 0x616d653a) and
             for any j in (@name[i]..@name[i] + 16384) : (
                 /* hostPID: true */ uint32be(j) == 0x686f7374 and
                 uint32be(j + 4) == 0x5049443a and uint32be(j + 8) == 0x20747275 and
                 uint8(j + 12) == 0x65) and
             for any j in (@name[i]..@name[i] + 16384) : (
                 /* hostNetwork: true */ uint32be(j) == 0x686f7374 and
                 uint32be(j + 4) == 0x4e657477 and uint32be(j + 8) == 0x6f726b3a and
                 uint32be(j + 12) == 0x20747275 and uint8(j + 16) == 0x65) and
             for any j in (@name[i]..@name[i] + 16384) : (
                 /* lpine:latest */ uint32be(j) == 0x6c70696e and
                 uint32be(j + 4) == 0x653a6c61 and uint32be(j + 8) == 0x74657374) and
             for any j in (@name[i]..@name[i] + 16384) : (
                 (/* Policy: Never */ uint32be(j) == 0x506f6c69 and
                 uint32be(j + 4) == 0x63793a20 and uint32be(j + 8) == 0x4e657665 and
                 uint8(j + 12) == 0x72) or (/* Policy: "Never */ uint32be(j) == 0x506f6c69 and
                 uint32be(j + 4) == 0x63793a20 and uint32be(j + 8) == 0x224e6576 and
                 uint16be(j + 12) == 0x6572)) and
             for any j in (@name[i]..@name[i] + 16384) : (
                 /* be-system */ uint32be(j) == 0x62652d73 and uint32be(j + 4) == 0x79737465 and
                 uint8(j + 8) == 0x6d)))
}

rule litellm_k8s_pod_json
{
    meta:
        id = "SW-LITELLM-016"
        title = "LiteLLM backdoor: node pod as JSON"
        family = "litellm"
        stage = "2k"
        severity = "high"
        confidence = "medium"
        description = "JSON of the Kubernetes API, an audit log or a backup with the backdoor's pod: name, image, restart policy, the host's process table and network"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1610, T1611"
        false_positives = "A cluster's own set-up pod with the same name, image and privileges"
        license = "Apache-2.0"

    strings:
        $name = /\"\x6eode-setup-/

    condition:
        // words of every pod, read in place: the key before the name, and behind it the
        // host's process table and network, the image, the restart policy, the name space
        $name and
        for any i in (1..256) : (
            i <= #name and
            (uint32be(@name[i] - 4) == 0x6d65223a or uint32be(@name[i] - 5) == 0x6d65223a) and
            for any j in (@name[i]..@name[i] + 16384) : (
                (/* "hostPID":true */ uint32be(j) == 0x22686f73 and
                uint32be(j + 4) == 0x74504944 and uint32be(j + 8) == 0x223a7472 and
                uint16be(j + 12) == 0x7565) or
                (/* "hostPID": true */ uint32be(j) == 0x22686f73 and
                uint32be(j + 4) == 0x74504944 and uint32be(j + 8) == 0x223a2074 and
                uint16be(j + 12) == 0x7275 and uint8(j + 14) == 0x65)) and
            for any j in (@name[i]..@name[i] + 16384) : (
                (/* "hostNetwork":true */ uint32be(j) == 0x22686f73 and
                uint32be(j + 4) == 0x744e6574 and uint32be(j + 8) == 0x776f726b and
                uint32be(j + 12) == 0x223a7472 and uint16be(j + 16) == 0x7565) or
                (/* "hostNetwork": true */ uint32be(j) == 0x22686f73 and
                uint32be(j + 4) == 0x744e6574 and uint32be(j + 8) == 0x776f726b and
                uint32be(j + 12) == 0x223a2074 and uint16be(j + 16) == 0x7275 and
                uint8(j + 18) == 0x65)) and
            for any j in (@name[i]..@name[i] + 16384) : (
                /* lpine:latest" */ uint32be(j) == 0x6c70696e and
                uint32be(j + 4) == 0x653a6c61 and uint32be(j + 8) == 0x74657374 and
                uint8(j + 12) == 0x22) and
            for any j in (@name[i]..@name[i] + 16384) : (
                (/* Policy":"Never */ uint32be(j) == 0x506f6c69 and
                uint32be(j + 4) == 0x6379223a and uint32be(j + 8) == 0x224e6576 and
                uint16be(j + 12) == 0x6572) or
                (/* Policy": "Never */ uint32be(j) == 0x506f6c69 and
                uint32be(j + 4) == 0x6379223a and uint32be(j + 8) == 0x20224e65 and
                uint16be(j + 12) == 0x7665 and uint8(j + 14) == 0x72)) and
            for any j in (@name[i]..@name[i] + 16384) : (
                /* be-system" */ uint32be(j) == 0x62652d73 and uint32be(j + 4) == 0x79737465 and
                uint16be(j + 8) == 0x6d22))
}

rule litellm_k8s_pod_etcd
{
    meta:
        id = "SW-LITELLM-017"
        title = "LiteLLM backdoor: node pod in an etcd database"
        family = "litellm"
        stage = "2k"
        severity = "high"
        confidence = "medium"
        description = "The key of the backdoor's pod in an etcd database or snapshot, with its image and the host's root close behind"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1610, T1611"
        false_positives = "A cluster's own set-up pod with the same name, image and mount"
        license = "Apache-2.0"

    strings:
        $key = "\x2fregistry/pods/\x6bube-system/\x6eode-setup-"

    condition:
        // values with the length in front, as protobuf writes them
        $key and
        for any i in (1..256) : (
            i <= #key and
            for any j in (@key[i]..@key[i] + 16384) : (
                uint8(j) == 0x0d and /* alpine:latest */ uint32be(j + 1) == 0x616c7069 and
                uint32be(j + 5) == 0x6e653a6c and uint32be(j + 9) == 0x61746573 and
                uint8(j + 13) == 0x74) and
            for any j in (@key[i]..@key[i] + 16384) : (
                uint8(j) == 0x05 and ((/* /host */ uint32be(j + 1) == 0x2f686f73 and
                    uint8(j + 5) == 0x74) or (/* setup */ uint32be(j + 1) == 0x73657475 and
                    uint8(j + 5) == 0x70))))
}
