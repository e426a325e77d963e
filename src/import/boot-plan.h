/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-domain.h"
#include "import/import-host.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* The plan of a boot test: which domains of an export are started, with which images. */

/** The greatest timeout, in seconds: as long as a night; what takes longer will not come. */
#define BOOT_TIMEOUT_MAX (12u * 3600)
/** The greatest number of domains that run at once. */
#define BOOT_PARALLEL_MAX 64u

/** The settings of a boot test. */
typedef struct {
    guint timeout;    /* seconds within which a domain must boot */
    char *expect;     /* (nullable): a regular expression that the console must show */
    GPtrArray *trust; /* char*: elements of the domains' XML that the user trusts */
    guint64 memory;   /* maximal memory of all running domains in bytes; 0: most of what is
                       * available */
    guint parallel;   /* maximal number of running domains; 0: as many as fit into the memory */
    char *scratch;    /* (nullable): absolute path of the directory for temporary files; NULL:
                       * /var/tmp */
} BootSettings;

/** A domain that is started. */
typedef struct {
    const ImportDomain *domain; /* with its temporary name and UUID */
    char *xml;
    GArray *files; /* BootFile: the backing images of its overlays */
    char *console; /* absolute path of the file for its console */
    guint64 memory; /* bytes */
    BootSigns signs;
} BootMember;

typedef struct {
    ImportSource *source;
    ImportHost *host;
    ImportPlan *plan;   /* its files and overlays, which are temporary */
    GPtrArray *members; /* BootMember */
} BootPlan;

/** boot_settings_new: Returns: settings with default values, owned by the caller. */
BootSettings *boot_settings_new(void);

/** boot_settings_check: Returns: FALSE with INVALID_PARAMETER if the pattern is not a valid regular
 * expression. */
gboolean boot_settings_check(const BootSettings *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_settings_free: NULL is fine. */
void boot_settings_free(BootSettings *self);

/**
 * boot_plan_new:
 * @path: absolute path of the export
 * @prefix: prefix of the temporary names of the domains
 * @directory: absolute path of the temporary directory
 *
 * Reads the export as an import does, with the same gate. Returns: owned by the caller; NULL with
 * CORRUPT if its files are damaged, ACCESS_DENIED listing each element that the gate refuses,
 * INVALID_STATE for anything that the host lacks.
 */
BootPlan *boot_plan_new(Hypervisor *hypervisor, const char *path, const BootSettings *settings,
                        const char *prefix, const char *directory,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_plan_free: NULL is fine. */
void boot_plan_free(BootPlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootSettings, boot_settings_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootPlan, boot_plan_free)

G_END_DECLS
