/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/export-work.h"
#include "job/job.h"

G_BEGIN_DECLS

/* A job that exports two domains, and what a test does with it. */

#define MIB ((guint64)1 << 20)
#define SECOND G_USEC_PER_SEC
/* Of a millisecond: as many as only a hang needs. */
#define TRIES 60000

typedef struct {
    char *dir; /* the working directory */
    char *old;
    char *out; /* export directory */
    ExportWork *work; /* owned */
    Job *job;
    guint64 bandwidth; /* of the settings */
    guint parallel;
    const char *refuse; /* its run fails with it, after a warning */
    gboolean wait;      /* its run waits until it is to end */
    gboolean hold;      /* and has something of guests meanwhile */
    GMutex lock;
    GString *told; /* what was told, one letter each */
} Fixture;

void set_up(Fixture *f, gconstpointer data);
void tear_down(Fixture *f, gconstpointer data);

/** Starts the job, which is New. */
void start_it(Fixture *f);

/** Waits until what was told of it is @expected. */
void assert_told(Fixture *f, const char *expected);

/** Waits until it is over, in @state, or as long as it takes to come to another one. */
void wait_for(Fixture *f, JobState state);

/** Waits until so many are done. */
void wait_for_bytes(Fixture *f, guint64 bytes);

/** Requests a change, of which @result is to come. */
void assert_request(Fixture *f, JobRequest request, JobRequestResult result);

/** is_there: Returns: TRUE if @name is in the export directory. */
gboolean is_there(Fixture *f, const char *name);

/** Runs it until the base is done, and ends it in order. */
void terminate(Fixture *f);

G_END_DECLS
