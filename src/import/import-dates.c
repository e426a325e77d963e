/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <time.h>

#include "archive/target-foreign.h"
#include "import/import-dates.h"

/* --- which time ----------------------------------------------------------------- */

static gboolean
is_earlier(const OriginTime *one, const OriginTime *other)
{
    return one->seconds != other->seconds ? one->seconds < other->seconds
                                          : one->nanoseconds < other->nanoseconds;
}

/* File systems that record no times of birth leave zeros. */
static void
take_birth(OriginTime *begun, int dirfd, const char *path)
{
    OriginId id;

    if (origin_id_of(dirfd, path, &id) && id.born.seconds > 0 && is_earlier(&id.born, begun))
        *begun = id.born;
}

/* Returns: when the first file of the import was made, maybe by an earlier run of it. None of those
 * that are to be later than another, as the overlay of a snapshot, was made before. */
static OriginTime
beginning_of(const ImportPlan *plan, int dirfd)
{
    const gint64 now = g_get_real_time();
    OriginTime begun = {now / G_USEC_PER_SEC, (guint32)(now % G_USEC_PER_SEC) * 1000};

    for (guint i = 0; i < plan->files->len; i++)
        take_birth(&begun, dirfd, ((const ImportFile *)g_ptr_array_index(plan->files, i))->path);
    for (guint i = 0; i < plan->overlays->len; i++)
        take_birth(&begun, dirfd,
                   ((const ImportOverlay *)g_ptr_array_index(plan->overlays, i))->path);

    return begun;
}

/* The time of the export's own file is a later one; it is all that there is of an image that was
 * made by reading what cannot be told to be the same again. */
static OriginTime
source_written(const ManifestFile *from)
{
    OriginTime last = {0, 0};

    for (guint i = 0; i < from->origins->len; i++) {
        const Origin *origin = g_ptr_array_index(from->origins, i);

        if (is_earlier(&last, &origin->modified))
            last = origin->modified;
    }

    return from->origins->len > 0 ? last : from->written;
}

static gboolean
is_sane(const OriginTime *time)
{
    return time->seconds > 0 && time->nanoseconds < 1000000000;
}

static OriginTime
date_of(const ImportFile *file, const OriginTime *begun)
{
    const OriginTime last = source_written(file->from);

    return is_sane(&last) && is_earlier(&last, begun) ? last : *begun;
}

/* --- the files -------------------------------------------------------------------- */

/* To an image that was reverted to an internal snapshot the import itself has written. */
static gboolean
has_date(const ImportFile *file)
{
    return !file->snapshot &&
           (file->from->format || g_strcmp0(file->from->role, "memory") == 0);
}

/* Where a file system keeps no times that are set, or has them set by the owner only who has the
 * file already, the time of the copying is what there is. */
static gboolean
date_file(const ImportFile *file, const OriginTime *begun, int dirfd, GError **error)
{
    const OriginTime date = date_of(file, begun);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {(time_t)date.seconds, (long)date.nanoseconds}};

    if (utimensat(dirfd, file->path, times, AT_SYMLINK_NOFOLLOW) == 0 ||
        foreign_mode_refused(errno))
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot set the time of '%s'"), file->path);

    return FALSE;
}

gboolean
import_dates_set(const ImportPlan *plan, int dirfd, GError **error)
{
    const OriginTime begun = beginning_of(plan, dirfd);

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        if (has_date(file) && !date_file(file, &begun, dirfd, error))
            return FALSE;
    }

    return TRUE;
}
