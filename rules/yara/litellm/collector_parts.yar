// SPDX-License-Identifier: Apache-2.0
//
// Stage 2 by other traits than its headings: the functions of the collector, and
// the text that it leaves when it is stopped before the text is sealed.

rule litellm_collector_code
{
    meta:
        id = "SW-LITELLM-012"
        title = "LiteLLM backdoor: functions of the collector"
        family = "litellm"
        stage = "2"
        severity = "critical"
        confidence = "high"
        description = "The collector's own helper functions and constants, four or more together, among them one that only it has"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713, S9041"
        attack = "T1552.001, T1552.005, T1552.007, T1613, T1528"
        false_positives = "None known; a Kubernetes helper with functions of the same names lacks the collector's own"
        license = "Apache-2.0"

    strings:
        $own_glob = "\x64ef \x65mit_glob("
        $own_persist = "\x50ERSIST_B64"
        $aws = "\x64ef aws_req("
        $get = "\x64ef k8s_get("
        $post = "\x64ef k8s_post("
        $token = "\x53A_TOKEN_PATH"
        $ca = "\x4b8S_CA"

    condition:
        any of ($own_*) and 4 of them
}

rule litellm_collector_output
{
    meta:
        id = "SW-LITELLM-013"
        title = "LiteLLM backdoor: collected credentials in the clear"
        family = "litellm"
        stage = "2"
        severity = "critical"
        confidence = "medium"
        description = "Text as the collector writes it before it is sealed: headings of commands, of cloud or cluster credentials and of account files. Treat each credential in it as stolen"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "PYSEC-2026-2, MAL-2026-2144, SNYK-PYTHON-LITELLM-15762713, S9041"
        attack = "T1074.001, T1552.001, T1003.008"
        false_positives = "Output of an audit script that uses the same headings"
        license = "Apache-2.0"

    strings:
        $command = "\x3d== CMD: " ascii wide
        $own_aws = "\x3d== AWS CREDENTIALS ===\n"
        $own_aws_crlf = "\x3d== AWS CREDENTIALS ===\x0d\n"
        $own_imds = "\x3d== IMDS ROLE CREDENTIALS ===" ascii wide
        $own_manager = "\x3d== AWS SECRETS MANAGER ===" ascii wide
        $own_ssm = "\x3d== AWS SSM PARAMETERS ===" ascii wide
        $own_k8s = "\x3d== K8S SECRETS " ascii wide
        $file_shadow = "\x3d== /etc/shadow ===" ascii wide
        $file_passwd = "\x3d== /etc/passwd ===" ascii wide
        $file_ssh = "\x3d== /root/.ssh/"
        $file_host = "\x3d== /etc/ssh/ssh_host_"
        $file_environment = "\x3d== /etc/environment ==="

    condition:
        $command and any of ($own_*) and any of ($file_*)
}
