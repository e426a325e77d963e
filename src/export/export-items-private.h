/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/changes.h"
#include "export/export-items.h"

G_BEGIN_DECLS

/* For the files that make up items. */

/* Finished layers are shared by hard links, so nobody is to change one. */
#define LAYER_MODE 0400

struct ExportItem {
    EngineItem engine;
    int dirfd;              /* not owned */
    const PlanFile *file;   /* one of the two */
    const PlanLayer *layer;
    PlanWay way;            /* the layer's, or what has become of it */
    Journal *journal;       /* not owned; NULL: it is written in one go */
    guint number;           /* of the layer, in the journal */
    GArray *held;           /* int: layers below, open and locked while they are read */
    GPtrArray *origins;     /* Origin: the images that it was read from */
    Changes *changes;       /* CHANGES, RENEW: which, once that is known */
    gpointer renewal;       /* RENEW: once it is prepared: of export-renew.c */
    GDestroyNotify renewal_free;
    guint64 kept;           /* RENEW: bytes that were there already, when they were written */
    PartCache *parts;       /* what is stored of its digest; NULL: nothing is */
    ContentNodes *contents; /* (nullable): what is stored of the disk that is compared */
    ExportBase *base;       /* LINK: whose file is copied; not owned */
    gboolean linked;        /* nothing is left to be done, */
    gboolean dropped;       /* and the export has no such layer: nothing has changed */
    gboolean probing;       /* it is read and hashed only, */
    gboolean differs;       /* and is not what the base has */
    guint64 size;           /* bytes of the file, once it is known */
    gint finished;          /* atomic: nothing more is read */
    LiveExport *live;       /* not owned; NULL: nothing is pulled */
    GArray *skipped;        /* EngineSegment: what is not read again; NULL: it is moved */
};

/** export_item_set_way: Has the layer made in the way @way; @journal as for its making. */
void export_item_set_way(ExportItem *self, PlanWay way, Journal *journal);

/** export_item_open_sink: Creates the file @path for what the item's source has. */
gboolean export_item_open_sink(ExportItem *self, const char *path, mode_t mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_item_open_guest: Opens what the guest sees, or saw, of the disk. Returns: owned by the
 * caller. */
Source *export_item_open_guest(const ExportItem *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_item_note_contents: Has the nodes of its disk noted, of @size bytes, while that is
 * compared with what @base has. */
void export_item_note_contents(ExportItem *self, const ExportBase *base, guint64 size);

/** export_item_hold: Opens and locks every frozen image of the layer's chain, once, and looks
 * whether the image has its snapshot. */
gboolean export_item_hold(ExportItem *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
