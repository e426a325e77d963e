/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "util/error.h"

G_BEGIN_DECLS

/* The configuration of the service: virtsnapd.conf, in the key file format of GLib. */

typedef struct {
    guint jobs;            /* [jobs] running: maximal number of running jobs */
    guint per_file_system; /* [jobs] per_file_system: maximal number of running jobs on one target
                            * file system */
    guint transfers;       /* [jobs] transfers: maximal number of simultaneous transfers of all
                            * jobs */
    guint queued;          /* [jobs] queued: maximal number of waiting jobs */
    guint keep_seconds;    /* [jobs] keep_finished: seconds that a finished job is kept, at least
                            * 300 */
    guint keep_interrupted; /* [jobs] keep_interrupted: seconds that a job which can be resumed is
                             * kept, together with what it has copied, at least 300; 0: for
                             * ever */
    guint idle_seconds;    /* [service] idle_timeout: seconds without activity after which the
                            * service exits; 0: never */
    char **directories;    /* [export] directories: directories into which users other than root may
                            * export */
} ServiceConfig;

/**
 * service_config_load:
 * @path: path of the file; if it does not exist, the defaults are used
 *
 * Returns: owned by the caller; INVALID_PARAMETER naming the key that is unknown or wrong.
 */
ServiceConfig *service_config_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * service_config_may_export:
 * @uid: the user
 * @place: the place of the export; one without a subdirectory replaces its directory, so it needs
 * permission for the parent directory
 * @session: whether the service is on a session bus
 *
 * Root may export anywhere, and so may everybody on a session bus, where the service has no more
 * rights than its user. Others may export into the configured directories and below them, if only
 * root can change each directory on the path; otherwise a symbolic link could lead the service
 * elsewhere.
 *
 * Returns: FALSE with ACCESS_DENIED if the user may not export there.
 */
gboolean service_config_may_export(const ServiceConfig *config, guint uid, const ExportPlace *place,
                                   gboolean session, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * service_config_may_use:
 * @path: canonical path of a directory
 *
 * Returns: FALSE with ACCESS_DENIED if the service may not read or write in @path for the user
 * @uid, by the same rules as service_config_may_export().
 */
gboolean service_config_may_use(const ServiceConfig *config, guint uid, const char *path,
                                gboolean session, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void service_config_free(ServiceConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceConfig, service_config_free)

G_END_DECLS
