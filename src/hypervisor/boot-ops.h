/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Domains that are started only to see whether they do, and are gone afterwards. */

typedef struct Hypervisor Hypervisor;

/** An image that a domain reads, open: the hypervisor's own rights do not matter then, nor does
 * anybody else come to own it. */
typedef struct {
    char *group; /* what the XML calls it: <source fdgroup='…'> */
    int fd;      /* for reading; not owned */
} BootFile;

/** How far a domain has come. */
typedef enum {
    BOOT_RUNS,
    BOOT_STANDS, /* paused by the hypervisor: an error of a disk, a panic */
    BOOT_ENDED,  /* or it was reset, where its XML says that it ends then */
} BootState;

typedef struct {
    /* Starts the domain of @xml, which has a name and a UUID that no other has. Where the
     * hypervisor can do that it ends when the connection is lost. It is defined, also if it did
     * not start, until the hypervisor's undefine() takes it away. */
    gboolean (*start)(Hypervisor *hypervisor, const char *xml, const BootFile *files,
                      guint n_files, GError **error);

    /* Finds out how the domain with the UUID @uuid stands. @why: (out): in words, where it does not
     * run; owned by the caller. */
    gboolean (*look)(Hypervisor *hypervisor, const char *uuid, BootState *state, char **why,
                     GError **error);

    /* Returns: whether its guest agent answers a question now; waits for it a few seconds. */
    gboolean (*agent_answers)(Hypervisor *hypervisor, const char *uuid);
} HypervisorBootOps;

G_END_DECLS
