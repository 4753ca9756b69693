// SPDX-License-Identifier: Apache-2.0
//
// telnyx/_client.py 4.87.1 and 4.87.2: strings in base64, payloads in the frames
// of a sound file. Softphones use the names of the sound files too.

rule telnyx_client_literals
{
    meta:
        id = "SW-TELNYX-001"
        title = "Telnyx backdoor: encoded names in _client.py"
        family = "telnyx"
        stage = "0"
        severity = "critical"
        confidence = "high"
        description = "Three or more of the backdoor's encoded names: the start-up folder, the program dropped there, its lock, and the address of the sound file"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254"
        attack = "T1195.002, T1027.013, T1547.001"
        false_positives = "Indicator lists that hold the encoded strings"
        license = "Apache-2.0"

    strings:
        $startup = "\x54Wljcm9zb2Z0XFdpbmRvd3NcU3RhcnQgTWVudVxQcm9ncmFtc1xTdGFydHVw" ascii wide
        $program = "\x62XNidWlsZC5leGU=" ascii wide
        $address = "\x61HR0cDovLzgzLjE0Mi4yMDkuMjAzOjgwODAvaGFuZ3VwLndhdg==" ascii wide
        $lock = "\x27LmxvY2s='" ascii wide
        $lock_b = "\x22LmxvY2s=\""
        $folder = "\x51VBQREFUQQ=="
        $agent = "\x54W96aWxsYS81LjA="

    condition:
        filesize < 8MB and any of ($startup, $address) and 3 of them
}

rule telnyx_fetch_audio
{
    meta:
        id = "SW-TELNYX-002"
        title = "Telnyx backdoor: payload in a sound file"
        family = "telnyx"
        stage = "0"
        severity = "critical"
        confidence = "medium"
        description = "The backdoor's function that fetches a sound file, beside the reading of its frames, the decoding, or the encoded start-up names"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254"
        attack = "T1027.003, T1105, T1140"
        false_positives = "A sound library with a function of the same name that decodes base64 frames"
        license = "Apache-2.0"

    strings:
        $fetch = "\x64ef FetchAudio("
        $call = "\x46etchAudio()"

    condition:
        // calls of much of Python's code, read in place: the other function, the frames of a
        // sound, the decoding
        filesize < 2MB and any of them and
        for any i in (0..filesize) : (
            /* etup() */ uint32be(i) == 0x65747570 and uint16be(i + 4) == 0x2829) and
        for any i in (0..filesize) : (
            (/* readframes( */ uint32be(i) == 0x72656164 and uint32be(i + 4) == 0x6672616d and
            uint16be(i + 8) == 0x6573 and uint8(i + 10) == 0x28) or
            (/* getnframes( */ uint32be(i) == 0x6765746e and uint32be(i + 4) == 0x6672616d and
            uint16be(i + 8) == 0x6573 and uint8(i + 10) == 0x28)) and
        for any i in (0..filesize) : (
            /* b64decode( */ uint32be(i) == 0x62363464 and uint32be(i + 4) == 0x65636f64 and
            uint16be(i + 8) == 0x6528)
}

rule telnyx_orchestrator
{
    meta:
        id = "SW-TELNYX-003"
        title = "Telnyx backdoor: orchestrator"
        family = "telnyx"
        stage = "1"
        severity = "critical"
        confidence = "high"
        description = "The decoded orchestrator: its function that reads a sound file, the variable with the address, and the names of the bundle or of the temporary file"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254, S9041"
        attack = "T1059.006, T1027.003, T1560.001, T1041"
        false_positives = "Write-ups that print the orchestrator whole"
        license = "Apache-2.0"

    strings:
        $function = "\x61udioimport" ascii wide
        $variable = "\x57AV_URL" ascii wide
        $temporary = "\x74emp.wav"
        $part_key = /\x73ession\.key\.enc[\"' \r\n,;)]/ ascii wide
        $part_payload = /\x70ayload\.enc[\"' \r\n,;)]/ ascii wide
        $part_bundle = "\x74pcp.tar.gz" ascii wide

    condition:
        filesize < 2MB and $function and ($variable or $temporary) and
        (any of ($part_*) or
         // the frames of a sound, read in place
         for any i in (0..filesize) : (
             /* .readframes( */ uint32be(i) == 0x2e726561 and uint32be(i + 4) == 0x64667261 and
             uint32be(i + 8) == 0x6d657328))
}

rule telnyx_c2_sound
{
    meta:
        id = "SW-TELNYX-004"
        title = "Telnyx backdoor: address of the sound files"
        family = "telnyx"
        stage = "0, 1"
        severity = "high"
        confidence = "high"
        description = "One of the backdoor's two sound files as a full address, in code that reads frames or that keeps it in the orchestrator's variable"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "MAL-2026-2254"
        attack = "T1105, T1027.003, T1071.001"
        false_positives = "Detection tools that hold the address beside code for sound files"
        license = "Apache-2.0"

    strings:
        $unix = "\x68ttp://83.142.209.203:8080/ringtone.wav"
        $windows = "\x68ttp://83.142.209.203:8080/\x68angup.wav"
        $variable = "\x57AV_URL"

    condition:
        filesize < 2MB and any of ($unix, $windows) and
        ($variable or
         // calls of every program for sounds, read in place
         for any i in (0..filesize) : (
            (/* readframes( */ uint32be(i) == 0x72656164 and uint32be(i + 4) == 0x6672616d and
                uint16be(i + 8) == 0x6573 and uint8(i + 10) == 0x28) or
            (/* getnframes( */ uint32be(i) == 0x6765746e and uint32be(i + 4) == 0x6672616d and
                uint16be(i + 8) == 0x6573 and uint8(i + 10) == 0x28) or
            (/* wave.open( */ uint32be(i) == 0x77617665 and uint32be(i + 4) == 0x2e6f7065 and
                uint16be(i + 8) == 0x6e28)))
}
