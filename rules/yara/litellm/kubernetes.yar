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
        description = "Python that builds the pod: its name, the host's process table and two of the image, the name space, the restart policy and the poller's place on the host"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1610, T1611, T1609, T1053.007"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $name = "\x6eode-setup-" ascii wide
        $host = /[\"']\x68ostPID[\"']\s{0,4}:\s{0,4}True/ ascii wide
        $image = "\x61lpine:latest" ascii wide
        $space = "\x6bube-system" ascii wide
        $never = "\x72estartPolicy" ascii wide
        $poller = "\x2fhost/root/.config/sysmon" ascii wide

    condition:
        filesize < 4MB and $name and $host and 2 of ($image, $space, $never, $poller)
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
        description = "A manifest of a pod of the system name space with the backdoor's name, image, restart policy and the host's process table and network"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713"
        attack = "T1610, T1611"
        false_positives = "A cluster's own set-up pod with the same name, image and privileges"
        license = "Apache-2.0"

    strings:
        $name_a = "\x6eame: \x6eode-setup-" ascii wide
        $name_b = "\x6eame: \"\x6eode-setup-" ascii wide
        $name_c = "\x6eame: '\x6eode-setup-" ascii wide
        $pid = "\x68ostPID: true" ascii wide
        $net = "\x68ostNetwork: true" ascii wide
        $image = "\x69mage: \x61lpine:latest" ascii wide
        $image_b = "\x69mage: \"\x61lpine:latest\"" ascii wide
        $never = "\x72estartPolicy: Never" ascii wide
        $never_b = "\x72estartPolicy: \"Never\"" ascii wide
        $space = "\x6bube-system" ascii wide

    condition:
        any of ($name_*) and $pid and $net and any of ($image*) and any of ($never*) and $space
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
        $name_a = "\x22name\":\"\x6eode-setup-" ascii wide
        $name_b = "\x22name\": \"\x6eode-setup-" ascii wide
        $pid_a = "\x22hostPID\":true" ascii wide
        $pid_b = "\x22hostPID\": true" ascii wide
        $net_a = "\x22hostNetwork\":true" ascii wide
        $net_b = "\x22hostNetwork\": true" ascii wide
        $image = "\x22\x61lpine:latest\"" ascii wide
        $never_a = "\x22\x72estartPolicy\":\"Never\"" ascii wide
        $never_b = "\x22\x72estartPolicy\": \"Never\"" ascii wide
        $space = "\x22\x6bube-system\"" ascii wide

    condition:
        any of ($name_*) and any of ($pid_*) and any of ($net_*) and $image and any of ($never_*) and $space
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
        // values with the length in front, as protobuf writes them
        $image = "\x0d\x61lpine:latest"
        $container = "\x05setup"
        $mount = "\x05/host"

    condition:
        for any i in (1..#key) : (
            $image in (@key[i]..@key[i] + 16384) and
            ($mount in (@key[i]..@key[i] + 16384) or $container in (@key[i]..@key[i] + 16384)))
}
