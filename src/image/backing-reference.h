/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The reference to the backing image in the header of an image: a path, or one of the two other
 * forms in which QEMU accepts a plain local file or block device. Source: QEMU's
 * docs/interop/qcow2.txt, bdrv_open() and its "json:" pseudo-protocol. */

typedef struct {
    char *path;   /* a local path; a relative one starts at the directory of the image */
    char *format; /* "qcow2" or "raw" if the reference itself names the format, else NULL */
    gboolean device; /* the reference says that it is a block device */
} BackingReference;

/**
 * backing_reference_parse:
 * @text: the reference as it stands in the header, not empty
 * @what: the image's path, for errors
 *
 * Accepts a path, "file:" followed by an absolute path, and a "json:" document that describes a
 * local file or block device by nothing but its path, optionally below the driver qcow2 or raw. Any
 * other option in the document could change what a guest sees and is refused.
 *
 * Returns: owned by the caller; NOT_SUPPORTED naming the key or the protocol.
 */
BackingReference *backing_reference_parse(const char *text, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * backing_reference_is_remote:
 * @text: the reference as it stands in the header
 *
 * Returns: TRUE if it certainly leads to another server by one of QEMU's network protocols, as a
 * URL or as a "json:" document, and to no local file.
 */
gboolean backing_reference_is_remote(const char *text);

/** backing_reference_locate: Returns: where @path of a reference leads in the image that was
 * reached by the path @referrer; owned by the caller. */
char *backing_reference_locate(const char *referrer, const char *path);

/** Frees @reference. NULL is fine. */
void backing_reference_free(BackingReference *reference);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BackingReference, backing_reference_free)

G_END_DECLS
