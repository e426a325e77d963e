/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/target.h"
#include "export/plan-build.h"

G_BEGIN_DECLS

/* Domains and snapshots as a hypervisor would describe them, made up by a test. */

/** A disk of a snapshot. */
typedef struct {
    const char *target;
    const char *path;     /* NULL: an empty drive */
    const char *format;   /* NULL: not said */
    const char *location; /* libvirt's word; NULL: not listed */
    const char *more;     /* attributes of <disk>, as "type='block'"; may be NULL */
    const char *children; /* more children of <disk>; may be NULL */
    const char *overlay;  /* that the snapshot made of it; NULL: not said */
} TestDisk;

/** A snapshot; its disks end with a NULL target. */
typedef struct {
    const char *name;
    const char *state;  /* NULL: "disk-snapshot" */
    const char *memory; /* attributes of <memory>; NULL: snapshot='no' */
    const char *domain; /* more children of <domain>; may be NULL */
    const char *inactive; /* children of <inactiveDomain>; NULL: there is none */
    gint64 created;     /* seconds since 1970; 0: after every file that a test makes, and
                         * none for an internal one */
    TestDisk disks[10];
} TestSnapshot;

/**
 * test_record:
 * @present: (nullable): the path of the image that the domain's first disk is now
 *
 * Returns: a domain with the @n @snapshots, owned by the caller.
 */
DomainRecord *test_record(const char *name, gboolean active, const char *present,
                          const TestSnapshot *snapshots, gsize n);

/** test_host: Returns: a host, owned by the caller. */
HostInfo *test_host(void);

/** target_at: Returns: the target of that place, as target_new(). */
Target *target_at(const char *directory, const char *name, const char *snapshot,
                  gboolean subdirectory, GError **error);

G_END_DECLS
