// SPDX-License-Identifier: Apache-2.0
// Modules: pe, elf, hash, math, magic.
import "pe"
import "elf"
import "hash"
import "math"
import "magic"

rule pe_is { condition: pe.is_pe }
rule pe_machine { condition: pe.machine == pe.MACHINE_AMD64 or pe.machine == pe.MACHINE_I386 }
rule pe_sections { condition: for any section in pe.sections : (section.name == ".text" and section.raw_data_size > 0) }
rule pe_section_index { condition: pe.number_of_sections > 0 and pe.sections[0].virtual_address == 0x1000 }
rule pe_entry { condition: pe.is_pe and pe.entry_point >= 0 and pe.entry_point_raw == 0x1000 }
rule pe_section_function { condition: pe.section_index(".data") == 1 }
rule pe_flags { condition: pe.characteristics & pe.EXECUTABLE_IMAGE != 0 and pe.subsystem == pe.SUBSYSTEM_WINDOWS_CUI }
rule pe_imports { condition: pe.imports("kernel32.dll") or pe.number_of_imports == 0 }
rule pe_not { strings: $a = "MZ" condition: $a at 0 and not pe.is_pe }
rule elf_type { condition: elf.type == elf.ET_DYN }
rule elf_relocatable { condition: elf.type == elf.ET_REL }
rule elf_machine { condition: elf.machine == elf.EM_X86_64 and elf.number_of_sections > 25 }
rule elf_section { condition: for any section in elf.sections : (section.name == ".init_array" and section.size > 8) }
rule elf_segment { condition: for any segment in elf.segments : (segment.type == elf.PT_INTERP) }
rule elf_symbols { condition: elf.dynsym_entries > 100 and for any symbol in elf.dynsym : (symbol.name == "malloc") }
rule elf_dynamic { condition: for any item in elf.dynamic : (item.type == elf.DT_NEEDED) and elf.number_of_segments > 8 }
rule elf_with_string { strings: $a = "libc.so.6" condition: elf.type == elf.ET_DYN and $a }
rule elf_entry { condition: elf.entry_point > 0x1000 and elf.entry_point < 0x4000 }
rule hash_whole { condition: hash.md5(0, filesize) == "d41d8cd98f00b204e9800998ecf8427e" or hash.sha256(0, filesize) == "43128d3212d6561bd0f35c453228739334df6e0589659618596b10382aea3786" }
rule hash_part { condition: filesize > 16 and hash.sha1(0, 4) == "d47cbc8e977ffc6f492483716f00534153677778" }
rule hash_checksum { condition: filesize > 0 and hash.checksum32(0, filesize) % 16 == 3 and hash.crc32(0, filesize) % 4 == 1 }
rule hash_of_string { condition: hash.md5("abc") == "900150983cd24fb0d6963f7d28e17f72" and filesize < 50 }
rule math_entropy { condition: filesize > 100 and math.entropy(0, filesize) > 7.5 }
rule math_mean { condition: filesize > 0 and math.in_range(math.mean(0, filesize), 80.0, 90.0) }
rule math_deviation { condition: filesize > 100 and math.deviation(0, filesize, math.MEAN_BYTES) < 30.0 }
rule math_serial { condition: filesize > 100 and math.serial_correlation(0, filesize) > 0.6 }
rule math_monte_carlo { condition: filesize > 1000 and math.monte_carlo_pi(0, filesize) < 0.05 }
rule math_functions { condition: math.max(filesize, 100) == 100 and math.min(filesize, 10) == 10 and math.abs(-3) == 3 }
rule math_count { condition: filesize > 0 and math.count(0x0a, 0, filesize) == 5 and math.percentage(0x20) > 0.05 }
rule math_mode { condition: filesize > 10 and math.mode() == 0x20 }
rule math_to_number { condition: math.to_number(filesize > 100) == 1 and filesize < 120 }
rule math_entropy_text { condition: math.entropy("aaaa") == 0.0 and filesize < 20 }
rule magic_type { condition: magic.type() contains "Python script" }
rule magic_mime { condition: magic.mime_type() == "application/gzip" or magic.mime_type() == "image/png" }
rule magic_with_string { strings: $a = "function" condition: magic.mime_type() startswith "text/" and #a > 2 and filesize < 60KB }
