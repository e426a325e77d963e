/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-base.h"
#include "collection/set-record.h"
#include "hypervisor/hypervisor.h"
#include "hypervisor/snapshot-def.h"
#include "image/chain.h"
#include "settings/settings.h"

G_BEGIN_DECLS

/* A plan describes what an export will do, decided before anything is changed. It is a value: a dry
 * run prints it, an export carries it out, and nothing after planning queries libvirt. */

/** How a layer of the export is made. */
typedef enum {
    PLAN_WAY_COPY,    /* the file is copied, with a new backing reference */
    PLAN_WAY_FLATTEN, /* the chain, as a guest sees it, is written as one qcow2 image */
    PLAN_WAY_COMPRESS, /* the data of the image itself is written as a compressed qcow2 image with
                        * its backing layer */
    PLAN_WAY_PULL,     /* what a running guest sees of its disk at one moment, as one qcow2: QEMU
                        * holds it and serves it */
    PLAN_WAY_CHANGES,  /* what a guest sees otherwise than in the backing layer, which is of the
                        * base, as one qcow2 above that */
    PLAN_WAY_RENEW,    /* the base's image of a running guest's disk, with what has changed written
                        * into a copy of it, or one that shares its blocks */
    PLAN_WAY_LINK,     /* the base's own file: a hard link, else its bytes */
} PlanWay;

/** One image of the export. */
typedef struct PlanLayer PlanLayer;
typedef struct PlanDomain PlanDomain;
struct PlanLayer {
    guint number;        /* index in the plan, from 0 */
    char *file;          /* path in the export: "layers/base-1a2b3c4d.qcow2" */
    const char *format;  /* format of that file: "qcow2" or "raw" */
    PlanWay way;
    PlanWay made;        /* LINK: how else it is made, if it turns out not to be the same */
    const ManifestFile *base; /* LINK, RENEW: what it is in the base; else what it may be the same
                               * as, which is found out before it is made; NULL: nothing */
    gboolean of_base;    /* its source is the base's own file, and no other is left */
    const Layer *believed; /* of_base: the images of the disk, by whose times it is believed to be
                            * the same; NULL: it is compared, or is below such a layer */
    const Layer *source; /* the source image, or the top one of the chain that is flattened */
    Qcow2Snapshot *snapshot; /* internal snapshot that is flattened, as it was found; or NULL */
    gboolean live;       /* a running domain writes to the source */
    const PlanDomain *domain; /* whose disk is pulled, with its */
    char *target;        /* target; NULL: it is read from its images */
    char *since;         /* the checkpoint since which it is known what has changed on that disk;
                          * NULL: it is not */
    guint64 since_bytes; /* and how much that was */
    const Layer *before; /* CHANGES, RENEW: what the base has of the disk */
    PlanLayer *backing;  /* NULL: none */
    guint64 capacity;    /* virtual size in bytes */
    guint64 bytes;       /* bytes to be copied, as far as known */
    int level;           /* compression level of zstd; 0: not compressed */
    guint users;         /* number of disks whose chains include it */
};

/** A disk of one snapshot. */
typedef struct {
    const DiskDef *def;
    PlanLayer *top;       /* NULL: recorded only */
    char *internal;       /* the internal snapshot of top that is its state, or NULL */
    const char *recorded; /* why its content is not copied: "empty", "read-only", "excluded", … */
    gboolean tracked;     /* what changes from the moment of the export on is to be known */
    const PlanLayer *pulled; /* tracked: the layer that it is read for, even if that turns out to
                              * be empty, and top is another one then */
    ManifestCheckpoint *checkpoint; /* of a set: the one that was made with the snapshot; NULL: none
                                     * that could be believed */
} PlanDisk;

/** The reference point that an export makes of its moment: a checkpoint of that name of each domain
 * that has a disk which can be tracked. */
typedef struct {
    char *checkpoint;
    char *id;       /* what tells it from a later one of that name */
    char *export;   /* path of the export that it is made for */
    char *series;   /* what the names begin with of those that exports of the same into the same
                     * directory make for themselves */
    gboolean named; /* it is not one of these, but somebody asked for it */
} PlanPoint;

