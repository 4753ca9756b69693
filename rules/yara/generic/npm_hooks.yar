// SPDX-License-Identifier: Apache-2.0
//
// Install hooks of npm packages that do more than build: a program on the command
// line that fetches, decodes or detaches, and a download piped into a shell.

rule generic_npm_hook_inline_program
{
    meta:
        id = "SW-GENERIC-003"
        title = "An npm install hook with a program on its command line"
        family = "generic"
        stage = "0"
        severity = "medium"
        confidence = "medium"
        description = "A preinstall, install or postinstall hook whose inline program starts another process, asks the network or decodes text"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9041"
        attack = "T1195.002, T1059.007"
        false_positives = "Packages that ask a server for a prebuilt file from an inline program"
        license = "Apache-2.0"

    strings:
        $hook_pre = /\x22preinstall\"\s{0,8}:\s{0,8}\"node (-e|--eval) [^\n]{0,2000}(child_process|Buffer\.from\(|atob\(|eval\(|https?:\/\/|detached)/
        $hook_post = /\x22postinstall\"\s{0,8}:\s{0,8}\"node (-e|--eval) [^\n]{0,2000}(child_process|Buffer\.from\(|atob\(|eval\(|https?:\/\/|detached)/
        // install is a word of many lists: with the spaces that npm and people put
        $hook_install_a = /\x22install\":\"node (-e|--eval) [^\n]{0,2000}(child_process|Buffer\.from\(|atob\(|eval\(|https?:\/\/|detached)/
        $hook_install_b = /\x22install\": \"node (-e|--eval) [^\n]{0,2000}(child_process|Buffer\.from\(|atob\(|eval\(|https?:\/\/|detached)/
        $hook_install_c = /\x22install\" : \"node (-e|--eval) [^\n]{0,2000}(child_process|Buffer\.from\(|atob\(|eval\(|https?:\/\/|detached)/

    condition:
        filesize < 1MB and any of them
}

rule generic_npm_hook_download
{
    meta:
        id = "SW-GENERIC-004"
        title = "An npm install hook that runs a download"
        family = "generic"
        stage = "0"
        severity = "medium"
        confidence = "medium"
        description = "A preinstall, install or postinstall hook that pipes a download into an interpreter or starts a program in the background"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9041"
        attack = "T1195.002, T1059.004, T1105"
        false_positives = "Internal packages that bootstrap a tool chain this way"
        license = "Apache-2.0"

    strings:
        $hook_pre = /\x22preinstall\"\s{0,8}:\s{0,8}\"[^\"\n]{0,200}((curl|wget) [^\"\n]{1,300}\|\s{0,4}(sudo )?(ba|z|da)?sh|nohup |setsid |curl [^\"\n]{1,300}\| ?(node|python))/
        $hook_post = /\x22postinstall\"\s{0,8}:\s{0,8}\"[^\"\n]{0,200}((curl|wget) [^\"\n]{1,300}\|\s{0,4}(sudo )?(ba|z|da)?sh|nohup |setsid |curl [^\"\n]{1,300}\| ?(node|python))/
        // install is a word of many lists: with the spaces that npm and people put
        $hook_install_a = /\x22install\":\"[^\"\n]{0,200}((curl|wget) [^\"\n]{1,300}\|\s{0,4}(sudo )?(ba|z|da)?sh|nohup |setsid |curl [^\"\n]{1,300}\| ?(node|python))/
        $hook_install_b = /\x22install\": \"[^\"\n]{0,200}((curl|wget) [^\"\n]{1,300}\|\s{0,4}(sudo )?(ba|z|da)?sh|nohup |setsid |curl [^\"\n]{1,300}\| ?(node|python))/
        $hook_install_c = /\x22install\" : \"[^\"\n]{0,200}((curl|wget) [^\"\n]{1,300}\|\s{0,4}(sudo )?(ba|z|da)?sh|nohup |setsid |curl [^\"\n]{1,300}\| ?(node|python))/

    condition:
        filesize < 1MB and any of them
}

rule generic_js_installs_user_unit
{
    meta:
        id = "SW-GENERIC-005"
        title = "JavaScript that installs a systemd user unit and detaches"
        family = "generic"
        stage = "0"
        severity = "low"
        confidence = "low"
        description = "JavaScript that writes a user unit, enables it and starts a process that outlives it: how a package leaves a poller behind without root"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "S9042"
        attack = "T1543.002, T1059.007, T1195.002"
        false_positives = "Process managers and desktop tools that offer to start at log-in"
        license = "Apache-2.0"

    strings:
        $folder_a = "\x2econfig/systemd/user"
        $folder_b = "\x27systemd', 'user'"
        $folder_c = "\x22systemd\", \"user\""

    condition:
        // words of many programs, read in place: user units, and the detached child
        filesize < 4MB and any of ($folder_*) and
        for any i in (0..filesize) : (
            /* systemctl --user */ uint32be(i) == 0x73797374 and
            uint32be(i + 4) == 0x656d6374 and uint32be(i + 8) == 0x6c202d2d and
            uint32be(i + 12) == 0x75736572) and
        for any i in (0..filesize) : (
            /* detached: */ uint32be(i) == 0x64657461 and uint32be(i + 4) == 0x63686564 and
                uint8(i + 8) == 0x3a and
            (uint8(i + 9) == 0x21 or uint8(i + 9) == 0x74 or uint8(i + 10) == 0x74))
}
