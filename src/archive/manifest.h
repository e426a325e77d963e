/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/origin.h"
#include "transfer/digest.h"
#include "util/error.h"

G_BEGIN_DECLS

/* manifest.xml, which describes an export: everything in it, with sizes and digests (schema:
 * xml-schemas/manifest.rng). */

#define MANIFEST_FILE "manifest.xml"

/** The schema of manifests. */
#define MANIFEST_SCHEMA "manifest.rng"

/** One file of an export. */
typedef struct {
    char *path;     /* relative to the export */
    char *role;     /* "layer", or one of those in PlanFile */
    guint64 bytes;
    gboolean has_digest;
    guint8 digest[DIGEST_BYTES];
    GBytes *nodes;  /* layers: DIGEST_BYTES for each segment; NULL without digest */
    char *format;   /* layers: "qcow2" or "raw"; NULL for others */
    guint64 capacity; /* layers: virtual size in bytes */
    char *backing;  /* layers: path of the backing layer, or NULL */
    char *source;   /* layers: path of the source image */
    gboolean flattened; /* layers: made from a whole backing chain */
    gboolean linked;    /* layers: taken from the base, and not read from the source */
    OriginTime written; /* layers: when the file was last written to; zeros: not known */
    GPtrArray *origins; /* Origin: layers: the images that it was read from, the top one first;
                         * none if they cannot be told to be the same */
} ManifestFile;

/** The checkpoint of a disk, since which its changes are known. */
typedef struct {
    char *name;
    char *id;      /* its id, which a later checkpoint of the same name does not have */
    Origin *image; /* the image file, without what changes when it is written to */
    char *run;     /* of the hypervisor, see plan_points_run(); NULL: not known */
    gint64 creation_time; /* the hypervisor's, in seconds since the epoch: one that is made anew has
                           * another, even with the same id; 0: not known */
} ManifestCheckpoint;

/** manifest_checkpoint_free: NULL is fine. */
void manifest_checkpoint_free(ManifestCheckpoint *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ManifestCheckpoint, manifest_checkpoint_free)

typedef struct {
    char *target;
    char *device;
    char *layer;    /* path of its top layer, or NULL */
    char *internal; /* internal snapshot of that layer, or NULL */
    char *recorded; /* why it has no layer, or NULL */
    char *source;   /* path of the source; NULL: an empty drive */
    ManifestCheckpoint *checkpoint; /* of the export's moment, or NULL */
} ManifestDisk;

typedef struct {
    char *name;
    char *kind;        /* "external", "internal", "live", "none" */
    char *consistency; /* a word of hypervisor/consistency.h */
    char *reason;      /* why it is less than was asked for; NULL: it is not, or not known */
    gint64 creation_time;
    gboolean memory;   /* the export includes its memory state */
    GPtrArray *disks;  /* ManifestDisk */
} ManifestSnapshot;

typedef struct {
    char *name;
    char *uuid;
    char *directory;
    GPtrArray *snapshots; /* ManifestSnapshot; the exported one first */
} ManifestDomain;

typedef struct {
    char *collection; /* NULL: unnamed */
    char *snapshot;
    char *created;    /* ISO 8601 */
    char *host;
    char *boot;       /* id of the host's system since its last start; NULL: not known */
    char *base;       /* path of the export that layers were taken from; NULL: none */
    char *base_snapshot; /* snapshot of which that export is */
    GPtrArray *domains;  /* ManifestDomain */
    GPtrArray *files;    /* ManifestFile */
    GHashTable *by_path; /* index of files: char* -> ManifestFile, neither owned */
    GPtrArray *warnings; /* char* */
} Manifest;

/**
 * manifest_parse:
 * @text: an untrusted document of @length bytes
 *
 * Validates and parses a manifest. Returns: owned by the caller; NULL with CORRUPT if it is not
 * valid.
 */
Manifest *manifest_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** manifest_load: Loads the manifest of the export whose directory is open as @dirfd. Returns: as
 * manifest_parse(). */
Manifest *manifest_load(int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** manifest_load_open: The same for the manifest that is open as @fd. Who has it locked for itself
 * (export_lock_remove()) has to read it by that descriptor: on CIFS no other can. */
Manifest *manifest_load_open(int fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** manifest_file: Returns: (transfer none) (nullable): the file @path. */
ManifestFile *manifest_file(const Manifest *manifest, const char *path);

/** manifest_disk: Returns: (transfer none) (nullable): the disk @target of the domain @uuid, as it
 * was exported: that of its first snapshot. */
const ManifestDisk *manifest_disk(const Manifest *manifest, const char *uuid, const char *target);

/** manifest_disk_is_left_out: Returns: whether the disk was there and its content was not exported,
 * because that was asked for, in the settings or in the domain's XML. */
gboolean manifest_disk_is_left_out(const ManifestDisk *disk);

/**
 * manifest_memory_path:
 * @index: index of a snapshot of @domain
 *
 * Returns: the path, relative to the export, of the file with the memory state of that snapshot, if
 * it has one (see plan_files_memory()); owned by the caller.
 */
char *manifest_memory_path(const ManifestDomain *domain, guint index);

/** manifest_file_new: Returns: an empty description of a file, owned by the caller. */
ManifestFile *manifest_file_new(void);

/** Free a ManifestFile or Manifest, which may be NULL. */
void manifest_file_free(ManifestFile *file);
void manifest_free(Manifest *manifest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ManifestFile, manifest_file_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifest, manifest_free)

G_END_DECLS
