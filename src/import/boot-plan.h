/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-domain.h"
#include "import/import-host.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* An export as it is tried: which domains are started, on what. */

/** How an export is tried. */
typedef struct {
    guint timeout;    /* seconds that a domain is given */
    char *expect;     /* (nullable): a regular expression that the console is to show */
    GPtrArray *trust; /* char*: elements of a domain's XML that are let pass */
    guint64 memory;   /* bytes that all of them may have at once; 0: most of what is available */
    guint parallel;   /* so many at once at most; 0: as many as fit */
    char *scratch;    /* (nullable): absolute, where throw-away files lie; NULL: /var/tmp */
} BootSettings;

/** A domain that is started. */
typedef struct {
    const ImportDomain *domain; /* with the name and the UUID that it has meanwhile */
    char *xml;
    GArray *files; /* BootFile: images below those that it writes to */
    char *console; /* absolute path of the file that its console goes to */
    guint64 memory; /* bytes */
    BootSigns signs;
} BootMember;

typedef struct {
    ImportSource *source;
    ImportHost *host;
    ImportPlan *plan;   /* its files and overlays are what is written: throw-away */
    GPtrArray *members; /* BootMember */
} BootPlan;

/** boot_settings_new: Returns: those that are used if nothing is said; owned by the caller. */
BootSettings *boot_settings_new(void);

/** boot_settings_check: Returns: FALSE with INVALID_PARAMETER for a pattern that is none. */
gboolean boot_settings_check(const BootSettings *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_settings_free: NULL is fine. */
void boot_settings_free(BootSettings *self);

/**
 * boot_plan_new:
 * @path: absolute, of the export
 * @prefix: of the names that domains have meanwhile
 * @directory: absolute path of what is thrown away
 *
 * Looks at the export as an import does, through the same gate. Returns: owned by the caller;
 * CORRUPT if its files are not as they should be, ACCESS_DENIED naming each element that is not let
 * pass, INVALID_STATE for what the host does not have.
 */
BootPlan *boot_plan_new(Hypervisor *hypervisor, const char *path, const BootSettings *settings,
                        const char *prefix, const char *directory,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_plan_free: NULL is fine. */
void boot_plan_free(BootPlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootSettings, boot_settings_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootPlan, boot_plan_free)

G_END_DECLS
