/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What the header of an image says about its backing image: a path, or one of the two other ways
 * in which QEMU lets a plain local file or block device be named. Source: QEMU's
 * docs/interop/qcow2.txt, bdrv_open() and its "json:" pseudo-protocol. */

typedef struct {
    char *path;   /* a local path; a relative one is from the directory of the image */
    char *format; /* "qcow2" or "raw" where the reference itself says so, else NULL */
    gboolean device; /* the reference says that it is a block device */
} BackingReference;

/**
 * backing_reference_parse:
 * @text: the reference as it stands in the header, not empty
 * @what: the image's path, for errors
 *
 * Takes a path, "file:" with an absolute one, and "json:" that describes a local file or block
 * device with nothing but its path, and a driver that is qcow2 or raw. Whatever else it names could
 * change what a guest sees.
 *
 * Returns: owned by the caller; NOT_SUPPORTED naming the key or the protocol.
 */
BackingReference *backing_reference_parse(const char *text, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** Frees @reference. NULL is fine. */
void backing_reference_free(BackingReference *reference);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BackingReference, backing_reference_free)

G_END_DECLS
