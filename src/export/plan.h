/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-base.h"
#include "hypervisor/hypervisor.h"
#include "hypervisor/snapshot-def.h"
#include "image/chain.h"
#include "settings/settings.h"

G_BEGIN_DECLS

/* What an export will do, worked out before anything is touched. A plan is a value: the dry run
 * prints it, the export carries it out, and nothing after it asks libvirt what to do. */

/** How a layer of the export comes about. */
typedef enum {
    PLAN_WAY_COPY,    /* the file as it is, its backing reference patched */
    PLAN_WAY_FLATTEN, /* what a guest sees of the chain, as one qcow2 */
    PLAN_WAY_COMPRESS, /* what the image itself holds, as a compressed qcow2 on its backing */
    PLAN_WAY_PULL,     /* what a running guest sees of its disk at one moment, as one qcow2: QEMU
                        * holds it and serves it */
    PLAN_WAY_CHANGES,  /* what a guest sees otherwise than in the backing layer, which is of the
                        * base, as one qcow2 above that */
    PLAN_WAY_LINK,     /* the base's own file: a hard link, else its bytes */
} PlanWay;

/** One image of the export. */
typedef struct PlanLayer PlanLayer;
typedef struct PlanDomain PlanDomain;
struct PlanLayer {
    guint number;        /* in the plan, from 0 */
    char *file;          /* in the export: "layers/base-1a2b3c4d.qcow2" */
    const char *format;  /* of that file: "qcow2" or "raw" */
    PlanWay way;
    PlanWay made;        /* LINK: how else it is made, if it turns out not to be the same */
    const ManifestFile *base; /* LINK: what it is in the base; else what it may be the same as,
                               * which is found out before it is made; NULL: nothing */
    gboolean of_base;    /* its source is the base's own file, and no other is left */
    const Layer *source; /* the image, or the top one of the chain that is flattened */
    char *snapshot;      /* internal snapshot that is flattened, or NULL */
    gboolean live;       /* a running domain writes to the source */
    const PlanDomain *domain; /* whose disk is pulled, with its */
    char *target;        /* target; NULL: it is read from its images */
    PlanLayer *backing;  /* NULL: none */
    guint64 capacity;    /* bytes that a guest sees */
    guint64 bytes;       /* bytes of data to be copied, as far as known */
    int level;           /* of zstd, with which it is compressed; 0: it is not */
    guint users;         /* how many disks have it in their chain */
};

/** A disk of one snapshot. */
typedef struct {
    const DiskDef *def;
    PlanLayer *top;       /* NULL: recorded only */
    char *internal;       /* its state is this internal snapshot of top, or NULL */
    const char *recorded; /* why it is recorded only: "empty", "read-only", "excluded", … */
} PlanDisk;

/** A file beside the layers: copied from @source, or written from @content. */
typedef struct {
    char *path;    /* in the export: "domains/web/domain.xml" */
    const char *role; /* as in the manifest: "domain", "memory", "nvram", "kernel", … */
    char *source;  /* path, or NULL */
    char *content; /* text, or NULL */
    guint64 bytes;
} PlanFile;

/** One snapshot of a member. */
typedef struct {
    SnapshotDef *def;
    const char *consistency; /* what is known of it: a word of consistency.h */
    const char *reason;      /* why it is less than was asked for, or NULL */
    gboolean memory_kept;
    GPtrArray *disks; /* PlanDisk */
} PlanSnapshot;

/** A member of the collection. */
struct PlanDomain {
    char *name;
    char *uuid;
    char *directory; /* in the export: "domains/web" */
    gboolean active;
    GPtrArray *snapshots; /* PlanSnapshot; the one that is exported first */
    GPtrArray *tree;      /* SnapshotDef: all that the domain has, exported or not */
};

typedef struct {
    char *collection; /* NULL: unnamed */
    char *snapshot;
    VirtSnapExportSettings *settings;
    HostInfo *host;
    ExportBase *base;    /* NULL: none */
    ChainCache *chains;  /* owns every Layer */
    GPtrArray *domains;  /* PlanDomain */
    GPtrArray *layers;   /* PlanLayer; a backing layer stands before those above it */
    GPtrArray *files;    /* PlanFile */
    GPtrArray *warnings; /* char*: what cannot be kept */
    GPtrArray *changed;  /* char*: those of them that say that an image was written to since */
    guint64 bytes;       /* of data to copy, layers and files */
} Plan;

/** plan_new: Returns: one of nothing, owned by the caller. @collection: (nullable); @settings:
 * copied; @host: (transfer full). */
Plan *plan_new(const char *collection, const char *snapshot,
               const VirtSnapExportSettings *settings, HostInfo *host);

/** plan_warn_changed: Adds @text (transfer full) to the warnings, and to what has changed. */
void plan_warn_changed(Plan *plan, char *text);

/** plan_warn: Adds to @plan what a user has to know of the export. */
void plan_warn(Plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * plan_add_text:
 * @directory: (nullable): in the export; NULL: its root
 * @role: as in the manifest; not copied
 *
 * Has the export write the file @name from @content.
 */
void plan_add_text(Plan *plan, const char *directory, const char *name, const char *role,
                   const char *content);

/**
 * plan_add_collection:
 * @name: of a collection that is a member, directly or not
 * @xml: its definition, kept in the export as "collections/NAME.xml"
 */
void plan_add_collection(Plan *plan, const char *name, const char *xml);

/** plan_domain_new: Adds to @plan and returns (transfer none) a member without snapshots. */
PlanDomain *plan_domain_new(Plan *plan, const char *name, const char *uuid);

/** plan_snapshot_new: Adds to @domain and returns (transfer none) a snapshot without disks. @def:
 * (transfer full). */
PlanSnapshot *plan_snapshot_new(PlanDomain *domain, SnapshotDef *def);

/** plan_is_live: Returns: TRUE if it is the present state of the domains that is exported. */
gboolean plan_is_live(const Plan *plan);

/** plan_layer_is_whole: Returns: whether @layer is made from what a guest sees of a chain, and not
 * from one image. */
gboolean plan_layer_is_whole(const PlanLayer *layer);

/** plan_layer_frozen: Returns: (transfer none) (nullable): the first image of the chain that @layer
 * is read from that nobody may write to: what a running domain writes to is its own. */
const Layer *plan_layer_frozen(const PlanLayer *layer);

/** plan_layer_free: Frees one that is in no plan. */
void plan_layer_free(PlanLayer *layer);

/** plan_free: Frees @plan and all in it. NULL is fine. */
void plan_free(Plan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

G_END_DECLS
