/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a run of export-run tells the journal of systemd, if standard error goes there: messages
 * with an identity that does not change from version to version, and fields. Else the same lines go
 * to standard error, with the <N> that systemd understands in front if it is systemd's. */

typedef enum {
    NIGHT_STARTED,
    NIGHT_DONE,
    NIGHT_WARNING,
    NIGHT_FAILED,
    NIGHT_PRUNED,
    NIGHT_HOOK_FAILED,
} NightEvent;

/** What belongs to a message; NULL: nothing is known of it. */
typedef struct {
    const char *name;       /* of the configuration: VIRTSNAP_NAME */
    const char *collection; /* VIRTSNAP_COLLECTION */
    const char *snapshot;   /* VIRTSNAP_SNAPSHOT */
    const char *path;       /* VIRTSNAP_EXPORT */
    guint code;             /* VIRTSNAP_RESULT */
} NightFields;

/**
 * night_log:
 * @quiet: only what is a warning at least, where it does not go to the journal
 */
void night_log(NightEvent event, const NightFields *fields, gboolean quiet, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

G_END_DECLS
