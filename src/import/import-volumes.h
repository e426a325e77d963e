/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <sys/stat.h>

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"
#include "import/volume-record.h"

G_BEGIN_DECLS

/* The volumes of an import into a storage pool. They have their final names from the beginning, as
 * libvirt renames none; so there is a durable record of them (own-record.h), whose mark is in the
 * directory of the import, before the first one is made, and as long as the import is not complete.
 * It says which files are meant: another one of the same name is never touched. */

/** Name of the mark, a file in the directory of the import. */
#define IMPORT_VOLUMES_MARK "volumes"

/** How long the record may be, in bytes. */
#define IMPORT_VOLUMES_BYTES_MAX ((gsize)64 << 20)

/**
 * import_volumes_read:
 * @dirfd: the directory of an import, also a partial one
 * @volumes: (out): owned by the caller; NULL if there is no record
 *
 * Reads the record. Returns: FALSE with CORRUPT or ACCESS_DENIED if it cannot be relied on.
 */
gboolean import_volumes_read(int dirfd, VolumeRecord **volumes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_has: Returns: TRUE if the volume at @path is recorded. */
gboolean import_volumes_has(const VolumeRecord *self, const char *path);

/** What is at the path of a recorded volume. */
typedef enum {
    VOLUME_GONE,
    VOLUME_OURS,
    VOLUME_OTHER, /* it cannot be told to be the one that was made */
} VolumeState;

/** import_volumes_look: @st: (out): of what is there. Returns: FALSE with an error if it cannot be
 * looked at. */
gboolean import_volumes_look(const VolumeRecord *self, const RecordedVolume *volume,
                             VolumeState *state, struct stat *st, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_known: Returns: FALSE with INVALID_STATE naming what is at the path of a volume
 * that was made, if it cannot be told to be that. */
gboolean import_volumes_known(const VolumeRecord *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_of: Returns: the volumes of @plan, of which none is made yet, owned by the
 * caller. */
VolumeRecord *import_volumes_of(const ImportPlan *plan);

/** import_volumes_open_left: Returns: a descriptor of the partial directory that an import into
 * @directory has left, owned by the caller; -1: there is none. */
int import_volumes_open_left(const char *directory);

/**
 * import_volumes_keep:
 * @resume: whether what an earlier run has left is to be resumed
 * @kept: (out): whether all volumes of @plan are there as the record says; TRUE for a plan without
 * volumes
 *
 * Looks after the record in the partial directory @dirfd. If @kept is FALSE, or without @resume,
 * the volumes in it were removed.
 */
gboolean import_volumes_keep(const ImportPlan *plan, int dirfd, gboolean resume, gboolean *kept,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_make: Creates the volumes of @plan, which import_volumes_keep() did not keep, and
 * their record in @dirfd. They are empty files, to be written to. */
gboolean import_volumes_make(Hypervisor *hypervisor, const ImportPlan *plan, int dirfd,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_check: Returns: FALSE with INVALID_STATE unless all volumes of @plan are there as
 * the record in @dirfd says. */
gboolean import_volumes_check(const ImportPlan *plan, int dirfd, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_volumes_remove:
 * @hypervisor: (nullable): is told to look at the pool again
 *
 * Removes all volumes in the record in @dirfd, and then the record. It is no error if there is
 * none. Returns: FALSE as import_volumes_known(), and then nothing was removed.
 */
gboolean import_volumes_remove(int dirfd, Hypervisor *hypervisor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_recover: Does the same for the partial directory that a killed import into
 * @directory has left. Returns: FALSE with IN_USE if that import is still under way. */
gboolean import_volumes_recover(const char *directory, Hypervisor *hypervisor, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_done: Removes the record of @dirfd, because the import is complete. */
void import_volumes_done(int dirfd);

G_END_DECLS
