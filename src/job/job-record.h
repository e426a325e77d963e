/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-record-xml.h"

G_BEGIN_DECLS

/* What is kept of a job when its program ends, however it ends: a file for each, "<number>.xml"
 * (schema: job.rng), in a directory that belongs to one program at a time. */

/** job_record_directory: Returns: where records are: "jobs" in VIRTSNAP_STATE_DIR if that is set,
 * else in the system's state directory for root, in the user's for others; owned by the caller. */
char *job_record_directory(void);

/**
 * job_record_open:
 * Opens @directory, which is made (0700) with what is missing above it. Returns: a descriptor;
 * -1 with an error.
 */
int job_record_open(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_record_save:
 * Writes @self to @dirfd, durably and in the place of what was there: whatever happens, one of the
 * two is found. Takes as long as a disk does. Those of one number are saved one after the other.
 */
gboolean job_record_save(const JobRecord *self, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_record_remove: Takes the record @number away; one that is not there is fine. */
gboolean job_record_remove(guint number, int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_record_load_all:
 * @last: (out): the highest number that a record in @dirfd has, also one that cannot be used; 0 if
 * there is none
 * @problems: (out): (element-type utf8): what cannot be used, and why: what is damaged is set aside
 * by another name; what a later version of virtsnap wrote, or cannot be read now, stays as it is
 *
 * Returns: (element-type JobRecord): all records in @dirfd, by number; owned by the caller. NULL,
 * and nothing is touched, if there is no schema to know them by.
 */
GPtrArray *job_record_load_all(int dirfd, guint *last, GPtrArray **problems, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
