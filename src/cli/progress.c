/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "util/format.h"

/* Minimal interval between two updates: nobody could read faster ones, and a slow terminal would
 * delay the job. */
#define UPDATE_INTERVAL (G_USEC_PER_SEC / 10)
/* Time constant of the smoothed rate in seconds. */
#define RATE_SECONDS 3.0
/* A longer remaining time is not shown, because it is only a guess. */
#define LEFT_MAX (100 * 3600)
#define DEFAULT_WIDTH 80
#define BAR_MIN 10
#define BAR_MAX 40
#define LABEL_MIN 8
/* Widths of the figures, so that they keep their columns while they grow: "1023.9 MiB", "00:07". */
#define AMOUNT_WIDTH 10
#define LEFT_WIDTH 5
/* Totals from this on are bytes. */
#define STEPS_END 4096

struct Progress {
    ProgressMode mode; /* never PROGRESS_AUTO */
    char *label;
    guint64 current, total;
    gboolean updated;   /* there was an update */
    gboolean pending;   /* the latest update is not shown yet */
    gboolean drawn;     /* the bar is visible on the terminal */
    gint64 shown_at;    /* monotonic time of the last line, us; 0: never */
    gint64 sample_at;   /* time of the last sample of the rate, us */
    guint64 sample;     /* value of current at that time */
    double rate;        /* bytes/s, smoothed; 0: not known */
};

static const struct {
    const char *name;
    ProgressMode mode;
} modes[] = {
    {"auto", PROGRESS_AUTO},
    {"bar", PROGRESS_BAR},
    {"json", PROGRESS_JSON},
    {"none", PROGRESS_NONE},
};

gboolean
progress_mode_parse(const char *text, ProgressMode *mode, GError **error)
{
    *mode = PROGRESS_AUTO;
    if (!text)
        return TRUE;

    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (strcmp(modes[i].name, text) == 0) {
            *mode = modes[i].mode;
            return TRUE;
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                _("--progress: '%s' is not one of auto, bar, json and none"), text);

    return FALSE;
}

Progress *
progress_new(ProgressMode mode, gboolean quiet)
{
    Progress *progress = g_new0(Progress, 1);

    progress->mode = mode;
    if (mode == PROGRESS_AUTO)
        progress->mode = isatty(STDERR_FILENO) && !quiet ? PROGRESS_BAR : PROGRESS_NONE;

    return progress;
}

/* The width of the terminal, queried for each line because a window can be resized. */
static gsize
terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;

    return DEFAULT_WIDTH;
}

