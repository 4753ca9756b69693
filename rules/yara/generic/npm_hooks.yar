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
        $hook_install = /\x22install\"\s{0,8}:\s{0,8}\"node (-e|--eval) [^\n]{0,2000}(child_process|Buffer\.from\(|atob\(|eval\(|https?:\/\/|detached)/

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
        $hook_install = /\x22install\"\s{0,8}:\s{0,8}\"[^\"\n]{0,200}((curl|wget) [^\"\n]{1,300}\|\s{0,4}(sudo )?(ba|z|da)?sh|nohup |setsid |curl [^\"\n]{1,300}\| ?(node|python))/

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
        $enable = "\x73ystemctl --user"
        $detach_a = "\x64etached: true"
        $detach_b = "\x64etached:true"
        $detach_c = "\x64etached:!0"

    condition:
        filesize < 8MB and any of ($folder_*) and $enable and any of ($detach_*)
}
