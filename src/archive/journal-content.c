/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "archive/journal-content.h"

#define MADE_MAX 2

/* --- comparing -------------------------------------------------------------- */

/* The unescaped name in @line. */
static char *
unescape_name(const char *line)
{
    g_auto(GStrv) fields = g_strsplit(line, " ", -1);
    guint n = g_strv_length(fields);
    guint at = g_str_equal(fields[0], "layer") ? 1 : n - 1;

    return at < n ? g_uri_unescape_string(fields[at], NULL) : NULL;
}

static char *
describe_difference(const char *line)
{
    g_autofree char *name = unescape_name(line);

    if (g_str_has_prefix(line, "settings "))
        return g_strdup(_("the export settings have changed"));
    if (!name)
        return g_strdup(_("it is another export"));
    if (g_str_has_prefix(line, "source "))
        return g_strdup_printf(_("the image '%s' has changed since"), name);
    if (g_str_has_prefix(line, "layer "))
        return g_strdup_printf(_("other images are to be exported: '%s'"), name);

    return g_strdup_printf(_("it was not of '%s'"), name);
}

static gboolean
refuse_to_resume(const char *difference, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The interrupted export cannot be resumed, %s; export anew, without resuming, "
                  "which removes what is left of it"),
                difference);

    return FALSE;
}

gboolean
journal_content_check(const JournalContent *self, const char *identity, GError **error)
{
    g_auto(GStrv) then = g_strsplit(self->identity, "\n", -1);
    g_auto(GStrv) now = g_strsplit(identity, "\n", -1);
    g_autofree char *difference = NULL;
    guint i = 0;

    while (then[i] && now[i] && g_str_equal(then[i], now[i]))
        i++;
    if (!then[i] && !now[i])
        return TRUE;
    difference = describe_difference(now[i] && *now[i] ? now[i] : then[i]);

    return refuse_to_resume(difference, error);
}

gboolean
journal_refuse(const char *path, GError **error)
{
    g_autofree char *difference = g_strdup_printf(_("the image '%s' has changed since"), path);

    return refuse_to_resume(difference, error);
}

/* --- reading ---------------------------------------------------------------- */

static gboolean
read_journal_number(const char *field, guint64 max, guint64 *number)
{
    return g_ascii_string_to_unsigned(field, 10, 0, max, number, NULL);
}

