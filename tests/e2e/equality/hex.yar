// SPDX-License-Identifier: Apache-2.0
// Hex strings: wildcards, nibbles, jumps of all kinds, alternatives.
rule hex_plain { strings: $a = { 7F 45 4C 46 02 01 01 00 } condition: $a }
rule hex_wildcard { strings: $a = { 7F 45 4C 46 ?? ?? 01 } condition: $a }
rule hex_nibbles { strings: $a = { 4? 5A 9? 0? } condition: $a }
rule hex_leading_nibble { strings: $a = { ?D 5A 90 00 } condition: $a }
rule hex_jump_fixed { strings: $a = { 50 4B 03 04 [4] 08 00 } condition: $a }
rule hex_jump_range { strings: $a = { 89 50 4E 47 [4-12] 49 48 44 52 } condition: $a }
rule hex_jump_zero { strings: $a = { 6A 75 6D 70 [0-6] 7A 65 72 6F } condition: $a }
rule hex_jump_open { strings: $a = { 62 65 67 69 6E 2D 78 [20-] 65 6E 64 2D 78 } condition: $a }
rule hex_jump_any { strings: $a = { 73 74 61 72 74 2D 79 [-] 65 6E 64 2D 79 } condition: $a }
rule hex_jump_long { strings: $a = { 63 68 61 69 6E 31 [200-400] 63 68 61 69 6E 32 } condition: $a }
rule hex_jump_chain {
    strings: $a = { 6C 69 6E 6B 31 [250-300] 6C 69 6E 6B 32 [250-300] 6C 69 6E 6B 33 } condition: $a
}
rule hex_alternatives { strings: $a = { 61 6C 74 2D ( 6F 6E 65 | 74 77 6F | 74 68 72 65 65 ) 2D } condition: $a }
rule hex_alternatives_first { strings: $a = { ( 66 69 72 73 74 | 6C 61 73 74 ) 2D 61 6C 74 } condition: $a }
rule hex_alternatives_nested { strings: $a = { 6E 65 73 74 ( 41 ( 42 | 43 ?? ) | 4? 45 ) 21 } condition: $a }
rule hex_alternatives_wild { strings: $a = { 77 69 6C 64 ( ?? 31 | 32 [2] 33 ) 2E } condition: $a }
rule hex_low_quality { strings: $a = { 00 00 00 00 00 00 06 } condition: filesize < 3KB and $a }
rule hex_masked_middle { strings: $a = { 6D 61 73 ?B 65 64 2D 6D ?? 64 64 6C 65 } condition: $a }
rule hex_utf16 { strings: $a = { 4D 00 69 00 63 00 72 00 6F 00 } condition: $a }
rule hex_private { strings: $a = { 47 43 43 3A 20 28 } private $b = { 2E 73 68 73 74 72 } condition: all of them }
rule hex_comment { strings: $a = { 7F /* magic */ 45 4C // and more
                                   46 02 } condition: $a at 0 }
