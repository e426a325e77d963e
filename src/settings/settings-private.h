/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "settings/settings.h"

G_BEGIN_DECLS

/** One setting, in all its forms: the only table of them. */
typedef struct {
    const char *name;     /* native element and, for messages, option */
    const char *cim_name; /* property; NULL: ours alone, accepted by its native name */
    const char *cim_type; /* "boolean", "string", "uint8", "uint16", "uint32", "uint64" */
    gboolean list;        /* may be given more than once */
    /* Sets it from the native text, or from the CIM form's (numbers for words). */
    gboolean (*parse)(VirtSnapExportSettings *self, const char *name, const char *text,
                      GError **error);
    /* Native text of element @i (of a list); NULL: unset, or no more elements. */
    char *(*format)(const VirtSnapExportSettings *self, guint i);
} Setting;

/** The table, ended by a NULL name. */
extern const Setting settings_table[];

/** settings_find: Returns: the setting with the native or, ignoring case, the CIM name @name. */
const Setting *settings_find(const char *name);
const Setting *settings_find_cim(const char *name);

/** Fill @self from an <exportsettings> element, or from a CIM-XML INSTANCE somewhere in @root. */
gboolean settings_parse_native(VirtSnapExportSettings *self, xmlNode *root, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean settings_parse_cim(VirtSnapExportSettings *self, xmlNode *root, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
