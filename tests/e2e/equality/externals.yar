// SPDX-License-Identifier: Apache-2.0
// The variables that public rule sets expect. yara(1) gives constants only.
rule ext_filename { condition: filename == "collect.py" }
rule ext_filename_matches { condition: filename matches /^(setup|collect)\.[a-z]{2}$/ }
rule ext_filename_contains { condition: filename icontains "READ" }
rule ext_filepath_contains { condition: filepath contains "/site-pack" }
rule ext_filepath_ends { condition: filepath endswith "/bin" }
rule ext_filepath_has_no_name { condition: filepath endswith filename }
rule ext_extension { condition: extension == ".py" }
rule ext_extension_lower { condition: extension == ".exe" }
rule ext_extension_none { condition: extension == "" }
rule ext_filetype_elf { condition: filetype == "ELF" }
rule ext_filetype_exe { condition: filetype == "EXE" }
rule ext_filetype_zip { condition: filetype == "ZIP" }
rule ext_filetype_none { condition: filetype == "" }
rule ext_owner { condition: owner == "OWNER" }
rule ext_mode_executable { condition: mode & 0o111 != 0 }
rule ext_mode_setuid { condition: mode & 0o4000 != 0 }
rule ext_mode_world_writable { condition: mode & 0o002 != 0 }
rule ext_mode_exact { condition: mode == 0o640 }
rule ext_with_string { strings: $a = "needle" condition: $a and extension == ".txt" and filename != "b.txt" }
rule ext_string_or_name { strings: $a = "needle" condition: $a or filename startswith "setup" }
