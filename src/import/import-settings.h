/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** The settings of an import. */
typedef struct {
    GPtrArray *domains; /* char*: names in the export of the domains to import; empty: all */
    GHashTable *renames; /* char* -> char*: name in the export, also of a collection -> new name */
    char *pool;          /* storage pool whose volumes the images become; NULL: files */
    char *suffix;       /* appended to every name that is not in renames; NULL: none */
    gboolean new_uuid;
    gboolean new_mac;
    gboolean with_snapshots;
    gboolean start;
    gboolean define;     /* FALSE: files only */
    gboolean in_place;   /* the images stay in the export, below new overlays */
    gboolean force_host; /* change what does not fit the host */
    GPtrArray *trust;    /* char*: elements of the domains' XML that the user trusts */
    guint64 bandwidth;   /* bytes a second; 0: no limit */
    guint parallel;      /* simultaneous transfers; 0: the default */
} ImportSettings;

/** import_settings_new: Returns: settings with default values, owned by the caller. */
ImportSettings *import_settings_new(void);

/** import_settings_copy: Returns: a copy, owned by the caller. */
ImportSettings *import_settings_copy(const ImportSettings *self);

/**
 * import_settings_rename:
 * @text: "OLD=NEW"
 *
 * Adds a new name. Returns: FALSE with INVALID_PARAMETER if @text is invalid.
 */
gboolean import_settings_rename(ImportSettings *self, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_settings_check: Returns: FALSE with INVALID_PARAMETER if two settings contradict each
 * other. */
gboolean import_settings_check(const ImportSettings *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_settings_name: Returns: the new name for the name @old in the export, owned by the
 * caller. */
char *import_settings_name(const ImportSettings *self, const char *old);

/** import_settings_wants: Returns: TRUE if the domain @name of the export is to be imported. */
gboolean import_settings_wants(const ImportSettings *self, const char *name);

/** import_settings_parse: Parses @text (nullable), an <importsettings> document (schema:
 * importsettings.rng); NULL or "" for the defaults. Returns: owned by the caller; NULL with
 * INVALID_PARAMETER. */
ImportSettings *import_settings_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_settings_format: Returns: the <importsettings> document, owned by the caller. */
char *import_settings_format(const ImportSettings *self);

void import_settings_free(ImportSettings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportSettings, import_settings_free)

G_END_DECLS
