/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify-report.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Verification of an export: every file exists with its digest, if the manifest has one, the images
 * have the backing files that the manifest says, and there is nothing else. */

/** What is verified, and how. It owns none of its members. */
typedef struct {
    const char *path; /* the directory of an export */
    gboolean deep;    /* also check every qcow2 image with qemu-img check */
    Control *control; /* counts the progress in bytes and can cancel the verification */

    /* (nullable): called when it is known how many bytes are going to be read, before the first
     * one is. It may set a later end of the progress. Returns: FALSE with an error if the
     * verification is to end. */
    gboolean (*ready)(guint64 bytes, gpointer data, GError **error);
    gpointer data;
} VerifyOrder;

/**
 * verify_export:
 *
 * Returns: what was found, owned by the caller; an error only if nothing can be said: no such
 * directory, no permission, cancelled, IN_USE or INVALID_STATE if it is being removed. Nobody can
 * remove it meanwhile (export-lock.h).
 */
VerifyReport *verify_export(const VerifyOrder *order, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
