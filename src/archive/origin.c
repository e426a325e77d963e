/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "archive/origin.h"
#include "util/fd.h"

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"
#define SECOND ((gint64)1000000000)
/* Timestamps of files advance in steps of up to 10 ms: two changes within one step cannot be
 * told apart. This is five such steps, in nanoseconds. */
#define STEP (SECOND / 20)
/* The same for file systems with timestamps of one or two seconds (FAT), in nanoseconds. */
#define STEP_COARSE (3 * SECOND)

static OriginTime
time_of(const struct statx_timestamp *stamp)
{
    return (OriginTime){stamp->tv_sec, stamp->tv_nsec};
}

static gint64
in_nanoseconds(const OriginTime *time)
{
    return time->seconds * SECOND + time->nanoseconds;
}

/* Returns: the time of the kernel's coarse clock, which timestamps of files are taken from, in
 * nanoseconds. */
static gint64
origin_now(void)
{
    struct timespec clock;

    clock_gettime(CLOCK_REALTIME_COARSE, &clock);

    return clock.tv_sec * SECOND + clock.tv_nsec;
}

static OriginId
id_of(const struct statx *st)
{
    OriginId id = {makedev(st->stx_dev_major, st->stx_dev_minor), st->stx_ino, {0, 0}};

    if (st->stx_mask & STATX_BTIME)
        id.born = time_of(&st->stx_btime);

    return id;
}

/* Reads the origin of @path below @dirfd, or of @dirfd itself where @path is "". */
static gboolean
look_at_origin(int dirfd, const char *path, int flags, Origin *origin)
{
    struct statx st;
    OriginId id;

    if (statx(dirfd, path, flags | AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS | STATX_BTIME, &st) <
            0 ||
        !S_ISREG(st.stx_mode))
        return FALSE;
    id = id_of(&st);
    origin->device = id.device;
    origin->inode = id.inode;
    origin->born = id.born;
    origin->bytes = st.stx_size;
    origin->modified = time_of(&st.stx_mtime);
    origin->changed = time_of(&st.stx_ctime);

    return TRUE;
}

static gint64
step_of(const Origin *origin)
{
    return origin->modified.nanoseconds == 0 && origin->changed.nanoseconds == 0 ? STEP_COARSE
                                                                                 : STEP;
}

/* Returns: whether a change of the file from now on would get another timestamp. */
static gboolean
is_settled(const Origin *origin)
{
    gint64 before = origin_now() - step_of(origin);

    return in_nanoseconds(&origin->modified) < before && in_nanoseconds(&origin->changed) < before;
}

Origin *
origin_new(int fd, const char *path)
{
    g_autoptr(Origin) self = g_new0(Origin, 1);

    if (fdatasync(fd) < 0 || !look_at_origin(fd, "", AT_EMPTY_PATH, self) || !is_settled(self))
        return NULL;
    self->path = g_strdup(path);

    return g_steal_pointer(&self);
}

Origin *
origin_of(const char *path)
{
    g_autoptr(Origin) self = g_new0(Origin, 1);

    if (!look_at_origin(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, self))
        return NULL;
    self->path = g_strdup(path);

    return g_steal_pointer(&self);
}

gboolean
origin_time_equal(const OriginTime *one, const OriginTime *other)
{
    return one->seconds == other->seconds && one->nanoseconds == other->nanoseconds;
}

/* Returns: whether size and modification time are equal, which anybody can give to another file
 * as well. */
static gboolean
looks_same(const Origin *one, const Origin *other)
{
    return one->bytes == other->bytes && origin_time_equal(&one->modified, &other->modified);
}

static gboolean
is_same(const Origin *one, const Origin *other)
{
    return looks_same(one, other) && one->device == other->device &&
           one->inode == other->inode && origin_time_equal(&one->changed, &other->changed) &&
           origin_time_equal(&one->born, &other->born);
}

gboolean
origin_is_unchanged(const Origin *self)
{
    Origin present = {0};

    return look_at_origin(AT_FDCWD, self->path, AT_SYMLINK_NOFOLLOW, &present) &&
           is_same(self, &present);
}

gboolean
origin_id_of(int dirfd, const char *path, OriginId *id)
{
    int flags = AT_SYMLINK_NOFOLLOW | AT_STATX_SYNC_AS_STAT | (*path ? 0 : AT_EMPTY_PATH);
    struct statx st;

    if (statx(dirfd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
        return FALSE;
    *id = id_of(&st);

    return TRUE;
}

/* Devices may have other numbers after a restart of the system. */
gboolean
origin_id_same(const OriginId *then, const char *boot, const OriginId *present)
{
    g_autofree char *present_boot = origin_boot();
    gboolean same_run = boot && g_strcmp0(boot, present_boot) == 0;

    return then->inode == present->inode && origin_time_equal(&then->born, &present->born) &&
           (!same_run || then->device == present->device);
}

gboolean
origin_is_file(const Origin *then, const char *boot, const Origin *present)
{
    const OriginId before = {then->device, then->inode, then->born};
    const OriginId now = {present->device, present->inode, present->born};

    return g_str_equal(then->path, present->path) && origin_id_same(&before, boot, &now);
}

/* Returns: whether a changed content always means a changed ctime on the file's file system.
 * What lies on a loop device can be changed below it; network file systems, FUSE and overlayfs
 * have inode numbers and timestamps of their own. */
static gboolean
keeps_times(int fd, const Origin *present)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0 || major(present->device) == LOOP_MAJOR)
        return FALSE;

    return fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC;
}

static gboolean
is_past(const Origin *origin)
{
    gint64 present = origin_now();

    return in_nanoseconds(&origin->modified) <= present &&
           in_nanoseconds(&origin->changed) <= present && in_nanoseconds(&origin->born) <= present;
}

OriginMatch
origin_match(const Origin *then, const char *boot, int fd)
{
    g_autofree char *present_boot = origin_boot();
    Origin present = {0};

    if (!look_at_origin(fd, "", AT_EMPTY_PATH, &present) || !looks_same(then, &present))
        return ORIGIN_OTHER;
    if (!boot || g_strcmp0(boot, present_boot) != 0 || !is_same(then, &present) ||
        then->born.seconds == 0 || !is_past(&present) || !keeps_times(fd, &present))
        return ORIGIN_LIKELY;

    return ORIGIN_SAME;
}

char *
origin_boot(void)
{
    char *text = NULL;

    if (!g_file_get_contents(BOOT_FILE, &text, NULL, NULL))
        return NULL;

    return g_strstrip(text);
}

char *
origin_time_format(const OriginTime *time)
{
    return g_strdup_printf("%" PRId64 ".%09" PRIu32, time->seconds, time->nanoseconds);
}

OriginTime
origin_time_parse(const char *text)
{
    OriginTime time = {0, 0};
    char *end;

    if (!text)
        return time;
    time.seconds = g_ascii_strtoll(text, &end, 10);
    if (*end == '.')
        time.nanoseconds = (guint32)g_ascii_strtoull(end + 1, NULL, 10);

    return time;
}

Origin *
origin_copy(const Origin *self)
{
    Origin *copy = g_new(Origin, 1);

    *copy = *self;
    copy->path = g_strdup(self->path);
    copy->format = g_strdup(self->format);

    return copy;
}

GPtrArray *
origins_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)origin_free);
}

void
origin_free(Origin *self)
{
    if (!self)
        return;
    g_free(self->path);
    g_free(self->format);
    g_free(self);
}
