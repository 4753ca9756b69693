// SPDX-License-Identifier: Apache-2.0
//
// Trivy v0.69.4 outside of CI: the binary carries a poller that asks the Internet
// Computer canister, and leaves it as sysmon.py.

rule trivy_backdoor_binary
{
    meta:
        id = "SW-TRIVY-005"
        title = "Trivy v0.69.4: binary with the canister's address"
        family = "trivy"
        stage = "0"
        severity = "critical"
        confidence = "medium"
        description = "An ELF, PE or Mach-O program built from Trivy's packages that carries the canister's address, in the clear or in base64"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23"
        attack = "T1195.002, T1102.001, T1543.002"
        false_positives = "None known: Trivy's own packages do not name the canister"
        license = "Apache-2.0"

    strings:
        $canister = "\x74dtqy-oyaaa-aaaae-af2dq-cai.raw.icp0.io" ascii wide
        $canister_encoded = "\x74dtqy-oyaaa-aaaae-af2dq-cai.raw.icp0.io" base64
        $trivy = "\x67ithub.com/aquasecurity/trivy/pkg/"

    condition:
        // ELF, MZ, and the four byte orders of Mach-O
        (uint32be(0) == 0x7f454c46 or uint16be(0) == 0x4d5a or uint32be(0) == 0xcffaedfe or
         uint32be(0) == 0xcefaedfe or uint32be(0) == 0xfeedfacf or uint32be(0) == 0xcafebabe) and
        any of ($canister*) and #trivy > 20
}

rule trivy_backdoor_poller
{
    meta:
        id = "SW-TRIVY-006"
        title = "Trivy v0.69.4: sysmon.py that polls the canister"
        family = "trivy"
        stage = "3"
        severity = "critical"
        confidence = "high"
        description = "Python that asks the canister for a link and keeps the state files of the campaign's poller"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "CVE-2026-33634, GHSA-69fq-xp46-6x23, S9042"
        attack = "T1102.001, T1105, T1543.002, T1497.003"
        false_positives = "None known; prose that names the canister and the files does not match"
        license = "Apache-2.0"

    strings:
        $address = "\x68ttps://\x74dtqy-oyaaa-aaaae-af2dq-cai.raw.icp0.io" ascii wide
        $target = "\x2ftmp/pglog" ascii wide
        $state = "\x2ftmp/.pg_state" ascii wide

    condition:
        // the module that asks the network stands in much of Python's code: read in place
        filesize < 1MB and $address and any of ($target, $state) and
        for any i in (0..filesize) : (
            /* import urllib.req */ uint32be(i) == 0x696d706f and
            uint32be(i + 4) == 0x72742075 and uint32be(i + 8) == 0x726c6c69 and
            uint32be(i + 12) == 0x622e7265 and uint8(i + 16) == 0x71)
}
