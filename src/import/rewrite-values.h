/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a domain of an export becomes on this host, as values. */

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
    char *element; /* element of <os>: "nvram", "kernel", "initrd", "dtb", "shim", "loader",
                    * "varstore"; or "memory" of <devices> */
    char *path;    /* absolute, on this host */
    char *was;     /* the path in the export, by which a "memory" is known; else unused */
    char *format;  /* format of "nvram" and "loader": "raw", "qcow2"; NULL: not specified */
} RewriteFile;

/** An image of firmware of this host that replaces another. */
typedef struct {
    char *was;      /* the path in the export */
    char *path;     /* absolute */
    char *template; /* absolute path of its variables, from which new ones are made; NULL: libvirt
                     * finds them */
    char *template_format; /* "raw", "qcow2"; NULL: there is no template */
} RewriteLoader;

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
    GPtrArray *loaders;   /* RewriteLoader; NULL: none is replaced */
    gboolean no_choice;   /* where an image of firmware is named, libvirt is not asked to choose it
                           * as well: before 9.2 it refuses a domain that does both */
    GHashTable *networks; /* char* → char*, names of libvirt's networks; NULL: keep them */
    GHashTable *bridges;  /* char* → char*; NULL: keep them */
    const char *video;    /* model of every <video> that is not "none" */
    gboolean no_spice;    /* SPICE screens become VNC, its channels are removed */
} DomainRewrite;

/** rewrite_disk_new: Returns: owned by the caller; @target is copied. */
RewriteDisk *rewrite_disk_new(const char *target, RewriteDiskFate fate);

/** rewrite_disk_add: Adds an image at the bottom of the chain of @disk; strings are copied. */
void rewrite_disk_add(RewriteDisk *disk, const char *path, const char *format);

/** rewrite_disk_keep: Sets whether libvirt leaves the owner and the label of the image at the
 * bottom of the chain of @disk as they are. */
void rewrite_disk_keep(RewriteDisk *disk, gboolean kept);

/** rewrite_disk_find: Returns: (transfer none) (nullable): the one of @disks with this target;
 * @disks and @target may be NULL. */
const RewriteDisk *rewrite_disk_find(GPtrArray *disks, const char *target);

/** rewrite_loader_new: Returns: owned by the caller; strings are copied. */
RewriteLoader *rewrite_loader_new(const char *was, const char *path, const char *template,
                                  const char *template_format);

/** rewrite_loader_find: Returns: (transfer none) (nullable): what replaces the image @was; @loaders
 * and @was may be NULL. */
const RewriteLoader *rewrite_loader_find(GPtrArray *loaders, const char *was);

/** rewrite_file_new: Returns: owned by the caller; strings are copied. */
RewriteFile *rewrite_file_new(const char *element, const char *path, const char *format);

/** Free a RewriteDisk, RewriteLoader or RewriteFile, which may be NULL. */
void rewrite_loader_free(RewriteLoader *loader);
void rewrite_disk_free(RewriteDisk *disk);
void rewrite_file_free(RewriteFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RewriteDisk, rewrite_disk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RewriteFile, rewrite_file_free)

G_END_DECLS
