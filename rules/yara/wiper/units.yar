// SPDX-License-Identifier: Apache-2.0
//
// The systemd units of the backdoor that the wiper installs where it does not
// wipe. A unit called internal-monitor exists elsewhere, and so does the
// description System Monitor: the script's full path decides.

rule wiper_internal_monitor_unit
{
    meta:
        id = "SW-WIPER-009"
        title = "Wiper: unit of the node backdoor (internal-monitor)"
        family = "wiper"
        stage = "persistence"
        severity = "critical"
        confidence = "high"
        description = "A systemd unit that keeps the backdoor of the standard DaemonSet running on a node"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1543.002, T1036.004"
        false_positives = "None known"
        license = "Apache-2.0"

    strings:
        $script = "\x2fvar/lib/svc_internal/runner.py"

    condition:
        // lines of every unit, read in place: the section, the endless restart, the description
        filesize < 8KB and $script and
        for 2 i in (0..filesize) : (
            (/* [Service] */ uint32be(i) == 0x5b536572 and uint32be(i + 4) == 0x76696365 and
                uint8(i + 8) == 0x5d) or
            (/* Restart=always */ uint32be(i) == 0x52657374 and
                uint32be(i + 4) == 0x6172743d and uint32be(i + 8) == 0x616c7761 and
                uint16be(i + 12) == 0x7973) or
            (/* ion=System Monit */ uint32be(i) == 0x696f6e3d and
                uint32be(i + 4) == 0x53797374 and uint32be(i + 8) == 0x656d204d and
                uint32be(i + 12) == 0x6f6e6974))
}

rule wiper_pgmonitor_unit
{
    meta:
        id = "SW-WIPER-010"
        title = "Wiper: unit of the spreading stage's backdoor (pgmonitor)"
        family = "wiper"
        stage = "persistence"
        severity = "critical"
        confidence = "high"
        description = "A systemd unit that keeps the backdoor of the spreading stage running, dressed up as Postgres monitoring"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042, Aikido 2026-03-22, FLASH-20260702-01"
        attack = "T1543.002, T1036.004"
        false_positives = "An honest pgmon tool installed under the same path with the same description"
        license = "Apache-2.0"

    strings:
        $script = "\x2fvar/lib/pgmon/pgmon.py"
        $description = "\x44escription=Postgres Monitor Service"

    condition:
        // the section of every unit, read in place
        filesize < 8KB and all of them and
        for any i in (0..filesize) : (
            /* [Service] */ uint32be(i) == 0x5b536572 and uint32be(i + 4) == 0x76696365 and
            uint8(i + 8) == 0x5d)
}
