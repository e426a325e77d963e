/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Which file an image of an export was read from, and in which state that was, so that a later
 * export knows whether it still is the same. */

/** A timestamp of a file. */
typedef struct {
    gint64 seconds; /* since the epoch */
    guint32 nanoseconds;
} OriginTime;

typedef struct {
    char *path;
    char *format; /* as which it was read, which the file itself need not tell: "qcow2" or "raw";
                   * NULL: not known */
    guint64 device;
    guint64 inode;
    guint64 bytes;
    OriginTime modified; /* mtime, which the owner can set */
    OriginTime changed;  /* ctime, which changes also when libvirt changes the owner */
    OriginTime born;     /* zeros: its file system does not record it */
} Origin;

/** Which file or directory something is, whatever its name, its content and its other times. */
typedef struct {
    guint64 device; /* another number after a restart of the system, or when it is mounted anew */
    guint64 inode;
    OriginTime born; /* zeros: its file system does not record it */
} OriginId;

/** How certain it is that a file has its former content. */
typedef enum {
    ORIGIN_OTHER,  /* it has another, or nothing indicates that it has not */
    ORIGIN_LIKELY, /* probably; only its content can show it */
    ORIGIN_SAME,   /* certainly: nobody has written to it through its file system */
} OriginMatch;

/**
 * origin_new:
 * @fd: of a regular file, open for reading, before the first byte is read that is to count
 *
 * What of it was written through a mapping and not written back yet is written back first, so that
 * the next one who writes through it changes its times. Returns: (nullable): owned by the caller;
 * NULL if what is done to the file from now on need not show in its times: it was changed in this
 * very moment, or cannot be written back.
 */
Origin *origin_new(int fd, const char *path);

/** origin_of: Returns: (nullable): the origin of the file at @path, owned by the caller; its times
 * may not show writes that happen meanwhile. */
Origin *origin_of(const char *path);

/** origin_id_of: Looks at @path below @dirfd, or for "" at @dirfd itself; no symbolic link is
 * followed. Returns: FALSE with errno set. */
gboolean origin_id_of(int dirfd, const char *path, OriginId *id);

/** origin_id_same: Returns: whether @present, of the present run of the system, is what @then was;
 * @boot: as for origin_match(). */
gboolean origin_id_same(const OriginId *then, const char *boot, const OriginId *present);

/** origin_is_file: Returns: whether @present, of the present run of the system, is the very file
 * that @then was, in whatever state; @boot: as for origin_match(). */
gboolean origin_is_file(const Origin *then, const char *boot, const Origin *present);

/** origin_is_unchanged: Returns: FALSE if the file at its path is another one or in another state
 * now. */
gboolean origin_is_unchanged(const Origin *self);

/**
 * origin_match:
 * @then: as a manifest has it, of the system that ran as @boot (nullable)
 * @fd: what is at its path now
 *
 * Returns: ORIGIN_SAME only if all of @then is as it was, the times included, no reboot was in
 * between (a crash loses times, and gives numbers of devices to others), the clock was not set back
 * behind them, and the file system is one that is known to keep that promise: ext4 or XFS, on
 * anything but a loop device, whose file others may write to.
 */
OriginMatch origin_match(const Origin *then, const char *boot, int fd);

/** origin_boot: Returns: (nullable): the id of the system since its last start, owned by the
 * caller. */
char *origin_boot(void);

/** origin_time_format: Returns: "SECONDS.NANOSECONDS", owned by the caller. */
char *origin_time_format(const OriginTime *time);

/** origin_time_parse: @text: as the schema has it, or NULL: zeros. */
OriginTime origin_time_parse(const char *text);

gboolean origin_time_equal(const OriginTime *one, const OriginTime *other);

Origin *origin_copy(const Origin *self);

/** origins_new: Returns: (element-type Origin): an empty list, owned by the caller. */
GPtrArray *origins_new(void);

/** origin_free: NULL is fine. */
void origin_free(Origin *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Origin, origin_free)

G_END_DECLS
