/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"
#include "archive/verify-report.h"
#include "image/qcow2-header.h"

G_BEGIN_DECLS

/* An untrusted export. Every file in its manifest is opened once, beneath its directory and without
 * following symbolic links, and stays open. So the files that were checked are those that are read,
 * whatever happens to their names meanwhile. */

typedef struct ImportSource ImportSource;

/**
 * import_source_open:
 * @path: absolute path of the export's directory
 *
 * Checks everything that can be checked without reading the images: that no file is missing or
 * surplus, the types and sizes of the files, and the headers of the images. Returns: owned by the
 * caller; NULL with CORRUPT naming the file that differs from the manifest, or NOT_SUPPORTED for an
 * image with unsupported features.
 */
ImportSource *import_source_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_source_path: Returns: (transfer none): the path of the export. */
const char *import_source_path(const ImportSource *self);

/** import_source_manifest: Returns: (transfer none): the manifest. */
const Manifest *import_source_manifest(const ImportSource *self);

/** import_source_fd: Returns: the descriptor of @file, owned by @self. */
int import_source_fd(const ImportSource *self, const ManifestFile *file);

/**
 * import_source_text:
 * @path: path of a small file in the export
 *
 * Returns: its content, whose digest is that of the manifest, owned by the caller; NULL with
 * CORRUPT if the digest differs, the file is not in the manifest, or is too large.
 */
char *import_source_text(const ImportSource *self, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_source_match: Returns: FALSE with CORRUPT that tells the first problem of @report, if it
 * has one. */
gboolean import_source_match(const VerifyReport *report, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_source_close: Closes its files, so that nothing can be read any more. What its manifest
 * says stays. */
void import_source_close(ImportSource *self);

/**
 * import_check_layer:
 * @fd: an open image
 * @file: its entry in the manifest
 *
 * Returns: FALSE with CORRUPT if its header differs from the manifest, or NOT_SUPPORTED if it has
 * features that images of an export never have.
 */
gboolean import_check_layer(const Manifest *manifest, const ManifestFile *file, int fd,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_check_flash:
 * @file: the variables of some firmware, or all of a flash that it writes to
 * @format: the format that its domain has it in: "raw", "qcow2"
 * @fd: the open file
 *
 * Returns: FALSE with CORRUPT if it is not of that format or refers to another file; NOT_SUPPORTED
 * for other formats and features.
 */
gboolean import_check_flash(const ManifestFile *file, const char *format, int fd,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

void import_source_free(ImportSource *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportSource, import_source_free)

G_END_DECLS
