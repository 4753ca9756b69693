// SPDX-License-Identifier: Apache-2.0
// Regular expressions from which libyara takes atoms.
rule regex_literal { strings: $a = /Segmentation fault/ condition: $a }
rule regex_nocase { strings: $a = /no such file or directory/i condition: $a }
rule regex_nocase_modifier { strings: $a = /NO SUCH device/ nocase condition: $a }
rule regex_dot { strings: $a = /re-dot.{1,9}end/ condition: $a }
rule regex_dot_all { strings: $a = /re-all.{1,9}end/s condition: $a }
rule regex_wide { strings: $a = /wide-re[gx]{2,3}/ wide condition: $a }
rule regex_ascii_wide_nocase { strings: $a = /both-re[gx]+ needle/ ascii wide nocase condition: $a }
rule regex_fullword { strings: $a = /std(in|out|err)/ fullword condition: filesize < 200KB and $a }
rule regex_start { strings: $a = /^#!\/bin\/(ba)?sh/ condition: $a }
rule regex_end { strings: $a = /the-last-words$/ condition: $a }
rule regex_classes { strings: $a = /version\s\d+\.\d+[^\w.]/ condition: $a }
rule regex_negated_classes { strings: $a = /class-\D\W\S-end/ condition: $a }
rule regex_repeats { strings: $a = /ab{2,4}c?d+e*fgh/ condition: $a }
rule regex_lazy { strings: $a = /lazy<.{0,30}?>/ condition: $a }
rule regex_greedy { strings: $a = /greedy<.{0,30}>/ condition: $a }
rule regex_alternation { strings: $a = /(alpha|beta|gamma)-decay/ condition: $a }
rule regex_alternation_uneven { strings: $a = /x(y?|yyy|zz)-uneven/ condition: $a }
rule regex_word_boundary { strings: $a = /\bmalloc\b/ condition: filesize < 300KB and $a }
rule regex_not_boundary { strings: $a = /\Bunbound\B/ condition: $a }
rule regex_hex { strings: $a = /\x7f\x45LF[\x01\x02]/ condition: $a }
rule regex_url { strings: $a = /https?:\/\/[a-z0-9.\-]{3,40}\.org\/[a-z]{1,12}/ condition: filesize < 40KB and $a }
rule regex_address { strings: $a = /127\.(\d{1,3}\.){2}\d{1,3}/ condition: $a }
rule regex_star_between { strings: $a = /open-re.*close-re/ condition: $a }
rule regex_long_gap { strings: $a = /gap-one.{300,400}gap-two/s condition: $a }
rule regex_optional_head { strings: $a = /(maybe-)?certainly-here/ condition: $a }
rule regex_base64_line { strings: $a = /[A-Za-z0-9+\/]{60,64}==\n/ condition: filesize < 200KB and $a }
rule regex_private { strings: $a = /GNU .{0,20}Lesser/ private $b = /Foundation/ condition: $a and $b }
