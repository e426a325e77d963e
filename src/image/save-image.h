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
 * Returns: the UUID of the domain whose memory this is, owned by the caller; NULL with CORRUPT if
 * the file is not such a save image, if saving was not completed, or if the file ends before its
 * header says. Source: libvirt, src/qemu/qemu_saveimage.h (virQEMUSaveHeader).
 */
char *save_image_uuid(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * save_image_xml:
 * Returns: the XML of the domain that is stored in the save image, owned by the caller; NULL with
 * the errors of save_image_uuid().
 */
char *save_image_xml(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * save_image_patch:
 * @xml: another XML of the same domain
 *
 * Returns: the beginning of the file with @xml in place of the XML that is there, to be written
 * over the present beginning; owned by the caller. NULL with NOT_SUPPORTED if @xml needs more room
 * than there is before the memory.
 */
GBytes *save_image_patch(int fd, const char *xml, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
