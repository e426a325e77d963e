/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "util/error.h"

G_BEGIN_DECLS

/* From the XML of an export to the XML that is to be defined on this host. It has passed the gate
 * (domain-gate.h). What belonged to the host that the export was made on is removed: ids, names
 * that libvirt gave (aliases other than "ua-…", taps), pseudo terminals, sockets, security labels
 * that are made at each start, cgroup partitions, lower images and their indexes. */

/** An image of a chain. */
typedef struct {
    char *path;   /* absolute, on this host */
    char *format; /* "qcow2", "raw" */
} RewriteImage;

/** What becomes of a disk. */
typedef enum {
    REWRITE_DISK_IMAGES,   /* its source are these images now */
    REWRITE_DISK_EMPTY,    /* a drive without a medium */
    REWRITE_DISK_LEFT_OUT, /* the whole <disk> is removed */
} RewriteDiskFate;

typedef struct {
    char *target; /* "vda" */
    RewriteDiskFate fate;
    GPtrArray *images; /* RewriteImage, the one that is written to first, then what is below it, to
                        * the end of the chain; NULL or empty for other fates */
} RewriteDisk;

/** A file beside the disks. */
typedef struct {
    char *element; /* of <os>: "nvram", "kernel", "initrd", "dtb", "shim", "loader" */
    char *path;    /* absolute, on this host */
    char *format;  /* of "nvram" and "loader": "raw", "qcow2"; NULL: not said */
} RewriteFile;

/** What a domain is to be here. Strings are not owned; NULL leaves what the export has. */
typedef struct {
    const char *name;
    const char *uuid;
    const char *genid; /* put in the place of a <genid>, where there is one: it must be new
                        * whenever a guest goes on from an earlier state */
    GPtrArray *disks;  /* RewriteDisk. Of what is not in there, CD and floppy drives are emptied
                        * and others stay as they are: the gate has seen to it that the user
                        * trusts them */
    GPtrArray *files;  /* RewriteFile; an NVRAM without one: libvirt makes a new one */
    GHashTable *macs;  /* lower case char* → char*, as rewrite_macs_add() fills it; NULL: kept */
    const char *type;     /* of the domain: "kvm", "qemu" */
    const char *emulator; /* absolute path */
    const char *machine;  /* "pc-q35-7.2" */
    const char *cpu;      /* a whole <cpu> as text */
    const char *loader;   /* absolute path of firmware of this host */
    const char *template; /* absolute path of its NVRAM template */
    GHashTable *networks; /* char* → char*, names of libvirt's networks; NULL: kept */
    GHashTable *bridges;  /* char* → char*; NULL: kept */
    const char *video;    /* model of every <video> that is not "none" */
    gboolean no_spice;    /* SPICE screens become VNC, its channels are removed */
} DomainRewrite;

/** What a snapshot is to be here. */
typedef struct {
    const DomainRewrite *domain;   /* for <domain>: the chain as it was at the snapshot */
    const DomainRewrite *inactive; /* for <inactiveDomain>; NULL: as @domain */
    GPtrArray *overlays; /* RewriteDisk with one image each, or none: the files that <disks> name,
                          * in which writing went on; a disk that is not in there loses its
                          * <source> */
    GPtrArray *reverts;  /* the same for <revertDisks>; NULL: those are removed */
    const char *memory;  /* absolute path of its memory state; NULL: an external one is recorded as
                          * none */
} SnapshotRewrite;

/**
 * domain_rewrite:
 * @domain: a <domain> or <inactiveDomain>, changed in place
 * @to: what it is to be
 *
 * The chain of every disk that has images is written out, ended by an empty <backingStore/>, so
 * that libvirt need not look into headers for it.
 *
 * Returns: FALSE with INVALID_PARAMETER if @domain is none, or @to->cpu is no <cpu>.
 */
gboolean domain_rewrite(xmlNode *domain, const DomainRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * snapshot_rewrite:
 * @snapshot: a <domainsnapshot>, changed in place
 *
 * Returns: FALSE with INVALID_PARAMETER if @snapshot is none, or has no <domain>.
 */
gboolean snapshot_rewrite(xmlNode *snapshot, const SnapshotRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * rewrite_macs_add:
 * @domain: a <domain>
 * @macs: lower case char* → char*, both freed by the table
 *
 * Gives every MAC address of @domain that is not in @macs yet a new one with the same vendor's
 * prefix, which no other in @macs has. One table serves a member and all of its snapshots.
 */
void rewrite_macs_add(xmlNode *domain, GHashTable *macs);

/** rewrite_disk_new: Returns: owned by the caller; @target is copied. */
RewriteDisk *rewrite_disk_new(const char *target, RewriteDiskFate fate);

/** rewrite_disk_add: Adds an image below those that @disk has; strings are copied. */
void rewrite_disk_add(RewriteDisk *disk, const char *path, const char *format);

/** rewrite_file_new: Returns: owned by the caller; strings are copied. */
RewriteFile *rewrite_file_new(const char *element, const char *path, const char *format);

/** Free what the name says. NULL is fine. */
void rewrite_disk_free(RewriteDisk *disk);
void rewrite_file_free(RewriteFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RewriteDisk, rewrite_disk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RewriteFile, rewrite_file_free)

G_END_DECLS
