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
/* Has the highest number that was given to a job; its record may have been removed since. */
#define NUMBER_FILE "last-number"
#define NUMBER_BYTES_MAX 16
/* So that what somebody else has put there does not take all numbers at once. */
#define NUMBER_MAX G_MAXINT

/* --- the directory ------------------------------------------------------------ */

char *
job_record_directory(void)
{
    return path_state("jobs");
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

/* The temporary name is always the same for @file, so one that a killed process left is
 * overwritten. */
static gboolean
replace_text(int dirfd, const char *temporary, const char *file, const char *text, GError **error)
{
    if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), temporary);
        return FALSE;
    }

    return file_stage_at(dirfd, temporary, text, strlen(text), error) &&
           file_put_at(dirfd, temporary, file, error);
}

gboolean
job_record_save(const JobRecord *self, int dirfd, GError **error)
{
    g_autofree char *file = record_file_name(self->number);
    g_autofree char *temporary = g_strdup_printf(".%u.tmp", self->number);
    g_autofree char *text = job_record_format(self);

    return replace_text(dirfd, temporary, file, text, error);
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

/* --- the last number ------------------------------------------------------------- */

gboolean
job_record_save_number(guint number, int dirfd, GError **error)
{
    g_autofree char *text = g_strdup_printf("%u\n", number);

    return replace_text(dirfd, "." NUMBER_FILE ".tmp", NUMBER_FILE, text, error);
}

static gboolean
parse_number(GBytes *bytes, guint *number, GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strchomp(g_strndup(data, size));
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, 0, NUMBER_MAX, &value, NULL)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' is damaged: it has no number of a job"), NUMBER_FILE);
        return FALSE;
    }
    *number = (guint)value;

    return TRUE;
}

gboolean
job_record_load_number(int dirfd, guint *number, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) bytes = file_read_at(dirfd, NUMBER_FILE, NUMBER_BYTES_MAX, &why);

    *number = 0;
    if (bytes)
        return parse_number(bytes, number, error);
    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

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
    int errsv = renameat(dirfd, file, dirfd, aside) < 0 ? errno : 0;

    if (errsv != 0)
        g_ptr_array_add(problems, g_strdup_printf(_("The job's record '%s' cannot be used, nor "
                                                    "set aside (%s): %s"),
                                                  file, g_strerror(errsv), why->message));
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

/* Returns: the number of the record @file, used or set aside; 0 for what is none. */
static guint
record_file_number(const char *file)
{
    guint64 number = g_ascii_strtoull(file, NULL, 10);

    if (!g_str_has_suffix(file, SUFFIX) && !g_str_has_suffix(file, SUFFIX SUFFIX_ASIDE))
        return 0;

    return number <= NUMBER_MAX ? (guint)number : 0;
}

static gint
compare_record_numbers(gconstpointer a, gconstpointer b)
{
    const JobRecord *one = *(JobRecord *const *)a;
    const JobRecord *two = *(JobRecord *const *)b;

    return one->number < two->number ? -1 : one->number > two->number;
}

static GPtrArray *
list_record_files(int dirfd, guint *last, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", error);
    GPtrArray *files;

    if (!names)
        return NULL;
    files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        *last = MAX(*last, record_file_number(name));
        if (name[0] != '.' && g_str_has_suffix(name, SUFFIX))
            g_ptr_array_add(files, g_strdup(name));
    }

    return files;
}

GPtrArray *
job_record_load_all(int dirfd, guint *last, GPtrArray **problems, GError **error)
{
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)job_record_free);
    g_autoptr(GPtrArray) files = NULL;

    *last = 0;
    files = list_record_files(dirfd, last, error);
    *problems = g_ptr_array_new_with_free_func(g_free);
    if (!files || !xml_check_schema(JOB_RECORD_SCHEMA, error)) {
        g_ptr_array_unref(records);
        return NULL;
    }
    for (guint i = 0; i < files->len; i++)
        load_or_set_aside(dirfd, g_ptr_array_index(files, i), records, *problems);
    g_ptr_array_sort(records, compare_record_numbers);

    return records;
}
