/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify-report.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Verification of an export: every file exists with its digest, the images have the backing files
 * that the manifest says, and there is nothing else. */

/**
 * verify_export:
 * @path: the directory of an export
 * @deep: also check every qcow2 image with qemu-img check
 * @control: counts the progress in bytes and can cancel the verification
 *
 * Returns: what was found, owned by the caller; an error only if nothing can be said: no such
 * directory, no permission, cancelled, IN_USE or INVALID_STATE if it is being removed. Nobody can
 * remove it meanwhile (export-lock.h).
 */
VerifyReport *verify_export(const char *path, gboolean deep, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
