/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** How an export is to be imported. */
typedef struct {
    GPtrArray *domains; /* char*: those of the export that are wanted, by their names there; empty:
                         * all */
    GHashTable *renames; /* char* -> char*: names in the export (also the collection's) -> new */
    char *suffix;       /* for every name that is not in renames; NULL: none */
    gboolean new_uuid;
    gboolean new_mac;
    gboolean with_snapshots;
    gboolean start;
    gboolean define;     /* FALSE: files only */
    gboolean force_host; /* what does not fit the host is changed so that it does */
    GPtrArray *trust;    /* char*: elements of a domain's XML that are let pass */
    guint64 bandwidth;   /* bytes a second; 0: no limit */
    guint parallel;      /* transfers at once; 0: as many as is usual */
} ImportSettings;

/** import_settings_new: Returns: what is done if nothing else is said; owned by the caller. */
ImportSettings *import_settings_new(void);

/** import_settings_copy: Returns: the same, owned by the caller. */
ImportSettings *import_settings_copy(const ImportSettings *self);

/**
 * import_settings_rename:
 * @text: "OLD=NEW"
 *
 * Adds it to the renames. Returns: FALSE with INVALID_PARAMETER.
 */
gboolean import_settings_rename(ImportSettings *self, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_settings_check: Returns: FALSE with INVALID_PARAMETER if two of them contradict. */
gboolean import_settings_check(const ImportSettings *self, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_settings_name: Returns: what @old, a name in the export, becomes; caller's. */
char *import_settings_name(const ImportSettings *self, const char *old);

/** import_settings_wants: Returns: whether the domain @name of the export is to be imported. */
gboolean import_settings_wants(const ImportSettings *self, const char *name);

/** import_settings_parse: @text: (nullable): an <importsettings> (importsettings.rng); NULL or
 * empty: import_settings_new(). Returns: owned by the caller; INVALID_PARAMETER. */
ImportSettings *import_settings_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_settings_format: Returns: it as such a text, owned by the caller. */
char *import_settings_format(const ImportSettings *self);

void import_settings_free(ImportSettings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportSettings, import_settings_free)

G_END_DECLS