/** A file other than a layer: copied from @source, or written from @content. */
typedef struct {
    char *path;    /* path in the export: "domains/web/domain.xml" */
    const char *role; /* role in the manifest: "domain", "memory", "nvram", "kernel", … */
    char *source;  /* path, or NULL */
    int fd;        /* what is copied, where @source may be another file by then; -1: it is opened
                    * by its path. Owned */
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
    char *directory; /* path in the export: "domains/web" */
    char *run;       /* what tells its run from others; NULL: that is not known, or of no use */
    gint64 point_time; /* when the hypervisor made the checkpoint of the moment, in seconds since
                        * the epoch; 0: none was made, or that is not known */
    gboolean active;
    gboolean saved;       /* not active, but it goes on from a saved state */
    GPtrArray *snapshots; /* PlanSnapshot; the exported one first */
    GPtrArray *tree;      /* SnapshotDef: all snapshots of the domain, exported or not */
};

typedef struct {
    char *collection; /* NULL: unnamed */
    char *snapshot;
    VirtSnapExportSettings *settings;
    HostInfo *host;
    ExportBase *base;    /* NULL: none */
    gboolean single;     /* each disk is to be one image, as was asked for */
    PlanPoint *point;    /* NULL: none is made */
    ChainCache *chains;  /* owns every Layer */
    GPtrArray *domains;  /* PlanDomain */
    GPtrArray *layers;   /* PlanLayer; a backing layer comes before its overlays */
    GPtrArray *files;    /* PlanFile */
    GPtrArray *warnings; /* char*: warnings for the user */
    GPtrArray *changed;  /* char*: those of them that say that an image was written to since */
    guint64 bytes;       /* bytes to be copied, layers and files */
} Plan;

/** plan_new: Returns: an empty plan, owned by the caller. @collection: (nullable); @settings:
 * copied; @host: (transfer full). */
Plan *plan_new(const char *collection, const char *snapshot,
               const VirtSnapExportSettings *settings, HostInfo *host);

/** plan_warn_changed: Adds @text (transfer full) to the warnings, and to what has changed. */
void plan_warn_changed(Plan *plan, char *text);

/** plan_warn: Adds a warning for the user to @plan. */
void plan_warn(Plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * plan_add_file:
 * @directory: (nullable): directory in the export; NULL: its root
 * @role: role in the manifest; a constant string
 * @bytes: size of the file
 *
 * Returns: (transfer none): the new file @name of @plan, which has neither a source nor a content
 * yet.
 */
PlanFile *plan_add_file(Plan *plan, const char *directory, const char *name, const char *role,
                        guint64 bytes);

/**
 * plan_add_text:
 * @directory: (nullable): directory in the export; NULL: its root
 * @role: role in the manifest; a constant string
 *
 * Plans to write the file @name with @content.
 */
void plan_add_text(Plan *plan, const char *directory, const char *name, const char *role,
                   const char *content);

/**
 * plan_add_collection:
 * @name: name of a direct or indirect member collection
 * @xml: its definition, stored in the export as "collections/NAME.xml"
 */
void plan_add_collection(Plan *plan, const char *name, const char *xml);

/** plan_domain_new: Adds a member without snapshots to @plan. Returns: (transfer none): the
 * member. */
PlanDomain *plan_domain_new(Plan *plan, const char *name, const char *uuid);

/** plan_snapshot_new: Adds a snapshot without disks to @domain. @def: (transfer full). Returns:
 * (transfer none): the snapshot. */
PlanSnapshot *plan_snapshot_new(PlanDomain *domain, SnapshotDef *def);

/** plan_is_live: Returns: TRUE if it is the present state of the domains that is exported, as they
 * serve it themselves. */
gboolean plan_is_live(const Plan *plan);

/** plan_is_passing: Returns: TRUE if what is exported is gone when the export ends: the present
 * state of the domains, however it is had. */
gboolean plan_is_passing(const Plan *plan);

/** plan_take_set: Takes from the record of the set that was made for this export what is known of
 * its snapshots. */
void plan_take_set(Plan *plan, const SetRecord *set);

/** plan_disk_checkpoint: Returns: (transfer none) (nullable): the point that @disk is tracked from,
 * once the export is made. */
const PlanPoint *plan_disk_checkpoint(const Plan *plan, const PlanDisk *disk);

/** plan_layer_is_whole: Returns: whether @layer is made from what a guest sees of a chain, and not
 * from one image. */
gboolean plan_layer_is_whole(const PlanLayer *layer);

/** plan_layer_frozen: Returns: (transfer none) (nullable): the first image of the chain that @layer
 * is read from that nobody may write to: what a running domain writes to is its own. */
const Layer *plan_layer_frozen(const PlanLayer *layer);

/** plan_layer_free: Frees one that is in no plan. */
void plan_layer_free(PlanLayer *layer);

/** plan_free: Frees @plan, which may be NULL. */
void plan_free(Plan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

G_END_DECLS
