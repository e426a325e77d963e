/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Rewrites the XML of an export, which has passed the gate (domain-gate.h), for this host.
 * Everything that belonged to the exporting host is removed: ids, names that libvirt assigned
 * (aliases other than "ua-…", tap devices), pseudo terminals, sockets, security labels that libvirt
 * generates at each start, cgroup partitions, backing images and their indexes. */

/** An image of a chain. */
typedef struct {
    char *path;   /* absolute, on this host */
    char *format; /* "qcow2", "raw" */
    gboolean kept; /* libvirt changes neither its owner nor its label */
} RewriteImage;

/** What a disk is rewritten to. */
typedef enum {
    REWRITE_DISK_IMAGES,   /* its source are the given images */
    REWRITE_DISK_EMPTY,    /* an empty drive */
    REWRITE_DISK_LEFT_OUT, /* the <disk> is removed */
} RewriteDiskFate;

typedef struct {
    char *target; /* "vda" */
    RewriteDiskFate fate;
    GPtrArray *images; /* RewriteImage: the top image first, then its backing chain down to the
                        * base; NULL or empty for other fates */
} RewriteDisk;

/** A file other than a disk. */
typedef struct {
    char *element; /* element of <os>: "nvram", "kernel", "initrd", "dtb", "shim", "loader" */
    char *path;    /* absolute, on this host */
    char *format;  /* format of "nvram" and "loader": "raw", "qcow2"; NULL: not specified */
} RewriteFile;

/** The properties of a domain on this host. Strings are not owned; NULL keeps what the export
 * has. */
typedef struct {
    const char *name;
    const char *uuid;
    const char *genid; /* replaces the <genid>, if there is one: a guest must get a new one whenever
                        * it resumes from an earlier state */
    GPtrArray *disks;  /* RewriteDisk. Of the disks that are not listed, CD and floppy drives are
                        * emptied; others are kept, since the gate has only let them pass if the
                        * user trusts them */
    GPtrArray *files;  /* RewriteFile; if there is none for the NVRAM, libvirt creates it */
    GHashTable *macs;  /* lower case char* → char*, filled by rewrite_macs_add(); NULL: keep the
                        * addresses */
    const char *type;     /* type of the domain: "kvm", "qemu" */
    const char *emulator; /* absolute path */
    const char *machine;  /* "pc-q35-7.2" */
    const char *cpu;      /* a whole <cpu> as text */
    const char *loader;   /* absolute path of firmware of this host */
    const char *template; /* absolute path of its NVRAM template */
    GHashTable *networks; /* char* → char*, names of libvirt's networks; NULL: keep them */
    GHashTable *bridges;  /* char* → char*; NULL: keep them */
    const char *video;    /* model of every <video> that is not "none" */
    gboolean no_spice;    /* SPICE screens become VNC, its channels are removed */
} DomainRewrite;

/** The properties of a snapshot on this host. */
typedef struct {
    const DomainRewrite *domain;   /* for <domain>, with the chains at the time of the snapshot */
    const DomainRewrite *inactive; /* for <inactiveDomain>; NULL: the same as domain */
    GPtrArray *overlays; /* RewriteDisk with at most one image each: the overlays in <disks>, to
                          * which the domain writes since the snapshot; a disk that is not listed
                          * loses its <source> */
    GPtrArray *reverts;  /* the same for <revertDisks>; NULL: they are removed */
    const char *memory;  /* absolute path of its memory state; NULL: an external one is recorded as
                          * missing */
} SnapshotRewrite;

/**
 * domain_rewrite:
 * @domain: a <domain> or <inactiveDomain>, changed in place
 * @to: its new properties
 *
 * The whole chain of every disk that has images is written, terminated by an empty <backingStore/>,
 * so that libvirt does not have to read it from the image headers.
 *
 * Returns: FALSE with INVALID_PARAMETER if @domain is not a domain, or @to->cpu is not a <cpu>.
 */
gboolean domain_rewrite(xmlNode *domain, const DomainRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** domain_encrypts: Returns: TRUE if @domain has its disk @target encrypted. */
gboolean domain_encrypts(xmlNode *domain, const char *target);

/**
 * snapshot_rewrite:
 * @snapshot: a <domainsnapshot>, changed in place
 *
 * Returns: FALSE with INVALID_PARAMETER if @snapshot is not a <domainsnapshot>, or has no <domain>.
 */
gboolean snapshot_rewrite(xmlNode *snapshot, const SnapshotRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * rewrite_macs_add:
 * @domain: a <domain>
 * @macs: lower case char* → char*, both freed by the table
 *
 * Adds a new MAC address with the same vendor prefix to @macs for every address of @domain that it
 * does not have yet; all new addresses are different. A member and all its snapshots share one
 * table.
 */
void rewrite_macs_add(xmlNode *domain, GHashTable *macs);

/** rewrite_disk_new: Returns: owned by the caller; @target is copied. */
RewriteDisk *rewrite_disk_new(const char *target, RewriteDiskFate fate);

/** rewrite_disk_add: Adds an image at the bottom of the chain of @disk; strings are copied. */
void rewrite_disk_add(RewriteDisk *disk, const char *path, const char *format);

/** rewrite_disk_keep: Sets whether libvirt leaves the owner and the label of the image at the
 * bottom of the chain of @disk as they are. */
void rewrite_disk_keep(RewriteDisk *disk, gboolean kept);

/** rewrite_file_new: Returns: owned by the caller; strings are copied. */
RewriteFile *rewrite_file_new(const char *element, const char *path, const char *format);

/** Free a RewriteDisk or RewriteFile, which may be NULL. */
void rewrite_disk_free(RewriteDisk *disk);
void rewrite_file_free(RewriteFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RewriteDisk, rewrite_disk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RewriteFile, rewrite_file_free)

G_END_DECLS
