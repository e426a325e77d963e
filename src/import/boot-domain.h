/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/domain-rewrite.h"

G_BEGIN_DECLS

/* From the XML of a domain as it would be imported to that of one which only shows that it boots:
 * the guest finds the same hardware, and nothing of it leads out. */

/** An image of a disk, as QEMU gets it. */
typedef struct {
    char *path;   /* absolute */
    char *format; /* "qcow2", "raw" */
    char *group;  /* what an open descriptor of it is called; NULL: opened by its path */
} BootImage;

typedef struct {
    char *target;      /* "vda" */
    GPtrArray *images; /* BootImage: the one that is written to first, then those below it */
} BootDisk;

/** What the domain has of this host. Strings are not owned. */
typedef struct {
    GPtrArray *disks;    /* BootDisk */
    const char *console; /* absolute path of the file that the serial console goes to */
    const char *nvram;   /* absolute path for firmware variables that no export has brought */
} BootPlace;

/** What there is to see of a domain that boots. */
typedef struct {
    gboolean console; /* it has a serial console, or another one in its place */
    gboolean agent;   /* a guest agent may answer */
    gboolean tpm;     /* its TPM was left out */
} BootSigns;

/**
 * boot_domain:
 * @domain: a <domain> that has passed the gate and domain_rewrite(); changed in place
 * @signs: (out):
 *
 * Disks get the images of @place. Network cards stay, with no link and nothing at the other end.
 * Devices and settings that take something of the host are removed, whoever trusts them, and so is
 * what limits or places the domain; other serial devices lead nowhere. The domain ends when it is
 * reset.
 */
void boot_domain(xmlNode *domain, const BootPlace *place, BootSigns *signs);

/** boot_disk_new: Returns: owned by the caller; @target is copied. */
BootDisk *boot_disk_new(const char *target);

/** boot_disk_add: Adds an image below those that @disk has; strings are copied. */
void boot_disk_add(BootDisk *disk, const char *path, const char *format, const char *group);

/** boot_disk_free: NULL is fine. */
void boot_disk_free(BootDisk *disk);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootDisk, boot_disk_free)

G_END_DECLS