static char *
format_left(gint64 seconds)
{
    if (seconds < 0)
        return g_strdup("--:--");
    if (seconds < 3600)
        return g_strdup_printf("%02d:%02d", (int)(seconds / 60), (int)(seconds % 60));

    return g_strdup_printf("%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                           (int)(seconds % 60));
}

static int
percent_of(const ProgressState *state)
{
    if (state->total == 0)
        return 0;
    if (state->current >= state->total)
        return 100;

    /* In floating point, because bytes times 100 can exceed 64 bits. 100 is only shown at the
     * end. */
    return MIN(99, (int)((double)state->current * 100.0 / (double)state->total));
}

/* Shortens @text in the middle so that it takes at most @width columns. */
static char *
shorten_middle(const char *text, gsize width)
{
    g_autofree char *full = text_printable(text);
    glong length = g_utf8_strlen(full, -1);

    if (text_width(full) <= width)
        return g_steal_pointer(&full);

    for (glong keep = MIN(length - 1, (glong)width); keep > 0; keep--) {
        glong tail = keep - keep / 2;
        g_autofree char *head = g_utf8_substring(full, 0, keep / 2);
        g_autofree char *cut =
            g_strconcat(head, "…", g_utf8_offset_to_pointer(full, length - tail), NULL);

        if (text_width(cut) <= width)
            return g_steal_pointer(&cut);
    }

    return g_strdup("");
}

static char *
draw_bar(int percent, gsize width)
{
    gsize filled = width * (gsize)percent / 100;
    GString *bar = g_string_sized_new(width + 2);

    g_string_append_c(bar, '[');
    for (gsize i = 0; i < width; i++)
        g_string_append_c(bar, i < filled ? '=' : i == filled ? '>' : ' ');
    g_string_append_c(bar, ']');

    return g_string_free(bar, FALSE);
}

/* Appends right-aligned text by display width; printf() would count the bytes of the no-break space
 * before a unit. */
static void
append_right_aligned(GString *out, const char *text, gsize width)
{
    for (gsize used = text_width(text); used < width; used++)
        g_string_append_c(out, ' ');
    g_string_append(out, text);
}

/* The figures at one level of detail, 0 for all: on a narrow terminal the remaining time is dropped
 * first, then the rate, then the bytes. */
static char *
progress_figures(const ProgressState *state, int level)
{
    g_autofree char *current = format_bytes(state->current);
    g_autofree char *total = format_bytes(state->total);
    g_autofree char *rate = format_bytes(state->rate);
    g_autofree char *left = format_left(state->left);
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%3d%%", percent_of(state));
    if (level < 3) {
        append_right_aligned(out, current, AMOUNT_WIDTH + 2);
        g_string_append_printf(out, " / %s", state->total ? total : "?");
    }
    if (level < 2) {
        append_right_aligned(out, state->rate ? rate : "-", AMOUNT_WIDTH + 2);
        g_string_append(out, "/s");
    }
    if (level < 1)
        append_right_aligned(out, left, LEFT_WIDTH + 2);

    return g_string_free(out, FALSE);
}

/* Whether a job counts its steps, as members of a collection: such figures are too small for
 * bytes. */
static gboolean
counts_steps(const ProgressState *state)
{
    return state->total > 0 && state->total < STEPS_END;
}

char *
progress_line(const ProgressState *state, gsize width)
{
    for (int level = counts_steps(state) ? 3 : 0; level <= 3; level++) {
        g_autofree char *numbers = progress_figures(state, level);
        g_autofree char *label = NULL, *bar = NULL;
        gsize fixed = text_width(numbers) + 2 + 2 + 1; /* brackets and the blanks between */
        gsize bar_width, label_width;

        if (fixed + LABEL_MIN + BAR_MIN > width)
            continue;
        label_width = MIN(text_width(state->label), (width - fixed) / 2);
        bar_width = MIN(BAR_MAX, width - fixed - label_width);
        label = shorten_middle(state->label, width - fixed - bar_width);
        bar = draw_bar(percent_of(state), bar_width);
        return g_strdup_printf("%s %s  %s", label, bar, numbers);
    }

    return width < 4 ? g_strdup("") : g_strdup_printf("%3d%%", percent_of(state));
}

char *
progress_json(const ProgressState *state)
{
    g_autoptr(JsonObject) object = json_object_new();

    json_set_text(object, "label", state->label);
    json_set_size(object, "current", state->current);
    json_set_size(object, "total", state->total);
    json_object_set_int_member(object, "percent", percent_of(state));
    json_set_size(object, "rate", state->rate);
    if (state->left < 0)
        json_object_set_null_member(object, "left");
    else
        json_object_set_int_member(object, "left", state->left);

    return json_object_to_line(object);
}

static ProgressState
progress_state(const Progress *progress)
{
    ProgressState state = {progress->label, progress->current, progress->total, 0, -1};
    double left;

    if (progress->rate < 1.0)
        return state;
    state.rate = (guint64)progress->rate;
    if (progress->total == 0)
        return state;
    left = progress->current >= progress->total
               ? 0.0
               : (double)(progress->total - progress->current) / progress->rate;
    if (left <= LEFT_MAX)
        state.left = (gint64)(left + 0.5);

    return state;
}

static void
sample_rate(Progress *progress, gint64 now)
{
    double seconds = (double)(now - progress->sample_at) / G_USEC_PER_SEC;

    if (progress->sample_at != 0 && progress->current >= progress->sample && seconds > 0) {
        double rate = (double)(progress->current - progress->sample) / seconds;
        double weight = progress->rate > 0 ? MIN(1.0, seconds / RATE_SECONDS) : 1.0;

        progress->rate += (rate - progress->rate) * weight;
    }
    progress->sample_at = now;
    progress->sample = progress->current;
}

static void
show_progress_line(Progress *progress, gint64 now)
{
    ProgressState state;
    g_autofree char *line = NULL;

    sample_rate(progress, now);
    state = progress_state(progress);
    progress->pending = FALSE;
    progress->shown_at = now;

    if (progress->mode == PROGRESS_JSON) {
        line = progress_json(&state);
        fprintf(stderr, "%s\n", line);
        return;
    }
    /* The last column is left free, because some terminals wrap when it is written. */
    line = progress_line(&state, terminal_width() - 1);
    fprintf(stderr, "\r%s\033[K", line);
    progress->drawn = TRUE;
}

void
progress_update(Progress *progress, const char *label, guint64 current, guint64 total)
{
    gint64 now;

    if (progress->mode == PROGRESS_NONE)
        return;
    if (g_strcmp0(progress->label, label) != 0) {
        g_free(progress->label);
        progress->label = g_strdup(label);
    }
    progress->current = current;
    progress->total = total;
    progress->updated = progress->pending = TRUE;

    now = g_get_monotonic_time();
    if (progress->shown_at == 0 || now - progress->shown_at >= UPDATE_INTERVAL)
        show_progress_line(progress, now);
}

gboolean
progress_is_bar(const Progress *progress)
{
    return progress->mode == PROGRESS_BAR && isatty(STDERR_FILENO);
}

guint64
progress_rate(const Progress *progress)
{
    return (guint64)progress->rate;
}

void
progress_hide(Progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = FALSE;
}

void
progress_finish(Progress *progress, gboolean done)
{
    if (progress->updated && done) {
        if (progress->pending || (progress->mode == PROGRESS_BAR && !progress->drawn))
            show_progress_line(progress, g_get_monotonic_time());
        if (progress->drawn)
            fputc('\n', stderr);
        progress->drawn = FALSE;
    }
    progress_hide(progress);
    progress->updated = FALSE;
}

void
progress_free(Progress *progress)
{
    if (!progress)
        return;
    progress_hide(progress);
    g_free(progress->label);
    g_free(progress);
}
