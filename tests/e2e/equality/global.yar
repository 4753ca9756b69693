// SPDX-License-Identifier: Apache-2.0
// Global rules hold for the rules of their own file, and for no others.
global private rule global_small { condition: filesize < 5KB }
global rule global_text { strings: $a = "a" condition: #a > 10 }
rule global_gated { strings: $a = "configure" condition: $a }
rule global_gated_too { strings: $a = "install" condition: #a > 2 }
