// SPDX-License-Identifier: Apache-2.0
// What conditions can say, with strings and without.
include "shared/parts.yar"

rule cond_not { strings: $a = "the" condition: not $a and filesize > 0 }
rule cond_not_count { strings: $a = "import" condition: not #a > 0 and uint16be(0) == 0x2321 }
rule cond_all { strings: $a = "define" $b = "include" $c = "ifndef" condition: all of them }
rule cond_two_of { strings: $a = "socket" $b = "connect" $c = "listen" condition: filesize < 100KB and 2 of them }
rule cond_set_wildcard { strings: $x1 = "read(" $x2 = "write(" $y = "close(" condition: filesize < 60KB and any of ($x*) and not $y }
rule cond_set_list { strings: $a = "usage" $b = "Usage" $c = "USAGE" condition: filesize < 60KB and (2 of ($a, $b) or $c) }
rule cond_percent { strings: $a = "January" $b = "February" $c = "March" $d = "April" condition: 50% of them }
rule cond_none { strings: $a = "zlib" $b = "inflate" condition: none of them and uint32be(0) == 0x7f454c46 }
rule cond_of_in { strings: $a = "GNU" $b = "BSD" condition: any of them in (0..600) }
rule cond_at_zero { strings: $a = "#!/usr/bin" condition: $a at 0 }
rule cond_at_expression { strings: $a = "ELF" condition: $a at 3 - 2 }
rule cond_in { strings: $a = "Copyright" condition: $a in (0..300) }
rule cond_in_tail { strings: $a = "\n" condition: filesize > 10 and filesize < 2KB and $a in (filesize - 10..filesize) }
rule cond_count { strings: $a = "struct" condition: filesize < 200KB and #a >= 20 }
rule cond_count_exact { strings: $a = "return" condition: #a == 7 }
rule cond_count_in { strings: $a = "/*" condition: #a in (0..1000) >= 3 and filesize < 100KB }
rule cond_offset { strings: $a = "begin" $b = "end" condition: filesize < 30KB and @a < @b }
rule cond_offset_index { strings: $a = "static" condition: @a[2] - @a[1] < 200 and filesize < 60KB }
rule cond_length { strings: $a = /fo+bar/ condition: !a >= 6 }
rule cond_length_index { strings: $a = /va+lue/ condition: for any i in (1..#a) : (!a[i] > 6) }
rule cond_for_all { strings: $a = "warn" condition: #a > 0 and #a < 50 and for all i in (1..#a) : (@a[i] > 100) and filesize < 60KB }
rule cond_for_of { strings: $a = "alpha" $b = "omega" condition: for any of them : ($ in (0..5000)) }
rule cond_for_of_count { strings: $a = "true" $b = "false" condition: filesize < 60KB and for all of them : (# > 3) }
rule cond_for_of_offset { strings: $a = "Name" $b = "Version" condition: filesize < 60KB and for all of ($a, $b) : (@ < 200) }
rule cond_for_range { condition: for all i in (0..3) : (uint8(i) >= 0x20 and uint8(i) < 0x7f) and filesize < 500 }
rule cond_for_list { condition: for any i in (0, 257, 1024) : (uint32be(i) == 0x75737461) }
rule cond_for_number { condition: filesize > 8 and for 2 i in (0..6) : (uint8(i) == 0x0a) }
rule cond_for_nested { strings: $a = "{" $b = "}" condition: filesize < 300 and for any i in (1..#a) : (for any j in (1..#b) : (@b[j] - @a[i] == 2)) }
rule cond_filesize { condition: filesize == 1024 or filesize == 4096 }
rule cond_filesize_units { condition: filesize >= 1MB and filesize < 2MB }
rule cond_empty { condition: filesize == 0 }
rule cond_integers { condition: uint16(0) == 0x5a4d or uint16be(0) == 0x1f8b or int32be(0) == -889275714 }
rule cond_integers_signed { condition: int8(0) < 0 and int16(0) < 0 and int32(0) < 0 }
rule cond_integer_beyond { condition: not defined uint32(filesize - 2) and filesize > 4 and filesize < 40 }
rule cond_arithmetic { condition: filesize % 512 == 0 and filesize \ 512 > 3 and (filesize * 2 + 1) - 1 == filesize << 1 }
rule cond_bits { condition: (uint8(0) & 0x0f) == 0x0f and (uint8(0) | 0x70) == 0x7f and (uint8(1) ^ 0x45) == 0 and ~uint8(0) < 0 and filesize >> 3 > 1 }
rule cond_octal { condition: uint8(0) == 0o043 and filesize < 1KB }
rule cond_boolean { condition: true and not false and filesize == 37 }
rule cond_float { condition: filesize * 1.5 > 1500.5 and filesize * 1.5 < 1530.5 }
rule cond_text_operators {
    condition:
        "abcdef" contains "cde" and "ABCdef" icontains "bcD" and "abc" startswith "ab" and
        "ABC" istartswith "ab" and "abc" endswith "bc" and "ABC" iendswith "bc" and
        "ABC" iequals "abc" and "foobar" matches /^fo+b/ and filesize < 30
}
rule cond_defined { strings: $a = "DOCTYPE" condition: defined @a and filesize < 100KB }
rule cond_undefined { strings: $a = "DOCTYPE" condition: not defined @a[2] and #a == 1 and filesize < 100KB }
rule cond_rule_reference { condition: part_public and filesize < 100KB }
rule cond_private_reference { strings: $a = "bin" condition: part_private and $a in (0..40) }
rule cond_rule_set { condition: any of (part_*) and filesize < 1KB }
rule cond_rule_set_count { condition: 2 of (part_one, part_two, part_public) }
private rule cond_hidden { strings: $a = "hidden" condition: $a }
rule cond_uses_hidden { condition: cond_hidden and filesize < 10KB }
