/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - `sweeper report`: what can be made of reports that sweeps have
 * written (formats jsonl and json, schema 1.x).
 *
 *   --timeline  a body file, version 3.x, of the times of all findings, for
 *               mactime(1) of the Sleuth Kit
 *   --verify    whether a report is whole and as it was written
 *
 * A report may be as large as it likes: it is read line by line. It is not
 * believed: what is no report of ours is refused by file and line.
 *
 * Runs in:  supervisor.
 * Fails:    as an exit code: 0; 1 when a report is not whole or is not as it was
 *           written; 2 when one cannot be read, or the timeline cannot be written.
 */
#ifndef SWEEPER_REPORT_H
#define SWEEPER_REPORT_H

#include "sweeper/options.h"

enum sw_exit sw_report(const struct sw_options *options);

#endif
