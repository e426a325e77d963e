/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* How far a job is, on standard error: a bar for people, a JSON object a line for programs. All
 * calls from one thread. */

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
 * Shows it, but at most ten times a second: call it as often as you like.
 */
void progress_update(Progress *progress, const char *label, guint64 current, guint64 total);

/** progress_is_bar: Returns: whether there is somebody at a terminal to see a bar. */
gboolean progress_is_bar(const Progress *progress);

/** progress_rate: Returns: the bytes a second of about the last seconds; 0: not known. */
guint64 progress_rate(const Progress *progress);

/** progress_hide: Takes the bar off the terminal, for a message; the next update redraws it. */
void progress_hide(Progress *progress);

/**
 * progress_finish:
 * @done: did the job end well
 *
 * Shows the last state that was given, also if it was too early for it, and ends the line. After a
 * failure the bar is taken away instead, so that the error stands where the eye is.
 */
void progress_finish(Progress *progress, gboolean done);

void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/** What a line of progress says; for progress_line() and progress_json(). */
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
