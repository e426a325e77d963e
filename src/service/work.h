/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What may take its time is done in threads, so that the main loop has an answer for everybody
 * else: a lock that another process holds, a file system whose server has gone. To be used from
 * the main loop. */

/** What the work waits for; each kind has threads of its own, so that a target that hangs leaves
 * some for the rest. */
typedef enum {
    WORK_RECORDS, /* the jobs' records: one thread, in the order in which they came */
    WORK_STORE,   /* the store of collections, the bus, the users of the system */
    WORK_TARGET,  /* file systems that exports are on, and libvirt */
    WORK_KINDS
} WorkKind;

/** A part of the work, with its data. */
typedef void (*WorkPart)(gpointer data);

/**
 * work_run:
 * @lane: (nullable): pieces of work of the same kind and lane are done one after the other, in the
 * order in which they came
 * @run: called with @data in a thread
 * @done: called with @data in the main loop after that; it owns @data
 */
void work_run(WorkKind kind, const char *lane, WorkPart run, WorkPart done, gpointer data);

/** work_pending: Returns: how many pieces of work of @kind are not done. */
guint work_pending(WorkKind kind);

/** work_is_idle: Returns: TRUE if none of any kind are left to be done. */
gboolean work_is_idle(void);

/** work_finish_records: Waits until all records are written, and has no more written: at the end,
 * when the main loop does not run any more. */
void work_finish_records(void);

G_END_DECLS