static gboolean
read_hex(const char *field, guint8 *bytes)
{
    if (strlen(field) != (gsize)2 * DIGEST_BYTES)
        return FALSE;
    for (gsize i = 0; i < DIGEST_BYTES; i++) {
        int high = g_ascii_xdigit_value(field[2 * i]);
        int low = g_ascii_xdigit_value(field[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        bytes[i] = (guint8)(high << 4 | low);
    }

    return TRUE;
}

/* Reads a line above "begin". Only its form is checked, since the identity is compared as text. */
static gboolean
read_identity(JournalContent *self, char **fields)
{
    static const struct {
        const char *key;
        guint n;
    } forms[] = {{"collection", 2}, {"snapshot", 2}, {"settings", 2},
                 {"domain", 3},     {"layer", 4},    {"source", 6}};
    guint n = g_strv_length(fields);

    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (!g_str_equal(fields[0], forms[i].key))
            continue;
        if (g_str_equal(fields[0], "layer"))
            g_ptr_array_add(self->layers, journal_layer_new());
        return n == forms[i].n;
    }

    return FALSE;
}

static gboolean
read_begin_line(JournalContent *self, char **fields, const char *data, gsize length)
{
    guint64 made;

    if (g_strv_length(fields) != 2 || !read_journal_number(fields[1], MADE_MAX, &made))
        return FALSE;
    self->made = (guint)made;
    self->identity = g_strndup(data, length);

    return TRUE;
}

static gboolean
read_segment(JournalLayer *layer, const char *index, const char *node)
{
    EngineSegment segment;
    guint64 number;

    if (!layer->opened || !read_journal_number(index, G_MAXUINT64, &number) ||
        number >= digest_n_segments(layer->size) || !read_hex(node, segment.node))
        return FALSE;
    segment.index = (gsize)number;
    g_array_append_val(layer->segments, segment);

    return TRUE;
}

static gboolean
is_ctime_list(const char *text)
{
    return *text && strspn(text, "-0123456789.,") == strlen(text);
}

static gboolean
read_progress_line(JournalContent *self, char **fields)
{
    guint n = g_strv_length(fields);
    JournalLayer *layer;
    guint64 number;

    if (n < 4 || n > 5 || self->layers->len == 0 ||
        !read_journal_number(fields[1], self->layers->len - 1, &number))
        return FALSE;
    layer = g_ptr_array_index(self->layers, number);
    if (g_str_equal(fields[0], "done"))
        return n == 4 && read_segment(layer, fields[2], fields[3]);
    if (!g_str_equal(fields[0], "open"))
        return FALSE;
    journal_layer_reset(layer);
    layer->opened = TRUE;
    /* The first version wrote records without the field CHANGED. */
    if (n == 5) {
        layer->changed = g_strdup(fields[4]);
        if (!is_ctime_list(layer->changed))
            return FALSE;
    }

    return read_journal_number(fields[2], G_MAXINT64, &layer->size) &&
           read_hex(fields[3], layer->layout);
}

/* @at: offset of the line in @data. */
static gboolean
read_journal_line(JournalContent *self, const char *line, const char *data, gsize at)
{
    g_auto(GStrv) fields = NULL;

    if (at == 0)
        return g_str_equal(line, JOURNAL_FIRST_LINE);
    fields = g_strsplit(line, " ", 8);
    if (!fields[0])
        return FALSE;
    if (self->identity)
        return read_progress_line(self, fields);
    if (g_str_equal(fields[0], "begin"))
        return read_begin_line(self, fields, data, at);

    return read_identity(self, fields);
}

/* The length up to the end of the last complete line. After a crash a file may end in zeros. */
static gsize
whole_lines(const char *data, gsize length)
{
    while (length > 0 && data[length - 1] != '\n')
        length--;

    return length;
}

/* Whether the rest behind the last complete line can be the beginning of a record. */
static gboolean
is_torn_line(const char *data, gsize length)
{
    return memcmp(data, JOURNAL_FIRST_LINE, MIN(length, strlen(JOURNAL_FIRST_LINE))) == 0;
}

static void
set_damaged(guint line, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The journal of the interrupted export is damaged in line %u; export anew, "
                  "without resuming, which removes what is left of it"),
                line);
}

JournalContent *
journal_parse(const char *data, gsize length, GError **error)
{
    g_autoptr(JournalContent) self = g_new0(JournalContent, 1);
    gsize end = whole_lines(data, length);
    guint number = 0;

    self->layers = g_ptr_array_new_with_free_func((GDestroyNotify)journal_layer_free);
    for (gsize at = 0; at < end; number++) {
        gsize n = (gsize)((const char *)memchr(data + at, '\n', end - at) - (data + at));
        g_autofree char *line = g_strndup(data + at, n);

        if (strlen(line) != n || !read_journal_line(self, line, data, at)) {
            set_damaged(number + 1, error);
            return NULL;
        }
        at += n + 1;
    }
    if (end == 0 && !is_torn_line(data, length)) {
        set_damaged(1, error);
        return NULL;
    }
    /* If "begin" is missing, nothing had been done yet. */
    if (!self->identity)
        g_ptr_array_set_size(self->layers, 0);
    self->length = self->identity ? end : 0;

    return g_steal_pointer(&self);
}

void
journal_content_free(JournalContent *self)
{
    if (!self)
        return;
    g_free(self->identity);
    g_ptr_array_unref(self->layers);
    g_free(self);
}

JournalLayer *
journal_layer_new(void)
{
    JournalLayer *self = g_new0(JournalLayer, 1);

    self->segments = g_array_new(FALSE, FALSE, sizeof(EngineSegment));

    return self;
}

void
journal_layer_reset(JournalLayer *self)
{
    self->opened = FALSE;
    g_clear_pointer(&self->changed, g_free);
    g_array_set_size(self->segments, 0);
}

void
journal_layer_free(JournalLayer *self)
{
    g_array_unref(self->segments);
    g_free(self->changed);
    g_free(self);
}

char *
journal_hex(const guint8 *bytes)
{
    GString *text = g_string_sized_new((gsize)2 * DIGEST_BYTES);

    for (gsize i = 0; i < DIGEST_BYTES; i++)
        g_string_append_printf(text, "%02x", bytes[i]);

    return g_string_free(text, FALSE);
}
