/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-api.h"
#include "import/import-settings.h"
#include "import/import-source.h"

G_BEGIN_DECLS

/* A plan describes what an import will do, decided before anything is changed: where files are
 * copied to, what is written into them, and what is defined in which order. It is a value. */

/** A file of the export that is copied. */
typedef struct {
    const ManifestFile *from;
    char *path;    /* path in the directory of the import: "layers/base-1a2b3c4d.qcow2"; of a
                    * volume the absolute path */
    char *backing; /* absolute path of its backing file, for its header; NULL: none */
    const char *backing_format;
    gboolean writable; /* a domain writes to it */
    gboolean shared;   /* several disks need it, so nobody may ever write to it */
    char *snapshot;    /* the internal snapshot to which it is reverted, or NULL */
    char *identity;    /* which file it is, where no digest says what is in it; else NULL */
    GBytes *head;      /* (nullable): replaces the beginning of the copy */
    gboolean state;    /* it is of a TPM, and no business of QEMU's */
    const char *flash; /* its format, where firmware writes to it; else NULL */
} ImportFile;

/** A new empty overlay on top of one of the files. */
typedef struct {
    char *path;    /* path in the directory of the import; of a volume the absolute path */
    char *backing; /* absolute path of its backing file */
    const char *format; /* format of its backing file */
    guint64 capacity;   /* virtual size in bytes */
} ImportOverlay;

typedef struct {
    char *target; /* "vda" */
    char *path;   /* absolute path of the image to which the domain writes */
    const char *format;
    guint64 capacity;
} ImportDisk;

typedef struct {
    char *name;
    char *xml; /* <domainsnapshot>, to be redefined */
    char *memory; /* absolute path of its memory state, which is not that of its domain; or NULL */
    gboolean current;
} ImportSnapshot;

/** An imported domain. */
typedef struct {
    const ManifestDomain *from;
    char *name;
    char *uuid;
    char *directory; /* directory of its files in that of the import: "domains/web" */
    char *xml;       /* <domain> */
    GPtrArray *disks;     /* ImportDisk */
    GPtrArray *snapshots; /* ImportSnapshot, parents first */
    char *memory; /* absolute path of the memory state from which it resumes, or NULL */
    char *tpm;    /* absolute path of what libvirt keeps of its TPM here, which must not be there
                   * yet; NULL: it has none, or that is not known */
    char *variables; /* absolute path, without its ending, at which libvirt makes the variables of
                      * its firmware; NULL: it has its own, or none, or that is not known */
    char *saved;     /* absolute path of a state from which libvirt would start it; NULL: that is
                      * not known */
    GPtrArray *states; /* ImportFile, not owned: the state of its TPM; empty: the export has none */
    char *revert; /* the internal snapshot from whose memory state it resumes, or NULL */
} ImportDomain;

typedef struct {
    ImportSettings *settings;
    char *directory;      /* absolute path of the final directory */
    char *export;         /* absolute path of the export in which the images stay; NULL: they are
                           * copied */
    gboolean read_only;   /* that is on a file system on which it cannot be protected here */
    char *pool;           /* absolute path of the storage pool whose volumes the images become;
                           * NULL: they are files in the directory */
    char *tpm_states;     /* absolute path of the directory with the states of TPMs; NULL: not
                           * known */
    char *kept;           /* absolute path of the directory with what libvirt finds by the name of
                           * a domain (host-facts.h); NULL: not known */
    char *collection;     /* new name of the collection; NULL: none was exported */
    GPtrArray *collections; /* VirtSnapCollection: to be defined, member collections first */
    GPtrArray *files;     /* ImportFile */
    GPtrArray *overlays;  /* ImportOverlay */
    GPtrArray *domains;   /* ImportDomain, in the order in which they are defined */
    GPtrArray *warnings;  /* char* */
    guint64 bytes;        /* total size of all files */
} ImportPlan;

/** import_plan_new: Returns: an empty plan, owned by the caller. */
ImportPlan *import_plan_new(const ImportSettings *settings, const char *directory);

/** import_domain_new: Returns: an empty domain, to be owned by a plan. */
ImportDomain *import_domain_new(void);

/** import_plan_name: Returns: the name from which that of the import's directory is made, owned by
 * the caller. */
char *import_plan_name(const Manifest *manifest, const ImportSettings *settings);

/** import_plan_path: Returns: the absolute path of @path in the directory of the import, owned by
 * the caller. */
char *import_plan_path(const ImportPlan *self, const char *path);

/**
 * import_plan_image:
 * @path: path of an image, as for import_plan_path()
 *
 * Returns: @path, or the absolute path of the volume that the image becomes; owned by the caller.
 */
char *import_plan_image(const ImportPlan *self, const char *path);

/** import_plan_is_volume: Returns: TRUE if @path, which a file or overlay of the plan has, is that
 * of a volume. */
gboolean import_plan_is_volume(const ImportPlan *self, const char *path);

/** import_plan_layer: Returns: the absolute path of the image @file after the import, owned by the
 * caller. */
char *import_plan_layer(const ImportPlan *self, const ManifestFile *file);

/** import_plan_warn: Adds a warning with a format as for printf(). */
void import_plan_warn(ImportPlan *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

void import_plan_free(ImportPlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportPlan, import_plan_free)

G_END_DECLS
