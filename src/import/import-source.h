/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"
#include "image/qcow2-header.h"

G_BEGIN_DECLS

/* An export as somebody hands it in whom nobody vouches for. Every file that its manifest names is
 * opened once, beneath its directory and through no symbolic link, and stays open: what was looked
 * at is what is read, whatever happens to names meanwhile. */

typedef struct ImportSource ImportSource;

/**
 * import_source_open:
 * @path: absolute, of the export's directory
 *
 * Checks everything that can be checked without reading the images: that nothing is missing and
 * nothing else is there, kinds of files, sizes, the headers of the images. Returns: owned by the
 * caller; CORRUPT naming the file that is not as the manifest says, NOT_SUPPORTED for an image with
 * features that are not handled.
 */
ImportSource *import_source_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_source_path: Returns: (transfer none): its directory. */
const char *import_source_path(const ImportSource *self);

/** import_source_manifest: Returns: (transfer none): what it says that it holds. */
const Manifest *import_source_manifest(const ImportSource *self);

/** import_source_fd: Returns: the file @file of the manifest, open; still owned by @self. */
int import_source_fd(const ImportSource *self, const ManifestFile *file);

/**
 * import_source_text:
 * @path: of a small file in the export
 *
 * Returns: its content, which has the digest that the manifest says, owned by the caller; CORRUPT
 * if it has not, is not in the manifest, or is too large.
 */
char *import_source_text(const ImportSource *self, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_source_close: Closes its files, so that nothing can be read any more. What its manifest
 * says stays. */
void import_source_close(ImportSource *self);

/**
 * import_check_layer:
 * @fd: an image, open
 * @file: what the manifest says of it
 *
 * Returns: FALSE if its header says something else: CORRUPT, or NOT_SUPPORTED for what no image
 * of an export has.
 */
gboolean import_check_layer(const Manifest *manifest, const ManifestFile *file, int fd,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

void import_source_free(ImportSource *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportSource, import_source_free)

G_END_DECLS
