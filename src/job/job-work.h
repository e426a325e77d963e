/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What a job does. Each verb (export, import, ...) has a type of work in a room of its own; jobs,
 * their records, the queue and the service know no more of it than this. */

typedef struct JobWork JobWork;
typedef struct JobWorkType JobWorkType;

/** One run of a job, as its work sees it: see job-run.h. */
typedef struct JobRun JobRun;

struct JobWorkType {
    const char *name;  /* what records call it, and so for ever: "export" */
    const char *title; /* what a job is called where only its owner may know more: "Export" */
    guint job_type;    /* JobType of Msvm_ConcreteJob */
    guint block_type;  /* virDomainBlockJobType that its figures are of */

    /* What a job says that was killed, or was ended so that it can be resumed; marked for
     * translation. */
    const char *cancelled;
    const char *interrupted;

    /* (nullable): what a user is told who has ended it by force: what is left, and what becomes of
     * that; marked for translation. NULL: that something may be left. */
    const char *forced;

    /* Returns: what its job is called: "Export of web, nightly"; owned by the caller. */
    char *(*describe)(const JobWork *work);

    /* Returns: (transfer none) (nullable): the directory that was asked for. */
    const char *(*directory)(const JobWork *work);

    /* Does it, in the job's own thread; may be called again when the job is resumed. First it
     * looks at what there is to do and writes nothing; then it calls job_run_planned(), and only
     * if that says TRUE does it change anything. What it has made goes to job_run_set_result().
     * Returns: FALSE with the error that the job ends with. */
    gboolean (*run)(JobWork *work, JobRun *run, GError **error);

    /* Returns: FALSE if its runs have left nothing that could be resumed or would have to be
     * removed. What cannot be looked for is taken to be there. Not while it runs. */
    gboolean (*has_left)(JobWork *work);

    /* Returns: when something was last written to what was left, by whatever job, in seconds since
     * the epoch; 0: there is nothing, or it cannot be looked at. Not while it runs. */
    gint64 (*left_changed)(JobWork *work);

    /* Removes what its runs have left, for a job that is killed. Not while it runs, but perhaps in
     * another thread. Returns: FALSE if it may still be there. */
    gboolean (*discard)(JobWork *work, GError **error);

    /* Returns: the device of the file system that it writes to, as in struct stat; 0: not known.
     * May hang with that file system. */
    guint64 (*device)(JobWork *work);

    /* Writes what it is to do into @node, an element of the job's record (schema: job.rng); */
    void (*format)(const JobWork *work, xmlNode *node);

    /* and reads it again, what the schema has let through. Returns: owned by the caller. */
    JobWork *(*parse)(xmlNode *node, GError **error);

    void (*free)(JobWork *work);
};

/** The common part that the work of every type starts with. What it is to do does not change any
 * more once a job has it, so any thread may read it; results are set by run(), and are there for
 * others when the job is in a final state. */
struct JobWork {
    const JobWorkType *type;
    gatomicrefcount refs;
};

/** job_work_init: Makes @self, which is zeroed, a work of @type that the caller owns. */
void job_work_init(JobWork *self, const JobWorkType *type);
JobWork *job_work_ref(JobWork *self);

/** job_work_unref: NULL is fine. */
void job_work_unref(JobWork *self);

/** job_work_types_register: @types: ended by NULL; they stay for ever. What records may be of. To
 * be called when a program starts. */
void job_work_types_register(const JobWorkType *const *types);

/** job_work_type_find: Returns: the registered type that is called @name; NULL: none is. */
const JobWorkType *job_work_type_find(const char *name);

/** What the program that runs a job has for the runs of all its jobs. */
typedef struct {
    const char *uri; /* of the hypervisor, to which each run connects; NULL: its default */

    /* (nullable): used instead: Returns (transfer none) the hypervisor that @data has, for as
     * long as the run takes. Called in the job's thread. */
    Hypervisor *(*connect)(gpointer data, GError **error);
    gpointer data;

    guint workers; /* at most so many transfers at once; 0: as many as the work likes */
} JobHost;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobWork, job_work_unref)

G_END_DECLS
