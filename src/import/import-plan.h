/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-api.h"
#include "import/import-settings.h"
#include "import/import-source.h"

G_BEGIN_DECLS

/* What an import will do, worked out before anything is touched: which files go where, what is
 * written into them, what is defined and in which order. A plan is a value. */

/** A file that is copied. */
typedef struct {
    const ManifestFile *from;
    char *path;    /* in the import's directory: "layers/base-1a2b3c4d.qcow2" */
    char *backing; /* absolute path that its header is given as that of the image below; NULL: none
                    * is below */
    const char *backing_format;
    gboolean writable; /* a domain writes to it */
    gboolean shared;   /* several disks need it: nobody may ever write to it */
    char *snapshot;    /* the internal snapshot that its present state becomes, or NULL */
    GBytes *head;      /* (nullable): what its beginning is replaced by, in the copy */
} ImportFile;

/** A new image, empty, above one of the files. */
typedef struct {
    char *path;    /* in the import's directory */
    char *backing; /* absolute path of what is below, and */
    const char *format; /* its format */
    guint64 capacity;   /* bytes that a guest sees */
} ImportOverlay;

typedef struct {
    char *target; /* "vda" */
    char *path;   /* absolute, of the image that the domain writes to */
    const char *format;
    guint64 capacity;
} ImportDisk;

typedef struct {
    char *name;
    char *xml; /* <domainsnapshot>, to be redefined */
    gboolean current;
} ImportSnapshot;

/** A domain as it comes to be. */
typedef struct {
    const ManifestDomain *from;
    char *name;
    char *uuid;
    char *directory; /* of its own files, in the import's directory: "domains/web" */
    char *xml;       /* <domain> */
    GPtrArray *disks;     /* ImportDisk */
    GPtrArray *snapshots; /* ImportSnapshot, parents first */
    char *memory; /* absolute path of the memory state that it goes on from, or NULL */
    char *revert; /* the internal snapshot whose memory state it goes on from, or NULL */
} ImportDomain;

typedef struct {
    ImportSettings *settings;
    char *directory;      /* absolute; where all of it will be */
    char *collection;     /* its new name, or NULL: none was exported */
    GPtrArray *collections; /* VirtSnapCollection: to be defined, those below others first */
    GPtrArray *files;     /* ImportFile */
    GPtrArray *overlays;  /* ImportOverlay */
    GPtrArray *domains;   /* ImportDomain, in the order in which they are defined */
    GPtrArray *warnings;  /* char* */
    guint64 bytes;        /* of all files */
} ImportPlan;

/** import_plan_new: Returns: one of nothing yet, owned by the caller. */
ImportPlan *import_plan_new(const ImportSettings *settings, const char *directory);

/** import_domain_new: Returns: one of which nothing is known, for a plan to own. */
ImportDomain *import_domain_new(void);

/** import_plan_name: Returns: the name that the import's directory is made from, caller's. */
char *import_plan_name(const Manifest *manifest, const ImportSettings *settings);

/** import_plan_path: Returns: the absolute path of @path, which is in the import's directory;
 * owned by the caller. */
char *import_plan_path(const ImportPlan *self, const char *path);

/** import_plan_warn: Adds a warning, printf-like. */
void import_plan_warn(ImportPlan *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

void import_plan_free(ImportPlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportPlan, import_plan_free)

G_END_DECLS
