/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-record-xml.h"

G_BEGIN_DECLS

/* The records by which jobs survive the end of their program, even a crash: one file for each job,
 * "<number>.xml" (schema: job.rng), in a directory that belongs to one program at a time. */

/** job_record_directory: Returns: the directory for records, "jobs" in VIRTSNAP_STATE_DIR if that
 * is set, else in the system's state directory for root and in the user's state directory for
 * others; owned by the caller. */
char *job_record_directory(void);

/**
 * job_record_open:
 * Opens @directory, which is created (mode 0700) with its missing parents. Returns: a descriptor,
 * owned by the caller; -1 with an error.
 */
int job_record_open(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_record_save:
 * Writes @self to @dirfd durably and replaces an earlier record of the same number atomically. It
 * waits for the disk. Two threads must not save records of the same number at once.
 */
gboolean job_record_save(const JobRecord *self, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_record_remove: Removes the record @number. It is no error if there is none. */
gboolean job_record_remove(guint number, int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_record_save_number:
 * Writes to @dirfd durably that @number, and with it all below, was given to a job: records go, and
 * a number that somebody has kept must never mean another job.
 */
gboolean job_record_save_number(guint number, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_record_load_number:
 * @number: (out): what job_record_save_number() wrote last; 0 if it never did or on failure
 *
 * Returns: FALSE with an error (CORRUPT: damaged) if it cannot be read.
 */
gboolean job_record_load_number(int dirfd, guint *number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_record_load_all:
 * @last: (out): the highest number of any record in @dirfd, including unusable ones and those that
 * were renamed; 0 if there are none
 * @problems: (out): (element-type utf8): a text for each record that cannot be used. A damaged
 * record is renamed; one that a later version of virtsnap wrote, or that cannot be read at present,
 * is left as it is
 *
 * Returns: (element-type JobRecord): all records in @dirfd, sorted by number; owned by the caller.
 * NULL, with nothing changed, if the schema cannot be loaded.
 */
GPtrArray *job_record_load_all(int dirfd, guint *last, GPtrArray **problems, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
