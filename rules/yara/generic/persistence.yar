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
        $service = "\x5bService]"
        $again = "\x52estart=always"

    condition:
        filesize < 64KB and any of ($run_*) and $service and $again
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
        $decode = "\x6264decode("

    condition:
        filesize < 1MB and any of ($child_*) and $decode
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
        $decode = "\x6264decode("
        $run_a = "\x65xec(compile("
        $run_b = "\x73ubprocess.Popen("
        $run_c = "\x73ubprocess.run("
        $run_d = "\x6fs.startfile("
        $run_e = "\x65xec(base64."

    condition:
        filesize < 1MB and $frames and $decode and any of ($run_*)
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
        $pipe_a = "\x7c python3 -"
        $pipe_b = "\x7cpython3 -"
        $pipe_c = "\x7c python -"
        $pipe_d = "\x7c bash"
        $pipe_e = "\x7cbash"
        $pipe_f = "\x7c sudo bash"
        $pipe_g = "\x7c sh\n"
        $pipe_h = "\x7c python3\n"
        $fetch_a = "\x63url -"
        $fetch_b = "\x77get -"
        $fetch_c = "\x63url \"http"
        $fetch_d = "\x63url http"

    condition:
        filesize < 1MB and uint16be(0) == 0x2321 and any of ($delete_*) and any of ($pipe_*) and any of ($fetch_*)
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
        filesize < 1MB and uint16be(0) == 0x2321 and any of them
}
