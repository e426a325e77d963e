/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/* Which files an image needs, for an image whose chain cannot be resolved. It is found out for
 * nothing but to compare them with others, so no format has to be given, and nothing in an image
 * but the names in its header has to be sound. */

/** A set of files and block devices, each known by what identifies it. */
typedef struct ImageSet ImageSet;

/** image_set_new: Returns: an empty set, owned by the caller. */
ImageSet *image_set_new(void);

/** image_set_add: Adds the file at @path, but none that it needs. */
gboolean image_set_add(ImageSet *self, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * image_set_trace:
 * @path: of an image
 * @format: (nullable): its format; NULL: QEMU would look at its content
 *
 * Adds the image, all images below it, and their external data files. What is on another server is
 * left out. Returns: FALSE if the image may need more than was added: NOT_FOUND if one does not
 * exist; NOT_SUPPORTED, CORRUPT, ACCESS_DENIED and others if one cannot be read.
 */
gboolean image_set_trace(ImageSet *self, const char *path, const char *format, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** image_set_has: Returns: whether the file of @layer is in the set. */
gboolean image_set_has(const ImageSet *self, const Layer *layer);

/** image_set_free: NULL is fine. */
void image_set_free(ImageSet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImageSet, image_set_free)

G_END_DECLS
