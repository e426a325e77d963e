/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-plan.h"

G_BEGIN_DECLS

/** The settings of a verification, which programs, callers on the bus and records of jobs have as
 * a{sv}: "deep", "boot" (b), "bandwidth" (t), and with "boot" also "timeout" (u), "expect" (s),
 * "trust" (as), "memory" (t), "parallel" (u), "scratch" (s), as the options of the command. */
typedef struct {
    gboolean deep;
    guint64 bandwidth;  /* bytes a second; 0: no limit */
    BootSettings *boot; /* NULL: no domain is started */
} VerifySettings;

/** verify_settings_new: Returns: settings with default values, owned by the caller. */
VerifySettings *verify_settings_new(void);

/**
 * verify_settings_parse:
 * @options: (nullable): a{sv}; NULL: the defaults
 *
 * Returns: owned by the caller; NULL with INVALID_PARAMETER naming the key that is unknown, there
 * twice, of another type, out of range, or without "boot" of no use.
 */
VerifySettings *verify_settings_parse(GVariant *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * verify_settings_read_boot:
 * @boot: (out): whether the settings in @options are to start domains, as verify_settings_parse()
 * reads it if no key is there twice
 *
 * Looks at nothing else, and so never waits. Returns: FALSE with INVALID_PARAMETER if it is of
 * another type.
 */
gboolean verify_settings_read_boot(GVariant *options, gboolean *boot, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** verify_settings_format: Returns: (transfer floating): what verify_settings_parse() reads. */
GVariant *verify_settings_format(const VerifySettings *self);

/** verify_settings_free: NULL is fine. */
void verify_settings_free(VerifySettings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifySettings, verify_settings_free)

G_END_DECLS
