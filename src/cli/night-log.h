/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Messages of export-run. If standard error is connected to the journal of systemd, they are sent
 * there with message ids that never change, and with fields. Otherwise they are lines on standard
 * error, with systemd's priority prefix <N> if systemd reads it. */

typedef enum {
    NIGHT_STARTED,
    NIGHT_DONE,
    NIGHT_WARNING,
    NIGHT_FAILED,
    NIGHT_PRUNED,
    NIGHT_HOOK_FAILED,
} NightEvent;

/** The fields of a message; NULL: not known. */
typedef struct {
    const char *name;       /* name of the configuration: VIRTSNAP_NAME */
    const char *collection; /* VIRTSNAP_COLLECTION */
    const char *snapshot;   /* VIRTSNAP_SNAPSHOT */
    const char *path;       /* VIRTSNAP_EXPORT */
    guint code;             /* VIRTSNAP_RESULT */
} NightFields;

/**
 * night_log:
 * @quiet: on standard error print only warnings and errors
 */
void night_log(NightEvent event, const NightFields *fields, gboolean quiet, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

G_END_DECLS
