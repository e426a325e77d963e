/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/domain-rewrite.h"

G_BEGIN_DECLS

/* Rewrites the XML of a domain that would be imported for a boot test: the guest finds the same
 * hardware, but nothing connects it with the host or the network. */

/** An image of a disk as QEMU opens it. */
typedef struct {
    char *path;   /* absolute */
    char *format; /* "qcow2", "raw" */
    char *group;  /* name of its open descriptor; NULL: opened by its path */
} BootImage;

typedef struct {
    char *target;      /* "vda" */
    GPtrArray *images; /* BootImage: the top image first, then its backing chain */
} BootDisk;

/** The files that the domain uses on this host. Strings are not owned. */
typedef struct {
    GPtrArray *disks;    /* BootDisk */
    const char *console; /* absolute path of the file for the output of the serial console */
    const char *nvram;   /* absolute path for firmware variables that are not in the export */
} BootPlace;

/** The signs by which it can be seen that a domain boots. */
typedef struct {
    gboolean console; /* it has a serial or other console */
    gboolean agent;   /* it has a channel for a guest agent */
    gboolean tpm;     /* its TPM was removed */
} BootSigns;

/**
 * boot_domain:
 * @domain: a <domain> that has passed the gate and domain_rewrite(); changed in place
 * @signs: (out):
 *
 * Disks get the images of @place. Network cards are kept, but without link and network. Devices and
 * settings that use anything of the host are removed even if the user trusts them, and so are
 * resource limits and placement; other serial devices are disconnected. The domain ends when it is
 * reset.
 */
void boot_domain(xmlNode *domain, const BootPlace *place, BootSigns *signs);

/** boot_disk_new: Returns: owned by the caller; @target is copied. */
BootDisk *boot_disk_new(const char *target);

/** boot_disk_add: Adds an image at the bottom of the chain of @disk; strings are copied. */
void boot_disk_add(BootDisk *disk, const char *path, const char *format, const char *group);

/** boot_disk_free: Frees @disk, which may be NULL. */
void boot_disk_free(BootDisk *disk);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootDisk, boot_disk_free)

G_END_DECLS
