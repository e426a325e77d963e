/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

/* Stands between the code under test and the system calls that change files: a test that is
 * linked with it can be killed, or get an error, at each of them in turn. */

typedef enum {
    SABOTAGE_NONE,
    SABOTAGE_KILL, /* the process is killed before the call, or half-way through a write */
    SABOTAGE_FAIL, /* the call fails with EIO */
} Sabotage;

/** sabotage_at: Does @kind to the call number @step, counted from 1, from now on. */
void sabotage_at(Sabotage kind, guint step);

/** sabotage_stop: Returns: how many calls there were since sabotage_at(). */
guint sabotage_stop(void);

/** sabotage_trace: Appends to @trace, if not NULL, a line for each call from now on. */
void sabotage_trace(GString *trace);

/** sabotage_hasten: Makes each look at the clock find @seconds more gone by; 0: no longer. */
void sabotage_hasten(guint seconds);
