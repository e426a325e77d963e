/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/origin.h"
#include "transfer/digest.h"
#include "util/error.h"

G_BEGIN_DECLS

/* manifest.xml, the root of an export: everything in it, with sizes and digests. Its schema is
 * xml-schemas/manifest.rng. */

#define MANIFEST_FILE "manifest.xml"

/** One file of an export. */
typedef struct {
    char *path;     /* relative to the export */
    char *role;     /* "layer", or as in PlanFile */
    guint64 bytes;
    gboolean has_digest;
    guint8 digest[DIGEST_BYTES];
    GBytes *nodes;  /* layers: DIGEST_BYTES a segment; NULL without digest */
    char *format;   /* layers: "qcow2" or "raw"; NULL for others */
    guint64 capacity; /* layers: bytes that a guest sees */
    char *backing;  /* layers: path of the one below, or NULL */
    char *source;   /* layers: where it came from */
    gboolean flattened; /* layers: made by reading a whole chain */
    gboolean linked;    /* layers: taken from the base, and not read from the source */
    OriginTime written; /* layers: when the file was last written to; zeros: not known */
    GPtrArray *origins; /* Origin: layers: the images that it was read from, the top one first;
                         * none if they cannot be told to be the same */
} ManifestFile;

typedef struct {
    char *target;
    char *device;
    char *layer;    /* path of its top layer, or NULL */
    char *internal; /* internal snapshot of that layer, or NULL */
    char *recorded; /* why it has none */
    char *source;   /* NULL: empty drive */
} ManifestDisk;

typedef struct {
    char *name;
    char *kind;        /* "external", "internal", "live", "none" */
    char *consistency; /* a word of hypervisor/consistency.h */
    char *reason;      /* why it is less than was asked for; NULL: it is not, or not known */
    gint64 creation_time;
    gboolean memory;   /* its memory state is in the export */
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
    char *boot;       /* which run of that host's system; NULL: not known */
    char *base;       /* path of the export that layers were taken from; NULL: none */
    char *base_snapshot; /* and what it is of */
    GPtrArray *domains;  /* ManifestDomain */
    GPtrArray *files;    /* ManifestFile */
    GHashTable *by_path; /* the same; char* -> ManifestFile, both not owned */
    GPtrArray *warnings; /* char* */
} Manifest;

/**
 * manifest_parse:
 * @text: of @length bytes, from somebody nobody vouches for
 *
 * Checks it against the schema. Returns: owned by the caller; CORRUPT if it is not valid.
 */
Manifest *manifest_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** manifest_load: The same for the export whose directory is open as @dirfd. */
Manifest *manifest_load(int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** manifest_file: Returns: (transfer none) (nullable): the file with @path. */
ManifestFile *manifest_file(const Manifest *manifest, const char *path);

/** manifest_file_new: Returns: one of which nothing is known, owned by the caller. */
ManifestFile *manifest_file_new(void);

/** Free what the name says. NULL is fine. */
void manifest_file_free(ManifestFile *file);
void manifest_free(Manifest *manifest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ManifestFile, manifest_file_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifest, manifest_free)

G_END_DECLS
