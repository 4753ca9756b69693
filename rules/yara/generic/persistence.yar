// SPDX-License-Identifier: Apache-2.0
//
// Ways to stay and to stage that the campaign shares with other malware, and with
// some honest programs: low severity, of use beside other findings.

rule generic_unit_hidden_script
{
    meta:
        id = "SW-GENERIC-006"
        title = "A unit that runs a script from a hidden folder"
        family = "generic"
        stage = "3"
        severity = "low"
        confidence = "medium"
        description = "A systemd unit that has an interpreter run a script from a hidden folder of a home directory, and starts it again whenever it ends"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9041"
        attack = "T1543.002, T1564.001"
        false_positives = "Hobby monitors and tools that people install for themselves"
        license = "Apache-2.0"

    strings:
        $run_home_a = "\x70ython3 %h/."
        $run_home_b = "\x70ython %h/."
        $run_home_c = "\x62ash %h/."
        $run_home_d = "\x6eode %h/."
        $run_root_a = "\x70ython3 /root/."
        $run_root_b = "\x62ash /root/."
        $run_root_c = "\x6eode /root/."
        $run_user_a = /\x70ython3 \/home\/[^\/\s]{1,64}\/\.[a-z]/
        $run_user_b = /\x62ash \/home\/[^\/\s]{1,64}\/\.[a-z]/

    condition:
        // words of every unit, read in place: the section, and the endless restart
        filesize < 64KB and any of them and
        for any i in (0..filesize) : (
            /* [Service] */ uint32be(i) == 0x5b536572 and uint32be(i + 4) == 0x76696365 and
            uint8(i + 8) == 0x5d) and
        for any i in (0..filesize) : (
            /* Restart=always */ uint32be(i) == 0x52657374 and uint32be(i + 4) == 0x6172743d and
            uint32be(i + 8) == 0x616c7761 and uint16be(i + 12) == 0x7973)
}

rule generic_python_decoded_child
{
    meta:
        id = "SW-GENERIC-007"
        title = "Python that feeds decoded text to a second interpreter"
        family = "generic"
        stage = "1"
        severity = "low"
        confidence = "medium"
        description = "Python that starts its own interpreter on standard input or on a command-line program and gives it text that it has just decoded"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9041"
        attack = "T1059.006, T1027.013, T1140"
        false_positives = "Launchers and remote-execution tools"
        license = "Apache-2.0"

    strings:
        $child_a = "\x5bsys.executable, \"-\"]"
        $child_b = "\x5bsys.executable, '-']"
        $child_c = "\x5bsys.executable,\"-\"]"
        $child_d = "\x5bsys.executable,'-']"
        $child_e = "\x5bsys.executable, \"-c\", base64."
        $child_g = "\x5bsys.executable, '-c', base64."
        $child_h = "\x5b\"python3\", \"-\"]"
        $child_i = "\x5b'python3', '-']"

    condition:
        // the call that decodes stands in much of Python's code: read in place
        filesize < 1MB and any of them and
        for any i in (0..filesize) : (
            /* b64decode( */ uint32be(i) == 0x62363464 and uint32be(i + 4) == 0x65636f64 and
            uint16be(i + 8) == 0x6528)
}

rule generic_python_sound_payload
{
    meta:
        id = "SW-GENERIC-008"
        title = "Python that decodes the frames of a sound file and runs them"
        family = "generic"
        stage = "1"
        severity = "low"
        confidence = "medium"
        description = "Python that reads the frames of a sound file, decodes base64 and executes text or starts a program"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254"
        attack = "T1027.003, T1059.006"
        false_positives = "Tools that teach or test steganography"
        license = "Apache-2.0"

    strings:
        $frames = "\x2ereadframes("

    condition:
        // calls of much of Python's code, read in place: what decodes, and what then runs
        filesize < 1MB and $frames and
        for any i in (0..filesize) : (
            /* b64decode( */ uint32be(i) == 0x62363464 and uint32be(i + 4) == 0x65636f64 and
            uint16be(i + 8) == 0x6528) and
        for any i in (0..filesize) : (
            (uint32be(i) == 0x65786563 and (uint32be(i + 4) == 0x28636f6d or
                uint32be(i + 4) == 0x28626173)) or
            (/* ess.Popen( */ uint32be(i) == 0x6573732e and uint32be(i + 4) == 0x506f7065 and
                uint16be(i + 8) == 0x6e28) or
            (/* ess.run( */ uint32be(i) == 0x6573732e and uint32be(i + 4) == 0x72756e28) or
            (/* startfile( */ uint32be(i) == 0x73746172 and uint32be(i + 4) == 0x7466696c and
                uint16be(i + 8) == 0x6528))
}

