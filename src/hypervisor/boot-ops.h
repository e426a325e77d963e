/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Functions to start domains only to see whether they boot, and to remove them afterwards. */

typedef struct Hypervisor Hypervisor;

/** An image that is passed to a domain as an open descriptor, so that neither the permissions of
 * the hypervisor's user nor the owner of the file matter. */
typedef struct {
    char *group; /* its name in the XML: <source fdgroup='…'> */
    int fd;      /* for reading; not owned */
} BootFile;

/** State of such a domain. */
typedef enum {
    BOOT_RUNS,
    BOOT_STANDS, /* paused by the hypervisor: an error of a disk, a panic */
    BOOT_ENDED,  /* ended, or was reset, for which its XML says that it ends */
} BootState;

typedef struct {
    /* Starts the domain of @xml, which has a unique name and UUID. If the hypervisor supports that,
     * the domain is destroyed when the connection is lost. It stays defined, even if it did not
     * start, until the hypervisor's undefine() removes it. */
    gboolean (*start)(Hypervisor *hypervisor, const char *xml, const BootFile *files,
                      guint n_files, GError **error);

    /* Queries the state of the domain with the UUID @uuid. @why: (out): if it does not run, the
     * reason, translated; owned by the caller. */
    gboolean (*look)(Hypervisor *hypervisor, const char *uuid, BootState *state, char **why,
                     GError **error);

    /* Returns: TRUE if its guest agent answers a query; waits for the answer a few seconds. */
    gboolean (*agent_answers)(Hypervisor *hypervisor, const char *uuid);
} HypervisorBootOps;

G_END_DECLS
