// SPDX-License-Identifier: Apache-2.0
// Strings whose atoms are poor, and one without any: with it nothing can be skipped.
rule atomless_none { strings: $a = /[^\x00-\x08]{3}[^\x10-\xff]{6}[^\x00-\x7f]{3}/ condition: filesize < 60KB and $a }
rule atomless_shape { strings: $a = /[a-z]{4}[0-9]{4}[a-z]{4}[0-9]{2}/ condition: filesize < 20KB and $a }
rule atomless_anchored { strings: $a = /^[A-Z][a-z]{9}\s/ condition: $a }
rule atomless_wide { strings: $a = /[0-9]{3}-[0-9]{3}-[0-9]{4}/ wide condition: filesize < 20KB and $a }
rule atomless_hex { strings: $a = { ?? ?? 5A ?? ?? ?? ?? 5A } condition: filesize < 1KB and $a }
