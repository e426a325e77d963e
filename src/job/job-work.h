/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The work of a job. Each verb (export, import, ...) has a type of work in a directory of its own;
 * jobs, their records, the queue and the service only use this interface. */

typedef struct JobWork JobWork;
typedef struct JobWorkType JobWorkType;

/** One run of a job; its interface for the work is job-run.h. */
typedef struct JobRun JobRun;

struct JobWorkType {
    const char *name;  /* name in records, as "export"; must never change */
    const char *title; /* name of the job for those who may not see its details, as "Export" */
    guint job_type;    /* JobType of Msvm_ConcreteJob */
    guint block_type;  /* virDomainBlockJobType of its figures */

    /* Error messages of a run that ends because its job is killed, or so that it can be resumed;
     * marked for translation. They must be true whether or not it can undo what it has changed. */
    const char *cancelled;
    const char *interrupted;

    /* (nullable): error message of a job that was killed, and nothing of which is left; marked for
     * translation. NULL: @cancelled. */
    const char *killed;

    /* (nullable): what a user is told who has ended it by force: what is left, and what becomes of
     * that; marked for translation. NULL: that something may be left. */
    const char *forced;

    /* Returns: the name of its job, as "Export of web, nightly"; owned by the caller. */
    char *(*describe)(const JobWork *work);

    /* Returns: (transfer none) (nullable): the directory that the caller named. */
    const char *(*directory)(const JobWork *work);

    /* Does the work in the job's own thread; it is called again when the job is resumed. It first
     * plans without writing anything, then calls job_run_planned(), and may change something only
     * if that returns TRUE. Its result goes to job_run_set_result().
     * Returns: FALSE with the error of the job. */
    gboolean (*run)(JobWork *work, JobRun *run, GError **error);

    /* Returns: FALSE if its runs have left nothing that could be resumed or would have to be
     * removed. TRUE if that cannot be found out. Not called while the work runs. */
    gboolean (*has_left)(JobWork *work);

    /* Returns: the time of the last write by any job to what was left, in seconds since the epoch;
     * 0 if nothing is left or it cannot be examined. Not called while the work runs. */
    gint64 (*left_changed)(JobWork *work);

    /* Removes what its runs have left, also those of an earlier process, for a job that is killed.
     * Not called while the work runs, but possibly in another thread. Returns: FALSE with an error
     * if something may be left, also if another command has to see to it. */
    gboolean (*discard)(JobWork *work, GError **error);

    /* (nullable): Returns: the path of what its runs have completed, as far as files can tell; NULL
     * if they have not. Asked when a process ended before it could note that. Not called while the
     * work runs. */
    char *(*finished)(JobWork *work);

    /* Returns: the device number (st_dev) of the file system that it writes to; 0 if not known. The
     * call may hang if the file system hangs. */
    guint64 (*device)(JobWork *work);

    /* (nullable): Returns: (transfer floating): what its last run has planned (a{sv}), as the
     * command shows it and the service sends it. Asked after a dry run, or after a run that
     * succeeded. NULL: there is no dry run of such work. */
    GVariant *(*plan)(const JobWork *work);

    /* Writes its parameters into @node, an element of the job's record (schema: job.rng). */
    void (*format)(const JobWork *work, xmlNode *node);

    /* Reads the parameters from @node, which is valid against the schema. Returns: the work, owned
     * by the caller. */
    JobWork *(*parse)(xmlNode *node, GError **error);

    void (*free)(JobWork *work);
};

/** The common part with which the work of every type starts. Its parameters do not change once a
 * job has it, so any thread may read them; results are set by run() and may be read by others when
 * the job is in a final state. */
struct JobWork {
    const JobWorkType *type;
    gatomicrefcount refs;
    gboolean dry_run; /* a run only plans, and changes nothing */
};

/** job_work_init: Initialises the zeroed @self as work of @type with one reference, which the
 * caller owns. */
void job_work_init(JobWork *self, const JobWorkType *type);
JobWork *job_work_ref(JobWork *self);

/** job_work_unref: Drops a reference to @self, which may be NULL. */
void job_work_unref(JobWork *self);

/**
 * job_work_discard:
 * @finished: whether its runs may have completed the work
 *
 * Removes what the runs of @self have left. Returns: FALSE with an error that names what is left;
 * ALREADY_EXISTS if that is the completed work.
 */
gboolean job_work_discard(JobWork *self, gboolean finished, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_work_finished: Returns: what its type's finished() does; NULL without that. */
char *job_work_finished(JobWork *self);

/** job_work_plan: Returns: (transfer full): what its type's plan() does. */
GVariant *job_work_plan(const JobWork *self);

/** job_work_killed_text: Returns: the translated error message of a job that was killed, and
 * nothing of which is left. */
const char *job_work_killed_text(const JobWork *self);

/** job_work_types_register: Sets the types of work that records may have. @types is terminated by
 * NULL and must stay valid. To be called when a program starts. */
void job_work_types_register(const JobWorkType *const *types);

/** job_work_type_find: Returns: the registered type with the name @name; NULL if there is none. */
const JobWorkType *job_work_type_find(const char *name);

/** job_work_type_name: Returns: (nullable): the name of what a job with the JobType @job_type of
 * Msvm_ConcreteJob does, as "export"; NULL if no registered type has it. */
const char *job_work_type_name(guint job_type);

/** What the program provides for the runs of all its jobs. */
typedef struct {
    const char *uri; /* URI of the hypervisor to which each run connects; NULL: the default */

    /* (nullable): used instead of @uri. Returns: (transfer none): a connection that belongs to
     * @data and stays valid until the run ends. Called in the job's thread. */
    Hypervisor *(*connect)(gpointer data, GError **error);
    gpointer data;

    guint workers; /* maximal number of simultaneous transfers; 0: the work decides */
} JobHost;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobWork, job_work_unref)

G_END_DECLS
