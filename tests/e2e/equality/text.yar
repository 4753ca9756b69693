// SPDX-License-Identifier: Apache-2.0
// Text strings with every modifier, alone and together. Each rule stands for
// itself, so that it can also be run without the others.
rule text_plain { strings: $a = "Permission denied" condition: $a }
rule text_nocase { strings: $a = "cOPYRIGHT (c)" nocase condition: $a }
rule text_wide { strings: $a = "wide-needle" wide condition: $a }
rule text_ascii_wide { strings: $a = "both-needle" ascii wide condition: $a }
rule text_wide_nocase { strings: $a = "WiDe-nOcAsE" wide nocase condition: $a }
rule text_ascii_wide_nocase { strings: $a = "AnY-nOcAsE" ascii wide nocase condition: $a }
rule text_fullword { strings: $a = "errno" fullword condition: $a }
rule text_fullword_nocase { strings: $a = "gnu" fullword nocase condition: $a }
rule text_fullword_wide { strings: $a = "lonely" fullword wide ascii condition: $a }
rule text_xor { strings: $a = "xor-needle" xor condition: $a }
rule text_xor_range { strings: $a = "range-needle" xor(0x10-0x2f) condition: $a }
rule text_xor_wide { strings: $a = "widexor" xor wide condition: $a }
rule text_xor_ascii_wide { strings: $a = "anyxor-n" xor(1-255) ascii wide condition: $a }
rule text_xor_fullword { strings: $a = "loneXor" xor fullword condition: $a }
rule text_base64 { strings: $a = "This program cannot" base64 condition: $a }
rule text_base64wide { strings: $a = "base64-needle" base64wide condition: $a }
rule text_base64_both { strings: $a = "base64-needle" base64 base64wide condition: $a }
rule text_base64_alphabet {
    strings:
        $a = "alphabet-needle" base64("!@#$%^&*(){}[].,|ABCDEFGHIJ\x09LMNOPQRSTUVWXYZabcdefghijklmnopqrstu")
    condition:
        $a
}
rule text_base64_short { strings: $a = "abc" base64 condition: filesize < 20KB and $a }
rule text_escapes { strings: $a = "\x7fELF\x02\x01" condition: $a }
rule text_quotes_and_controls { strings: $a = "\"quoted\"\tand\nbroken\\" condition: $a }
rule text_one_byte { strings: $a = "~" condition: filesize < 600 and $a }
rule text_two_bytes { strings: $a = "#!" condition: filesize < 64KB and $a }
rule text_three_bytes { strings: $a = "\x00\x00\x01" condition: filesize < 4KB and $a }
rule text_zeros { strings: $a = "\x00\x00\x00\x00\x00\x00\x00\x00PK" condition: $a }
rule text_common { strings: $a = "GET " $b = "File" condition: filesize < 30KB and any of them }
rule text_private { strings: $a = "License" private $b = "WARRANTY" condition: $a and $b }
rule text_anonymous { strings: $ = "subprocess" $ = "urllib" condition: filesize < 100KB and any of them }
rule text_not_there { strings: $a = "never-to-be-found-anywhere-8412" condition: $a }
rule text_ends { strings: $a = "at-the-very-end" condition: $a at filesize - 15 }
rule text_overlapping { strings: $a = "anana" condition: $a }
rule text_long {
    strings:
        $a = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
    condition:
        $a
}
rule text_tags_and_meta : one two three {
    meta:
        text = "value"
        number = 42
        negative = -7
        sure = true
    strings:
        $a = "mutex"
    condition:
        filesize < 50KB and $a
}
