/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "util/json-text.h"

/* The closing quote of the string that begins at @text, or NULL if there is none. QEMU accepts
 * strings in single quotes, too. */
static const char *
end_of_string(const char *text)
{
    char quote = *text;

    for (text++; *text && *text != quote; text++) {
        if (*text == '\\' && text[1])
            text++;
    }

    return *text ? text : NULL;
}

gboolean
json_text_is_object(const char *json)
{
    guint depth = 0;
    gboolean over = FALSE;

    for (; json && *json; json++) {
        if (strchr(" \t\r\n", *json))
            continue;
        if (over || (depth == 0 && *json != '{') || strchr("/#", *json))
            return FALSE;
        if (strchr("{[", *json))
            depth++;
        else if (strchr("}]", *json))
            over = --depth == 0;
        else if (strchr("\"'", *json))
            json = end_of_string(json);
        if (!json)
            return FALSE;
    }

    return over;
}
