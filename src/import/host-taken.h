/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/host-facts.h"
#include "import/host-finding.h"

G_BEGIN_DECLS

/* What an import wants to make on this host and somebody else has. */

/** What one domain wants. Nothing is owned. */
typedef struct {
    const char *member; /* its name in the export */
    const char *name;   /* here */
    const char *uuid;   /* NULL: a new one */
    GPtrArray *macs;    /* char*, lower case; NULL: new ones */
    GPtrArray *disks;   /* char*: absolute paths of the images to be made */
    const char *nvram;  /* absolute path; NULL: none */
} HostClaim;

/**
 * host_taken_find:
 * @claims: (element-type HostClaim): of all members
 * @findings: (element-type HostFinding): everything that is taken is added, each with the option
 * that helps
 *
 * Looks at the domains of the host, and of @claims among each other, for names, UUIDs, MAC
 * addresses and files, and at the file system for the files.
 */
void host_taken_find(const HostFacts *facts, GPtrArray *claims, GPtrArray *findings);

/**
 * host_taken_volume:
 *
 * Adds what stands in the way of the volume @name in the storage pool @pool: the pool is not
 * there or not active, or @volumes (char*), those that it has, has it.
 */
void host_taken_volume(const HostFacts *facts, const char *member, const char *pool,
                       GPtrArray *volumes, const char *name, GPtrArray *findings);

/** host_taken_collection: Adds that @name is among @collections (char*), if it is. */
void host_taken_collection(GPtrArray *collections, const char *name, GPtrArray *findings);

G_END_DECLS
