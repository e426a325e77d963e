/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-keep.h"
#include "archive/export-parts.h"
#include "archive/export-stamp.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Removal of old exports by rules. The exports of one collection of one host are a series, whose
 * newest complete export is never removed, whatever the rules. Neither is the newest one that has a
 * disk or a member which newer ones do not have (export-parts.h), nor an export that is protected,
 * being read, used by a domain, dated in the future, made while others are removed, or incomplete,
 * because nothing is known about that. Partial exports are ignored. */

/** The parameters of a removal. */
typedef struct {
    const char *directory;  /* directory of the exports */
    const char *collection; /* NULL: all collections, including unnamed ones */
    KeepRules rules;        /* at least one */
    gboolean dry_run;
} PruneOrder;

typedef enum {
    PRUNE_KEEP,   /* kept, for its reasons */
    PRUNE_REMOVE, /* removed; with dry_run it would be removed */
    PRUNE_LEAVE,  /* ignored, because of its problem */
    PRUNE_FAIL,   /* could not be removed, because of its problem */
} PruneFate;

/** Reasons to keep an export, in addition to the names of rules. */
#define PRUNE_NEWEST "newest"
#define PRUNE_ONLY_HERE "only-here" /* it has the newest state of a disk or member */
#define PRUNE_PROTECTED "protected"
#define PRUNE_FUTURE "future"
#define PRUNE_IN_USE "in-use"
#define PRUNE_REPLACED "replaced" /* another one has its path by now, and was not judged */

/** The decision about one export. */
typedef struct {
    char *path;
    char *below;      /* path relative to the pruned directory */
    char *collection; /* NULL: unnamed */
    char *snapshot;   /* NULL: not known */
    char *host;       /* NULL: not known */
    gint64 created;   /* seconds since the epoch; 0: not known */
    ExportStamp stamp; /* which one was decided about */
    ExportParts *parts; /* what it has; NULL: not known */
    PruneFate fate;
    GPtrArray *reasons; /* char*: reasons why it is kept */
    char *problem;      /* why it is ignored or could not be removed, or NULL */
    guint64 freed;      /* bytes on disk that its removal frees */
} PruneItem;

typedef struct {
    GPtrArray *items;    /* PruneItem, by collection, newest first; then exports whose removal was
                          * interrupted by a kill */
    guint64 freed;       /* bytes on disk of the files whose last link was removed */
    guint removed;       /* number of removed items */
    guint failed;
} PruneReport;

/**
 * export_prune:
 *
 * Examines all exports, then removes one after the other, the oldest first (export-remove.h). If
 * one cannot be removed, it continues with the others.
 *
 * Returns: the report, owned by the caller; NULL with INVALID_PARAMETER if there is no rule or the
 * directory is an export itself, NOT_FOUND, or CANCELLED. Some exports may have been removed even
 * then.
 */
PruneReport *export_prune(const PruneOrder *order, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** prune_report_new: Returns: a report without items, owned by the caller. */
PruneReport *prune_report_new(void);

/** prune_report_sort: Sorts the items for people: by collection, then by time, newest first. */
void prune_report_sort(PruneReport *report);

void prune_report_free(PruneReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PruneReport, prune_report_free)

G_END_DECLS
