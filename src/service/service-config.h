/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "util/error.h"

G_BEGIN_DECLS

/* What the host's administrator decides: virtsnapd.conf, in the syntax of desktop entries. */

typedef struct {
    guint jobs;            /* [jobs] running: at once */
    guint per_file_system; /* [jobs] per_file_system: at once on the same target file system */
    guint transfers;       /* [jobs] transfers: at once, all jobs together */
    guint queued;          /* [jobs] queued: how many may wait */
    guint keep_seconds;    /* [jobs] keep_finished: how long a finished job stays, 300 at least */
    guint keep_interrupted; /* [jobs] keep_interrupted: seconds that one that can be resumed stays,
                             * with what it has copied; 0: for ever */
    guint idle_seconds;    /* [service] idle_timeout: the service leaves when nothing happens for
                            * so long; 0: never */
    char **directories;    /* [export] directories: where users other than root may export to */
} ServiceConfig;

/**
 * service_config_load:
 * @path: the file; one that is not there means the defaults
 *
 * Returns: owned by the caller; INVALID_PARAMETER naming the key that is unknown or wrong.
 */
ServiceConfig *service_config_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * service_config_may_export:
 * @uid: who asks
 * @place: where to; one that takes the place of its directory needs leave for the directory that
 * this is in
 * @session: whether the service is on a session bus
 *
 * Root may export anywhere, and on a session bus the service has no rights that its user lacks.
 * Others may export into the directories of the configuration and what is below them; each
 * directory on the way has to be one that only root can change, so that nobody can lead the
 * service elsewhere by a symbolic link.
 *
 * Returns: FALSE with ACCESS_DENIED if not.
 */
gboolean service_config_may_export(const ServiceConfig *config, guint uid, const ExportPlace *place,
                                   gboolean session, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void service_config_free(ServiceConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceConfig, service_config_free)

G_END_DECLS
