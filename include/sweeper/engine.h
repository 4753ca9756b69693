/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - the process that looks at bytes.
 *
 * The same executable, started again by the supervisor under the name
 * SW_ENGINE_NAME with its socket as descriptor SW_WIRE_FD. It compiles the
 * rules, warms its workers, closes its sandbox, says READY, and from then on
 * sees descriptors and labels, never a path that it could open.
 *
 * Runs in:  engine.
 */
#ifndef SWEEPER_ENGINE_H
#define SWEEPER_ENGINE_H

#define SW_ENGINE_NAME "sweeper-engine"

/* The engine's main. The exit status is only for people: what went wrong has
 * been sent as FATAL, or is told by the silence. */
int sw_engine_main(void);

#endif
