/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "service/job-keeper.h"
#include "service/work.h"
#include "util/fd.h"

/* Locked by the process that has the records, whose id is in it. */
#define LOCK_FILE ".lock"
#define LOCK_POLL_US 20000
#define PID_BYTES_MAX 16

struct JobKeeper {
    char *directory;
    int fd; /* descriptor of the directory */
    int lock; /* descriptor of the lock file; -1: not locked */
    gint given; /* the highest number that was given to a job; atomic */
    guint noted; /* the highest that is known to be noted in the directory; used by one thread at a
                  * time, that of WORK_RECORDS while it is there */
};

typedef struct {
    JobKeeper *keeper;
    Job *job; /* owned; NULL: the record is removed */
    guint number;
    guint uid;
    JobKept kept;
    gpointer data;
    GError *error;
} Keeping;

/* Notes that @number is given to a job, before anybody hears of it. All that wait to be noted are
 * noted at once. */
static gboolean
note_number(JobKeeper *self, guint number, GError **error)
{
    guint last = MAX(number, (guint)g_atomic_int_get(&self->given));

    if (number <= self->noted)
        return TRUE;
    if (!job_record_save_number(last, self->fd, error))
        return FALSE;
    self->noted = last;

    return TRUE;
}

static gboolean
write_job_record(JobKeeper *self, Job *job, guint number, guint uid, GError **error)
{
    g_autoptr(JobRecord) record = job_record_new(number, uid, job_get_info(job));

    if (note_number(self, number, error) && job_record_save(record, self->fd, error))
        return TRUE;
    g_prefix_error(error, _("The record of the job %u cannot be written: "), number);

    return FALSE;
}

static void
write_or_remove_record(gpointer data)
{
    Keeping *keeping = data;
    JobKeeper *self = keeping->keeper;
    gboolean done = keeping->job ? write_job_record(self, keeping->job, keeping->number,
                                                    keeping->uid, &keeping->error)
                                 : job_record_remove(keeping->number, self->fd, &keeping->error);

    if (!done)
        g_debug("%s", keeping->error->message);
}

static void
on_record_written(gpointer data)
{
    Keeping *keeping = data;

    keeping->kept(keeping->error, keeping->data);
    if (keeping->job)
        job_unref(keeping->job);
    g_clear_error(&keeping->error);
    g_free(keeping);
}

void
job_keeper_save(JobKeeper *self, Job *job, guint number, guint uid, JobKept kept, gpointer data)
{
    Keeping *keeping = g_new0(Keeping, 1);

    *keeping = (Keeping){self, job_ref(job), number, uid, kept, data, NULL};
    g_atomic_int_set(&self->given, MAX(g_atomic_int_get(&self->given), (gint)number));
    work_run(WORK_RECORDS, NULL, write_or_remove_record, on_record_written, keeping);
}

static void
on_record_removed(const GError *error, gpointer data)
{
    if (error)
        g_warning("%s", error->message);
}

void
job_keeper_forget(JobKeeper *self, guint number)
{
    Keeping *keeping = g_new0(Keeping, 1);

    *keeping = (Keeping){self, NULL, number, 0, on_record_removed, NULL, NULL};
    work_run(WORK_RECORDS, NULL, write_or_remove_record, on_record_written, keeping);
}

void
job_keeper_save_last(JobKeeper *self, Job *job, guint number, guint uid)
{
    g_autoptr(GError) error = NULL;

    if (!write_job_record(self, job, number, uid, &error))
        g_warning("%s", error->message);
}

/* A number that cannot be read must not keep the service from running: those of the records that
 * are there are known even so. What is not noted yet, is now. */
static void
find_last_number(JobKeeper *self, guint *last)
{
    g_autoptr(GError) error = NULL;

    if (!job_record_load_number(self->fd, &self->noted, &error)) {
        g_prefix_error(&error, _("The number of the last job is not known, and those of jobs that "
                                 "have gone may be given out again: "));
        g_warning("%s: %s", self->directory, error->message);
        g_clear_error(&error);
    }
    *last = MAX(*last, self->noted);
    if (!note_number(self, *last, &error))
        g_warning("%s: %s", self->directory, error->message);
}

GPtrArray *
job_keeper_load_all(JobKeeper *self, guint *last, GError **error)
{
    g_autoptr(GPtrArray) problems = NULL;
    GPtrArray *records = job_record_load_all(self->fd, last, &problems, error);

    for (guint i = 0; i < problems->len; i++)
        g_warning("%s: %s", self->directory, (const char *)g_ptr_array_index(problems, i));
    if (records)
        find_last_number(self, last);

    return records;
}

/* --- the lock --------------------------------------------------------------------- */

static void
refuse_in_use(const JobKeeper *self, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(self->fd, LOCK_FILE, PID_BYTES_MAX, NULL);
    gsize size = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    g_autofree char *text = g_strndup(data ? data : "", size);
    guint64 pid = 0;

    g_ascii_string_to_unsigned(g_strchomp(text), 10, 1, G_MAXINT, &pid, NULL);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another virtsnapd, the process %" PRIu64 ", has the jobs in '%s'; end it, or "
                  "call that one on its bus"),
                pid, self->directory);
}

/* A process that cannot write its id has the lock even so. */
static void
note_pid(const JobKeeper *self)
{
    g_autofree char *text = g_strdup_printf("%d\n", (int)getpid());
    g_autoptr(GError) error = NULL;

    if (ftruncate(self->lock, 0) < 0 ||
        !fd_pwrite_all(self->lock, text, strlen(text), 0, LOCK_FILE, &error))
        g_debug("%s/%s: %s", self->directory, LOCK_FILE, error ? error->message : "not truncated");
}

/* It is polled, because a blocking flock() cannot have a time limit. */
static gboolean
lock_records(JobKeeper *self, guint seconds, GError **error)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;

    self->lock = fd_open(self->fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);
    if (self->lock < 0)
        return FALSE;
    while (flock(self->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            virt_snap_error_set_errno(error, errno, _("Cannot lock the directory '%s'"),
                                      self->directory);
            return FALSE;
        }
        if (g_get_monotonic_time() >= end) {
            refuse_in_use(self, error);
            return FALSE;
        }
        g_usleep(LOCK_POLL_US);
    }
    note_pid(self);

    return TRUE;
}

/* --- constructor and destructor --------------------------------------------------- */

JobKeeper *
job_keeper_new(guint seconds, GError **error)
{
    JobKeeper *self = g_new0(JobKeeper, 1);

    self->lock = -1;
    self->directory = job_record_directory();
    self->fd = job_record_open(self->directory, error);
    if (self->fd >= 0 && lock_records(self, seconds, error))
        return self;
    job_keeper_free(self);

    return NULL;
}

void
job_keeper_free(JobKeeper *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    fd_clear(&self->lock);
    g_free(self->directory);
    g_free(self);
}