rule generic_shell_fetch_run_delete
{
    meta:
        id = "SW-GENERIC-009"
        title = "A shell script that runs a download and deletes itself"
        family = "generic"
        stage = "0"
        severity = "medium"
        confidence = "medium"
        description = "A shell script that pipes a download into an interpreter and removes its own file afterwards"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9041"
        attack = "T1059.004, T1105, T1070.004"
        false_positives = "Bootstrap scripts that tidy up after themselves"
        license = "Apache-2.0"

    strings:
        $delete_a = "\x72m -f \"$0\""
        $delete_b = "\x72m -f $0"
        $delete_c = "\x72m -- \"$0\""
        $delete_d = "\x72m -rf \"$0\""
        $delete_e = "\x72m \"$0\""
        $delete_f = "\x72m -f -- \"$0\""
        $delete_g = "\x73hred -u \"$0\""

    condition:
        // #!, also behind a blank line, a comment sign or a byte order mark
        filesize < 1MB and any of them and
        (uint16be(0) == 0x2321 or uint16be(1) == 0x2321 or uint16be(2) == 0x2321 or
         uint16be(3) == 0x2321) and
        // curl or wget with a space behind it
        for any i in (2..filesize) : (
            (uint32be(i) == 0x6375726c or uint32be(i) == 0x77676574) and uint8(i + 4) == 0x20) and
        // a bar, at most one space, and python, bash, sudo bash or a shell at the end of the line
        for any i in (2..filesize) : (
            uint8(i) == 0x7c and
            (uint32be(i + 1) == 0x70797468 or uint32be(i + 2) == 0x70797468 or
             uint32be(i + 1) == 0x62617368 or uint32be(i + 2) == 0x62617368 or
             (uint32be(i + 2) == 0x7375646f and uint32be(i + 7) == 0x62617368) or
             (uint16be(i + 2) == 0x7368 and (uint8(i + 4) == 0x0a or uint8(i + 4) == 0x0d))))
}

rule generic_shell_decoded_interpreter
{
    meta:
        id = "SW-GENERIC-010"
        title = "A command that pipes decoded base64 into an interpreter"
        family = "generic"
        stage = "0"
        severity = "low"
        confidence = "low"
        description = "A command line that decodes base64 straight into Python or a shell"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9041"
        attack = "T1059.004, T1027.013, T1140"
        false_positives = "Deployment helpers and documentation of such commands"
        license = "Apache-2.0"

    strings:
        $a = "\x62ase64 -d | python"
        $b = "\x62ase64 -d|python"
        $c = "\x62ase64 --decode | python"
        $d = "\x62ase64 -d \x7c bash"
        $e = "\x62ase64 -d\x7cbash"
        $f = "\x62ase64 --decode \x7c bash"
        $g = "\x62ase64 -d | sh"
        $h = "\x62ase64 -d|sh"
        $i = "\x62ase64 --decode | sh"
        $j = "\x62ase64 -D | python"
        $k = "\x62ase64 -D \x7c bash"

    condition:
        // #!, also behind a blank line, a comment sign or a byte order mark
        filesize < 1MB and any of them and
        (uint16be(0) == 0x2321 or uint16be(1) == 0x2321 or uint16be(2) == 0x2321 or
         uint16be(3) == 0x2321)
}
