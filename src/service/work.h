/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Runs work that may block in threads, as waiting for a lock of another process or for a file
 * system whose server has gone, so that the main loop can answer other calls meanwhile. To be used
 * from the main loop. */

/** The kind of thing for which the work waits. Each kind has threads of its own, so that a target
 * that hangs does not block other work. */
typedef enum {
    WORK_RECORDS, /* records of jobs: a single thread, in the order of the calls */
    WORK_STORE,   /* the store of collections, the bus and the users of the system */
    WORK_TARGET,  /* file systems of exports, and libvirt */
    WORK_KINDS
} WorkKind;

/** One of the two functions of a piece of work. */
typedef void (*WorkPart)(gpointer data);

/**
 * work_run:
 * @lane: (nullable): pieces of work with the same kind and lane run one after the other, in the
 * order of the calls
 * @run: called with @data in a thread
 * @done: called with @data in the main loop afterwards; it owns @data
 */
void work_run(WorkKind kind, const char *lane, WorkPart run, WorkPart done, gpointer data);

/** work_pending: Returns: the number of unfinished pieces of work of @kind. */
guint work_pending(WorkKind kind);

/** work_is_idle: Returns: TRUE if there is no unfinished work of any kind. */
gboolean work_is_idle(void);

/** work_finish_records: Waits until all records are written and refuses to write more. To be called
 * at the end, when the main loop does not run any more. */
void work_finish_records(void);

G_END_DECLS
