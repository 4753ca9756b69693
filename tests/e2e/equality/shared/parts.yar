// SPDX-License-Identifier: Apache-2.0
// Included by conditions.yar.
rule part_public { strings: $a = "#!/" condition: $a at 0 }
private rule part_private { condition: uint16be(0) == 0x2321 }
rule part_one { strings: $a = "perl" condition: $a in (0..60) }
rule part_two { strings: $a = "python" condition: $a in (0..60) }
