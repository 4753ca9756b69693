// SPDX-License-Identifier: Apache-2.0
//
// Executable .pth files in general. Python runs each line of a .pth file that
// begins with import; the honest ones set a path or call one function.

rule generic_pth_decode_and_run
{
    meta:
        id = "SW-GENERIC-001"
        title = "A .pth file that decodes and runs code"
        family = "generic"
        stage = "0"
        severity = "medium"
        confidence = "medium"
        description = "A .pth file with a call that executes what it decodes or unpacks: start-up code that is not meant to be read"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "T1546.018"
        attack = "T1546.018, T1059.006, T1027.013, T1140"
        false_positives = "None known among the files that packaging tools write"
        license = "Apache-2.0"

    strings:
        $run_a = "\x65xec(base64."
        $run_b = "\x65xec(\x6264decode("
        $run_c = "\x65xec(__import__('base64')"
        $run_d = "\x65xec(__import__(\"base64\")"
        $run_e = "\x65xec(zlib.decompress("
        $run_f = "\x65xec(__import__('zlib')"
        $run_g = "\x65xec(__import__(\"zlib\")"
        $run_h = "\x65xec(marshal.loads("
        $run_i = "\x65xec(compile(base64."
        $run_j = "\x65xec(compile(zlib."
        $run_k = "\x65xec(codecs.decode("
        $run_l = "\x65xec(bytes.fromhex("
        $run_m = "\x65val(base64."
        $run_n = "\x65val(compile(base64."
        $run_o = "\x65val(zlib.decompress("
        $run_p = "\x65xec(gzip.decompress("
        $run_q = "\x65xec(lzma.decompress("

    condition:
        extension == ".pth" and filesize < 4MB and any of them
}

rule generic_pth_starts_process
{
    meta:
        id = "SW-GENERIC-002"
        title = "A .pth file that starts a program"
        family = "generic"
        stage = "0"
        severity = "medium"
        confidence = "medium"
        description = "A .pth file whose first line is code and that starts another program, or fetches and executes text, at every start of Python"
        author = "The sweeper authors"
        date = "2026-11-21"
        references = "T1546.018"
        attack = "T1546.018, T1059.006"
        false_positives = "Development tools that start a helper from a .pth file"
        license = "Apache-2.0"

    condition:
        // "impo", also behind a blank line
        extension == ".pth" and filesize < 256KB and
        (uint32be(0) == 0x696d706f or uint32be(1) == 0x696d706f or uint32be(2) == 0x696d706f) and
        // calls of much of Python's code, read in place
        for any i in (0..filesize) : (
            (uint32be(i) == 0x6573732e and (  // of subprocess: Popen, run, call, check_output
                (/* Popen( */ uint32be(i + 4) == 0x506f7065 and uint16be(i + 8) == 0x6e28) or
                (/* run( */ uint32be(i + 4) == 0x72756e28) or
                (/* call( */ uint32be(i + 4) == 0x63616c6c and uint8(i + 8) == 0x28) or
                (/* check_ */ uint32be(i + 4) == 0x63686563 and uint16be(i + 8) == 0x6b5f))) or
            (uint16be(i) == 0x6f73 and uint8(i + 2) == 0x2e and (  // of os: system, popen, spawn
                (/* system( */ uint32be(i + 3) == 0x73797374 and uint16be(i + 7) == 0x656d and
                    uint8(i + 9) == 0x28) or
                (/* popen( */ uint32be(i + 3) == 0x706f7065 and uint16be(i + 7) == 0x6e28) or
                (/* spawn */ uint32be(i + 3) == 0x73706177 and uint8(i + 7) == 0x6e))) or
            (uint32be(i) == 0x65786563 and (  // what the network answers, executed
                (/* (urllib. */ uint32be(i + 4) == 0x2875726c and uint32be(i + 8) == 0x6c69622e) or
                (/* (request */ uint32be(i + 4) == 0x28726571 and uint32be(i + 8) == 0x75657374))))
}
