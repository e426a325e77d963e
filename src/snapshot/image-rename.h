/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/**
 * image_rename:
 * @xml: a <domain> or a <domainsnapshot>
 * @from: an image that is merged into
 * @into: the one below it
 *
 * Has every disk in @xml that names @from, as its image or as one below it, name @into in its
 * place; what stands below @into in a chain stays. What a snapshot says of where its own writing
 * went on (<domainsnapshot><disks>) is left alone.
 *
 * Returns: the new document, owned by the caller; NULL without an error if nothing names @from.
 */
char *image_rename(const char *xml, const Layer *from, const Layer *into, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** image_is_named: Returns: TRUE if a disk in @xml names @image, as its image or below it. */
gboolean image_is_named(const char *xml, const Layer *image);

/** image_of: @xml: a <domain>. Returns: the file of its disk @target, owned by the caller; NULL if
 * it has no such disk, or none on a file. */
char *image_of(const char *xml, const char *target);

/**
 * image_replace:
 * @xml: a <domain>
 * @target: one of its disks
 * @path: of the qcow2 image that it is to have, without a word of what is below it
 *
 * Returns: the new document, owned by the caller; NULL with CORRUPT if it has no such disk.
 */
char *image_replace(const char *xml, const char *target, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
