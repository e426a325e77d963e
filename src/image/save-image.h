/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * save_image_uuid:
 * @fd: a file into which libvirt's QEMU driver saved the memory of a domain
 * @what: its path, for errors
 *
 * Returns: the UUID of the domain whose memory it is, owned by the caller; NULL with CORRUPT if the
 * file is none of its kind, is not finished, or ends before what its header says.
 * Source: libvirt, src/qemu/qemu_saveimage.h (virQEMUSaveHeader).
 */
char *save_image_uuid(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * save_image_xml:
 * Returns: the description of the domain that is in it, owned by the caller; the same errors.
 */
char *save_image_xml(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * save_image_patch:
 * @xml: another description of the same domain
 *
 * Returns: the beginning of the file as it is with that, to be written over the one that is there;
 * owned by the caller. NULL with NOT_SUPPORTED if there is no room for it.
 */
GBytes *save_image_patch(int fd, const char *xml, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
