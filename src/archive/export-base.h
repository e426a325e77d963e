/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "archive/manifest.h"

G_BEGIN_DECLS

/* The base of an export: an earlier export whose layers are used again. */

/** The word that names, instead of a path, the newest export that has disks, or left none out. */
#define EXPORT_BASE_LATEST "latest"

/** A complete export, held for reading: nobody prunes it meanwhile. */
typedef struct {
    char *path;   /* absolute */
    int dirfd;    /* owned */
    int lock;     /* owned */
    guint64 device; /* of the file system that it is on, as in struct stat */
    Manifest *manifest;
} ExportBase;

/**
 * export_base_find:
 * @name: an absolute path, EXPORT_BASE_LATEST, or the name of a snapshot or reference point whose
 * export is beside the new one
 * @checkpoint: what the checkpoints of a reference point @name are called
 * @place: of the new one
 * @collection: (nullable): what it is of; NULL: the unnamed collection that @place is named after
 * @members: (element-type utf8): UUIDs of its members. Of another host's collection of that name no
 * export is the newest one, for no domain is on both
 * @base: (out): owned by the caller; NULL: the newest one is asked for, and there is none
 * @notes: (element-type utf8): what was passed over on the way to the newest one, and why, is added
 *
 * Finds it, takes it for reading and reads its manifest.
 *
 * Returns: FALSE with NOT_FOUND, IN_USE (it is being removed), INVALID_STATE (it is not complete),
 * INVALID_PARAMETER (it is of another collection), NOT_SUPPORTED (of a later version) or CORRUPT.
 */
gboolean export_base_find(const char *name, const char *checkpoint, const ExportPlace *place,
                          const char *collection, GPtrArray *members, ExportBase **base,
                          GPtrArray *notes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_base_has_any: Returns: whether the export has one of @members, as above. One that has
 * none is the base only if it was named. */
gboolean export_base_has_any(const Manifest *manifest, GPtrArray *members);

/** export_base_none: Returns: (transfer full): the warning that there is no export to be the newest
 * one, as before the first export at @place. */
char *export_base_none(const ExportPlace *place);

/** export_base_below: Returns: (transfer none) (nullable): the backing layer of its layer @file. */
const ManifestFile *export_base_below(const ExportBase *self, const ManifestFile *file);

/**
 * export_base_open_layer:
 * @file: of its manifest
 *
 * Opens one of its layers, and makes sure that it is what the manifest says as far as that can be
 * seen without reading it: a regular file in it, no link, of that size, and its qcow2 header refers
 * to what the manifest says. Returns: a descriptor, owned by the caller, or -1: CORRUPT naming it.
 */
int export_base_open_layer(const ExportBase *self, const ManifestFile *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_base_is_untouched: Returns: whether nobody has written to the layer open as @fd since the
 * export was made, as far as its times tell: what was copied from elsewhere has others. */
gboolean export_base_is_untouched(const ManifestFile *file, int fd);

/** export_base_vouches_for: Returns: whether it can be told that the layer is what was exported: by
 * its digest, or by export_base_is_untouched(). Without a digest it cannot where permissions are
 * not kept, as on CIFS, nor of a copy of an export that was made without its times. */
gboolean export_base_vouches_for(const ExportBase *self, const ManifestFile *file);

/** export_base_vouches_for_chain: Returns: the same of @top and the layers below it. */
gboolean export_base_vouches_for_chain(const ExportBase *self, const ManifestFile *top);

/** export_base_damaged: Returns: FALSE with CORRUPT: @file of the base is not what it was. */
gboolean export_base_damaged(const ExportBase *self, const ManifestFile *file, GError **error);

/** export_base_free: NULL is fine. */
void export_base_free(ExportBase *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportBase, export_base_free)

G_END_DECLS
