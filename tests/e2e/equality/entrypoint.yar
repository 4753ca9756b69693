// SPDX-License-Identifier: Apache-2.0
// The old keyword that libyara computes only while it searches strings.
rule entry_known { condition: entrypoint >= 0 }
rule entry_low { condition: entrypoint < 0x2000 }
rule entry_byte { condition: uint8(entrypoint) == 0x31 or uint8(entrypoint) == 0xc3 }
rule entry_string { strings: $a = { 31 ED 49 89 D1 } condition: $a at entrypoint }
rule entry_near { strings: $a = { 48 83 E4 F0 } condition: $a in (entrypoint..entrypoint + 40) }
rule entry_pe { strings: $a = { C3 00 00 } condition: $a at entrypoint and uint16(0) == 0x5a4d }
rule entry_unknown { condition: not defined entrypoint }
