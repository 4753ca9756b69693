// SPDX-License-Identifier: Apache-2.0
//
// kamikaze.sh, the shell stage in front of the wiper: the first form carries
// everything itself, the second fetches kubectl and a Python stage and removes
// itself.

rule wiper_kamikaze_loader
{
    meta:
        id = "SW-WIPER-001"
        title = "Wiper: shell loader that pipes the Kubernetes stage into Python"
        family = "wiper"
        stage = "loader"
        severity = "critical"
        confidence = "high"
        description = "The short shell loader: puts kubectl under /tmp, pipes the Python stage of the wiper into an interpreter and deletes itself, or fetches from one of the tunnels that served it"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1059.004, T1105, T1070.004, T1609"
        false_positives = "Write-ups that print the script"
        license = "Apache-2.0"

    strings:
        $stage = "\x2fkube.py"
        $tunnel1 = "\x73ouls-entire-defined-routes.trycloudflare"
        $tunnel2 = "\x69nvestigation-launches-hearings-copying.trycloudflare"
        $tunnel3 = "\x63hampionships-peoples-point-cassette.trycloudflare"
        $kubectl = "\x2do /tmp/kubectl"
        $remove = "\x72m -- \"$0\""

    condition:
        filesize < 64KB and (
            (any of ($tunnel*) and any of ($kubectl, $remove)) or
            ((any of ($tunnel*) or ($stage and any of ($kubectl, $remove))) and
             // Python behind a bar, read in place
             for any i in (0..filesize) : (
                 /* | python3 - */ uint32be(i) == 0x7c207079 and
                 uint32be(i + 4) == 0x74686f6e and uint16be(i + 8) == 0x3320 and
                 uint8(i + 10) == 0x2d)))
}

rule wiper_kamikaze_script
{
    meta:
        id = "SW-WIPER-002"
        title = "Wiper: self-contained shell script with both DaemonSets"
        family = "wiper"
        stage = "wiper"
        severity = "critical"
        confidence = "high"
        description = "A script with an interpreter line that names two or more of the wiper's Kubernetes objects, its backdoor's folder and unit, or its wipe-and-reboot command"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1059.004, T1609, T1485, T1529"
        false_positives = "A script that looks for these objects, for example a checker"
        license = "Apache-2.0"

    strings:
        $ds_iran = "\x68ost-provisioner-iran"
        $ds_std = "\x68ost-provisioner-std"
        $container = "\x6eame: kamikaze"
        $folder = "\x2fvar/lib/svc_internal"
        $unit = "\x2finternal-monitor.service"
        $reboot = "\x63hroot /mnt/host reboot -f"

    condition:
        // #!, also behind a blank line, a comment sign or a byte order mark
        filesize < 256KB and any of ($ds_*) and
        (uint16be(0) == 0x2321 or uint16be(1) == 0x2321 or uint16be(2) == 0x2321 or
         uint16be(3) == 0x2321) and
        (any of ($container, $folder, $unit, $reboot) or
         // the use of a manifest from standard input, read in place
         for any i in (0..filesize) : (
             /* kubectl apply -f - */ uint32be(i) == 0x6b756265 and
             uint32be(i + 4) == 0x63746c20 and uint32be(i + 8) == 0x6170706c and
             uint32be(i + 12) == 0x79202d66 and uint16be(i + 16) == 0x202d))
}
