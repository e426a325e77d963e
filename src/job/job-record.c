/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "job/job-record.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/xml.h"

#define SUFFIX ".xml"
/* Suffix of a damaged record, which is kept for examination but not read again. */
#define SUFFIX_ASIDE ".corrupt"

/* --- the directory ------------------------------------------------------------ */

char *
job_record_directory(void)
{
    g_autofree char *user = path_user_state();
    const char *state = g_getenv("VIRTSNAP_STATE_DIR");

    if (state)
        return g_build_filename(state, "jobs", NULL);
    if (geteuid() == 0)
        return g_build_filename(PKGSTATEDIR, "jobs", NULL);

    return g_build_filename(user, "virtsnap", "jobs", NULL);
}

int
job_record_open(const char *directory, GError **error)
{
    if (g_mkdir_with_parents(directory, 0700) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), directory);
        return -1;
    }

    return fd_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, error);
}

static char *
record_file_name(guint number)
{
    return g_strdup_printf("%u" SUFFIX, number);
}

gboolean
job_record_save(const JobRecord *self, int dirfd, GError **error)
{
    g_autofree char *file = record_file_name(self->number);
    /* The temporary name depends on the number only, so a file that a killed process left is
     * overwritten. */
    g_autofree char *temporary = g_strdup_printf(".%u.tmp", self->number);
    g_autofree char *text = job_record_format(self);

    if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), temporary);
        return FALSE;
    }

    return file_stage_at(dirfd, temporary, text, strlen(text), error) &&
           file_put_at(dirfd, temporary, file, error);
}

gboolean
job_record_remove(guint number, int dirfd, GError **error)
{
    g_autofree char *file = record_file_name(number);

    if (unlinkat(dirfd, file, 0) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove the job's record '%s'"), file);

    return FALSE;
}

/* --- reading all ---------------------------------------------------------------- */

static JobRecord *
load_record(int dirfd, const char *file, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(dirfd, file, JOB_RECORD_BYTES_MAX, error);
    g_autoptr(JobRecord) record = NULL;
    g_autofree char *own_file = NULL;

    if (!bytes)
        return NULL;
    record = job_record_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
    if (!record)
        return NULL;
    own_file = record_file_name(record->number);
    if (!g_str_equal(own_file, file)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("the file of job %u would be '%s'"), record->number, own_file);
        return NULL;
    }

    return g_steal_pointer(&record);
}

static void
set_record_aside(int dirfd, const char *file, const GError *why, GPtrArray *problems)
{
    g_autofree char *aside = g_strconcat(file, SUFFIX_ASIDE, NULL);

    if (renameat(dirfd, file, dirfd, aside) < 0)
        g_ptr_array_add(problems, g_strdup_printf(_("The job's record '%s' cannot be used, nor "
                                                    "set aside (%s): %s"),
                                                  file, g_strerror(errno), why->message));
    else
        g_ptr_array_add(problems,
                        g_strdup_printf(_("The job's record '%s' cannot be used; it is now "
                                          "called '%s': %s"),
                                        file, aside, why->message));
}

static gboolean
is_record_damage(const GError *error)
{
    static const VirtSnapError codes[] = {VIRT_SNAP_ERROR_CORRUPT,
                                          VIRT_SNAP_ERROR_INVALID_PARAMETER};

    return virt_snap_error_is(error, codes, G_N_ELEMENTS(codes));
}

/* Loads one record. A record of a later version is left for that version, and one that cannot be
 * read for a temporary reason is left as well; only a damaged one is set aside. */
static void
load_or_set_aside(int dirfd, const char *file, GPtrArray *records, GPtrArray *problems)
{
    g_autoptr(GError) error = NULL;
    JobRecord *record = load_record(dirfd, file, &error);

    if (record)
        g_ptr_array_add(records, record);
    else if (!is_record_damage(error))
        g_ptr_array_add(problems,
                        g_strdup_printf(_("The job's record '%s' cannot be used; it stays as it "
                                          "is: %s"),
                                        file, error->message));
    else
        set_record_aside(dirfd, file, error, problems);
}

static guint
record_file_number(const char *file)
{
    return (guint)MIN(g_ascii_strtoull(file, NULL, 10), G_MAXUINT);
}

static gint
compare_record_numbers(gconstpointer a, gconstpointer b)
{
    const JobRecord *one = *(JobRecord *const *)a;
    const JobRecord *two = *(JobRecord *const *)b;

    return one->number < two->number ? -1 : one->number > two->number;
}

static GPtrArray *
list_record_files(int dirfd, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", error);
    GPtrArray *files;

    if (!names)
        return NULL;
    files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX))
            g_ptr_array_add(files, g_strdup(name));
    }

    return files;
}

GPtrArray *
job_record_load_all(int dirfd, guint *last, GPtrArray **problems, GError **error)
{
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)job_record_free);
    g_autoptr(GPtrArray) files = list_record_files(dirfd, error);

    *last = 0;
    *problems = g_ptr_array_new_with_free_func(g_free);
    if (!files || !xml_check_schema(JOB_RECORD_SCHEMA, error)) {
        g_ptr_array_unref(records);
        return NULL;
    }
    for (guint i = 0; i < files->len; i++) {
        const char *file = g_ptr_array_index(files, i);

        load_or_set_aside(dirfd, file, records, *problems);
        *last = MAX(*last, record_file_number(file));
    }
    g_ptr_array_sort(records, compare_record_numbers);

    return records;
}
