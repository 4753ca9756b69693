/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yara_version.h - where libyara 4.2, 4.3, 4.4 and 4.5 differ in what this
 * program reads of their compiled rules. The one place that asks for a version;
 * docs/decisions/0008-libyara-versions.md says what was compared.
 *
 * Compiled rules never come from elsewhere, so the headers that this program is
 * built with describe what it reads, as long as the library that is loaded is
 * of their version. Since 4.3 all share one soname, with other layouts:
 * sw_yara_is_ours() tells them apart.
 *
 * Threads:  any; no state.
 */
#ifndef SWEEPER_ENGINE_RULE_YARA_VERSION_H
#define SWEEPER_ENGINE_RULE_YARA_VERSION_H

#include <stdbool.h>
#include <yara.h>
#include <yara/exec.h>
#include <yara/re.h>

#define SW_YARA_AT_LEAST(minor)                                                                    \
    (YR_MAJOR_VERSION > 4 || (YR_MAJOR_VERSION == 4 && YR_MINOR_VERSION >= (minor)))

/* The code of conditions is that of a version which was read and tried. Of any
 * other nothing is concluded: all rules are evaluated on every object. */
#define SW_YARA_OPCODES_KNOWN (SW_YARA_AT_LEAST(2) && !SW_YARA_AT_LEAST(6))

/* Whether "$a at x" is undefined where x is; false before. */
#define SW_YARA_AT_UNDEFINED SW_YARA_AT_LEAST(3)

/* Opcodes that came with 4.3, as numbers that older code never holds. */
#if !SW_YARA_AT_LEAST(3)
#define OP_ITER_END                  230
#define OP_OF_FOUND_AT               231
#define RE_OPCODE_NOT_LITERAL        0xAE
#define RE_OPCODE_MASKED_NOT_LITERAL 0xAF
#endif

/* Whether the library that compiled these rules has the layout of the headers
 * that this program was built with. */
bool sw_yara_is_ours(YR_RULES *rules);

#endif
