/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-keep.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Old exports removed by rules. The exports of one collection of one host are a row, of which the
 * newest complete one is never removed, whatever the rules; nor is one that is protected, read,
 * used by a domain, dated in the future, or not complete, as then nothing is known of it. Partial
 * exports are none: they are left alone. */

/** What is asked for. */
typedef struct {
    const char *directory;  /* that was exported into */
    const char *collection; /* NULL: all that it holds, unnamed ones too */
    KeepRules rules;        /* at least one */
    gboolean dry_run;
} PruneOrder;

typedef enum {
    PRUNE_KEEP,   /* for its reasons */
    PRUNE_REMOVE, /* it has gone, or with dry_run it would go */
    PRUNE_LEAVE,  /* it does not count, for its problem */
    PRUNE_FAIL,   /* it was to go, and could not, for its problem */
} PruneFate;

/** Why one is kept; beside the names of rules. */
#define PRUNE_NEWEST "newest"
#define PRUNE_PROTECTED "protected"
#define PRUNE_FUTURE "future"
#define PRUNE_IN_USE "in-use"

/** What becomes of one export. */
typedef struct {
    char *path;
    char *below;      /* from the directory that was pruned */
    char *collection; /* NULL: unnamed */
    char *snapshot;   /* NULL: not known */
    char *host;       /* NULL: not known */
    gint64 created;   /* seconds since the epoch; 0: not known */
    PruneFate fate;
    GPtrArray *reasons; /* char*: why it is kept */
    char *problem;      /* or why not, or NULL */
    guint64 freed;      /* bytes on the disk that go with it */
} PruneItem;

typedef struct {
    GPtrArray *items;    /* PruneItem, by collection, newest first; then what somebody left who was
                          * killed while he removed it */
    guint64 freed;       /* bytes on the disk of files of which the last name went */
    guint removed;       /* how many have which fate */
    guint failed;
} PruneReport;

/**
 * export_prune:
 *
 * Looks at all, and then removes one after the other, oldest first (export-remove.h); what cannot
 * be removed does not keep it from the others.
 *
 * Returns: owned by the caller; INVALID_PARAMETER without a rule or if the directory is an export
 * itself, NOT_FOUND, and CANCELLED, all of which can come after some have gone.
 */
PruneReport *export_prune(const PruneOrder *order, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void prune_report_free(PruneReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PruneReport, prune_report_free)

G_END_DECLS
