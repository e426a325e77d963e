/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "settings/settings.h"

G_BEGIN_DECLS

/** One setting in all its forms, a row of settings_table. */
typedef struct {
    const char *name;     /* name of the native element; messages use it for the option, too */
    const char *cim_name; /* CIM property; NULL: the setting does not exist in CIM and is accepted
                           * there by its native name */
    const char *cim_type; /* "boolean", "string", "uint8", "uint16", "uint32", "uint64" */
    gboolean list;        /* TRUE if it may be given more than once */
    /* Sets the setting from text in the native form or in the CIM form, which has numbers in place
     * of words. */
    gboolean (*parse)(VirtSnapExportSettings *self, const char *name, const char *text,
                      GError **error);
    /* Returns: the native text of value @i, owned by the caller; NULL if the setting is unset or
     * has no more values. */
    char *(*format)(const VirtSnapExportSettings *self, guint i);
} Setting;

/** All settings, terminated by an entry with the name NULL. */
extern const Setting settings_table[];

/** settings_find: Returns: the setting with the native name @name (settings_find_cim(): with the
 * CIM name @name, ignoring case); NULL if there is none. */
const Setting *settings_find(const char *name);
const Setting *settings_find_cim(const char *name);

/** Fill @self from the <exportsettings> element @root, or from the CIM-XML INSTANCE in @root. */
gboolean settings_parse_native(VirtSnapExportSettings *self, xmlNode *root, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean settings_parse_cim(VirtSnapExportSettings *self, xmlNode *root, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
