/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "util/name.h"

#define NAME_BYTES_MAX 255
/* A component may have 255 bytes; partial directories and locks add a dot and up to nine more. */
#define COMPONENT_BYTES_MAX 240
/* '~' and 16 hex digits mark a component that was cut. */
#define CUT_HASH_DIGITS 16

gboolean
name_check(const char *name, const char *what, GError **error)
{
    const char *complaint = NULL;

    if (*name == '\0')
        complaint = _("it is empty");
    else if (strlen(name) > NAME_BYTES_MAX)
        complaint = _("it is longer than 255 bytes");
    else if (!g_utf8_validate(name, -1, NULL))
        complaint = _("it is not UTF-8");
    else if (strstr(name, "\xef\xbf\xbe") || strstr(name, "\xef\xbf\xbf"))
        complaint = _("it holds U+FFFE or U+FFFF, which XML cannot");

    for (const char *c = name; !complaint && *c; c++) {
        if (g_ascii_iscntrl(*c))
            complaint = _("it holds control characters");
    }
    if (complaint) {
        g_autofree char *shown = g_utf8_make_valid(name, -1);

        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' cannot be the name of a %s: %s"), shown, what, complaint);
        return FALSE;
    }

    return TRUE;
}

gboolean
text_fits_xml(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL) || strstr(text, "\xef\xbf\xbe") ||
        strstr(text, "\xef\xbf\xbf"))
        return FALSE;
    for (const char *c = text; *c; c++) {
        if ((guchar)*c < ' ' && !strchr("\t\n\r", *c))
            return FALSE;
    }

    return TRUE;
}

char *
text_for_xml(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_sized_new(strlen(valid));

    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar letter = g_utf8_get_char(c);
        gboolean held = letter >= ' ' ? letter != 0xfffe && letter != 0xffff
                                      : strchr("\t\n\r", (int)letter) != NULL;

        g_string_append_unichar(out, held ? letter : 0xfffd);
    }

    return g_string_free(out, FALSE);
}

static gboolean
needs_escape(const char *name, const char *c)
{
    /* '~' is escaped so that no name can contain the mark of a cut component. */
    return *c == '/' || *c == '%' || *c == '~' || g_ascii_iscntrl(*c) || (*c == '.' && c == name);
}

char *
name_to_component(const char *name)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *hash = NULL;
    gsize keep = COMPONENT_BYTES_MAX - CUT_HASH_DIGITS - 1;

    for (const char *c = name; *c; c++) {
        if (needs_escape(name, c))
            g_string_append_printf(out, "%%%02X", (guchar)*c);
        else
            g_string_append_c(out, *c);
    }
    if (out->len <= COMPONENT_BYTES_MAX)
        return g_string_free(g_steal_pointer(&out), FALSE);

    /* Do not cut within a UTF-8 character or within an escape. */
    while ((out->str[keep] & 0xc0) == 0x80)
        keep--;
    for (gsize i = 1; i <= 2; i++) {
        if (out->str[keep - i] == '%')
            keep -= i;
    }
    hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    g_string_truncate(out, keep);
    g_string_append_printf(out, "~%.*s", CUT_HASH_DIGITS, hash);

    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
name_from_component(const char *component)
{
    g_autofree char *name = NULL;
    g_autofree char *again = NULL;

    if (strchr(component, '~'))
        return NULL;
    name = g_uri_unescape_string(component, NULL);
    if (!name)
        return NULL;
    again = name_to_component(name);
    if (!g_str_equal(again, component))
        return NULL;

    return g_steal_pointer(&name);
}
