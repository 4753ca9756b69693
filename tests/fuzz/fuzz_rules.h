/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_rules.h - the fixed rules of the target that scans: every kind of string,
 * short enough to be met by chance, and conditions that no string decides. */
#ifndef SWEEPER_TESTS_FUZZ_RULES_H
#define SWEEPER_TESTS_FUZZ_RULES_H

static const char fuzz_rules[] =
    "import \"math\" import \"hash\"\n"
    "private rule is_elf { condition: uint32(0) == 0x464c457f }\n"
    "rule r_text { strings: $a = \"canary\" $b = \"loader\" condition: any of them }\n"
    "rule r_nocase { strings: $a = \"Sweep\" nocase condition: $a }\n"
    "rule r_wide { strings: $a = \"wider\" wide ascii condition: $a }\n"
    "rule r_fullword { strings: $a = \"whole\" fullword condition: $a }\n"
    "rule r_xored { strings: $a = \"xor-key\" xor condition: $a }\n"
    "rule r_based { strings: $a = \"encoded-text\" base64 base64wide condition: $a }\n"
    "rule r_hex { strings: $a = { 7F 45 ?? 46 0? F1 } condition: $a }\n"
    "rule r_jump { strings: $a = { 47 43 43 3A [1-8] ( 47 | 44 ) } condition: $a }\n"
    "rule r_chain { strings: $a = { 2E 74 65 78 [0-400] 2E 64 61 74 } condition: $a }\n"
    "rule r_regex { strings: $a = /lib[a-z]{2,8}\\.so\\.[0-9]+/ condition: #a > 1 }\n"
    "rule r_greedy { strings: $a = /http?:\\/\\/[^ \\n]{1,40}/ condition: $a }\n"
    "rule r_wordy { strings: $a = /\\bfoo(bar|baz)?\\b/i wide ascii condition: $a }\n"
    "rule r_anchored { strings: $a = /^#!.{1,40}/ condition: $a at 0 }\n"
    "rule r_absent { strings: $a = \"zqxjkv\" condition: not $a and filesize < 200 }\n"
    "rule r_counted { strings: $a = \"then\" condition: #a in (0..500) > 2 }\n"
    "rule r_looped { strings: $a = \"\\x00GNU\" condition: for any i in (1..#a) : (@a[i] % 4 == 0) "
    "}\n"
    "rule r_some { strings: $x1 = \"alloc\" $x2 = \"free\" $x3 = \"open\" condition: 2 of ($x*) }\n"
    "rule r_depends { condition: is_elf and not r_text }\n"
    "rule r_head { condition: uint16(0) == 0x5A4D or uint16be(0) == 0x2321 }\n"
    "rule r_tail { condition: uint8(filesize - 1) == 0x0a and uint32(filesize - 4) != 0 }\n"
    "rule r_edge { condition: uint32(1048574) != 0 }\n"
    "rule r_entropy { condition: math.entropy(0, filesize) > 4.5 }\n"
    "rule r_hashed { condition: hash.crc32(0, filesize) % 3 == 0 }\n"
    "rule r_entry { condition: entrypoint < 0x2000 }\n"
    "rule r_typed { condition: filetype == \"ELF\" or filetype == \"UNIX SCRIPT\" }\n";

#endif
