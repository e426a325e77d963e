/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Shows the progress of a job on standard error: as a bar for users, or as lines of JSON objects
 * for programs. All functions must be called from one thread. */

typedef enum {
    PROGRESS_AUTO, /* a bar if standard error is a terminal, else nothing */
    PROGRESS_BAR,
    PROGRESS_JSON,
    PROGRESS_NONE,
} ProgressMode;

/** progress_mode_parse: @text: (nullable): "auto", "bar", "json" or "none"; NULL is auto. */
gboolean progress_mode_parse(const char *text, ProgressMode *mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

typedef struct Progress Progress;

/**
 * progress_new:
 * @mode: what to show
 * @quiet: (as with --quiet): turns auto into none
 *
 * Returns: the display, owned by the caller; it shows nothing until the first update.
 */
Progress *progress_new(ProgressMode mode, gboolean quiet);

/**
 * progress_update:
 * @label: what is worked on (a file's or disk's name)
 * @current: bytes done
 * @total: bytes to do; 0: not known yet
 *
 * Shows the progress at most ten times a second; it may be called more often.
 */
void progress_update(Progress *progress, const char *label, guint64 current, guint64 total);

/** progress_is_bar: Returns: whether there is somebody at a terminal to see a bar. */
gboolean progress_is_bar(const Progress *progress);

/** progress_rate: Returns: the bytes a second of about the last seconds; 0: not known. */
guint64 progress_rate(const Progress *progress);

/** progress_hide: Removes the bar from the terminal before a message; the next update draws it
 * again. */
void progress_hide(Progress *progress);

/**
 * progress_finish:
 * @done: TRUE if the job succeeded
 *
 * Shows the last update, even if it was too early to be shown, and ends the line. After a failure
 * the bar is removed instead, so that the error takes its place.
 */
void progress_finish(Progress *progress, gboolean done);

void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/** The content of a progress line, for progress_line() and progress_json(). */
typedef struct {
    const char *label;
    guint64 current; /* bytes */
    guint64 total;   /* bytes; 0: not known */
    guint64 rate;    /* bytes/s; 0: not known */
    gint64 left;     /* seconds; -1: not known */
} ProgressState;

/** progress_line: Returns: @state in one line of at most @width columns, owned by the caller. */
char *progress_line(const ProgressState *state, gsize width);

/** progress_json: Returns: @state as a JSON object in one line, owned by the caller. */
char *progress_json(const ProgressState *state);

G_END_DECLS
