// SPDX-License-Identifier: Apache-2.0
//
// The two DaemonSets that put the wiper or its backdoor on every node: as a
// YAML manifest, as JSON (also inside an annotation), and in the protobuf form
// in which an etcd database keeps them. Other projects have names that begin
// alike: only whole names count, and only with a second trait.

rule wiper_daemonset_yaml
{
    meta:
        id = "SW-WIPER-006"
        title = "Wiper: DaemonSet as a YAML manifest"
        family = "wiper"
        stage = "wiper"
        severity = "critical"
        confidence = "high"
        description = "A manifest with the full name of one of the wiper's two DaemonSets and its container, its mount of the host's root or its command"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1609, T1610, T1611, T1485"
        false_positives = "Write-ups that print the manifest"
        license = "Apache-2.0"

    strings:
        $iran = "\x6eame: host-provisioner-iran" ascii wide
        $std = "\x6eame: host-provisioner-std" ascii wide
        $kamikaze = "\x6eame: kamikaze"
        $mount = "\x6dountPath: /mnt/host" ascii wide
        $enter = "\x63hroot /mnt/host"

    condition:
        any of ($iran, $std) and
        (any of ($kamikaze, $mount, $enter) or
         // names of other volumes and containers too, read in place
         (filesize < 4MB and
          for any i in (0..filesize) : (
            (/* name: provisioner */ uint32be(i) == 0x6e616d65 and
                uint32be(i + 4) == 0x3a207072 and uint32be(i + 8) == 0x6f766973 and
                uint32be(i + 12) == 0x696f6e65 and uint8(i + 16) == 0x72) or
            (/* name: host-root */ uint32be(i) == 0x6e616d65 and
                uint32be(i + 4) == 0x3a20686f and uint32be(i + 8) == 0x73742d72 and
                uint16be(i + 12) == 0x6f6f and uint8(i + 14) == 0x74))))
}

rule wiper_daemonset_json
{
    meta:
        id = "SW-WIPER-007"
        title = "Wiper: DaemonSet as JSON"
        family = "wiper"
        stage = "wiper"
        severity = "critical"
        confidence = "high"
        description = "The API server's answer, an audit log or a backup with the full name of one of the wiper's two DaemonSets and its container or its mount of the host's root"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1609, T1610, T1611, T1485"
        false_positives = "Queries of a cluster scanner that hold both names as JSON"
        license = "Apache-2.0"

    strings:
        // without the closing quote: in an annotation a backslash stands before it
        $iran = "\x22host-provisioner-iran"
        $std = "\x22host-provisioner-std"
        $mount = "\x22/mnt/host"

    condition:
        // names of other volumes and containers too, read in place before the mount
        any of ($iran, $std) and
        for any i in (1..256) : (
            i <= #mount and
            for any j in (@mount[i] - 16384..@mount[i] + 4096) : (
                uint8(j) == 0x22 and (
                    (/* kamikaze */ uint32be(j + 1) == 0x6b616d69 and
                        uint32be(j + 5) == 0x6b617a65) or
                    (/* provisioner */ uint32be(j + 1) == 0x70726f76 and
                        uint32be(j + 5) == 0x6973696f and uint16be(j + 9) == 0x6e65 and
                        uint8(j + 11) == 0x72) or
                    (/* host-root */ uint32be(j + 1) == 0x686f7374 and
                        uint32be(j + 5) == 0x2d726f6f and uint8(j + 9) == 0x74))))
}

rule wiper_daemonset_etcd
{
    meta:
        id = "SW-WIPER-008"
        title = "Wiper: DaemonSet in an etcd database"
        family = "wiper"
        stage = "wiper"
        severity = "critical"
        confidence = "high"
        description = "The protobuf form of the wiper's DaemonSets or of their pods: the length-prefixed container name and image, near the object's name or the mount of the host's root"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1609, T1610, T1611, T1485"
        false_positives = "None known: the bytes between the names are those of the API server's storage format"
        license = "Apache-2.0"

    strings:
        // field 1, its length, the container's name; field 2, its length, the image
        $kamikaze = "\x0a\x08kamikaze\x12\x0dalpine:latest"
        $provisioner = "\x0a\x0bprovisioner\x12\x0dalpine:latest"
        // field 1 and its length before the object's name
        $iran = "\x0a\x15host-provisioner-iran"
        $std = "\x0a\x14host-provisioner-std"
        // the same name as a label's value and as the stem of the pods' names
        $label_iran = "\x12\x15host-provisioner-iran"
        $label_std = "\x12\x14host-provisioner-std"
        // field 3 and its length before the mount path
        $mount = "\x1a\x09/mnt/host"

    condition:
        for any i in (1..#kamikaze) :
            (any of ($iran, $label_iran, $mount) in (@kamikaze[i] - 8192 .. @kamikaze[i] + 8192)) or
        for any i in (1..#provisioner) :
            (any of ($std, $label_std) in (@provisioner[i] - 8192 .. @provisioner[i] + 8192))
}
