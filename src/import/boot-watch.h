/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-plan.h"
#include "import/boot-report.h"

G_BEGIN_DECLS

/* Interval at which a domain is checked, in microseconds. */
#define BOOT_WATCH_US ((gulong)200 * 1000)

/** A thread that starts a domain, watches it until it is known whether it boots, and removes it. */
typedef struct BootWatch BootWatch;

/** boot_watch_begin: Returns: owned by the caller; NULL with an error. @member and @settings must
 * stay valid. */
BootWatch *boot_watch_begin(Hypervisor *hypervisor, const BootMember *member,
                            const BootSettings *settings, GError **error);

/** boot_watch_end: Returns: TRUE when the watch has ended; only once. */
gboolean boot_watch_end(BootWatch *self);

/** boot_watch_take: To be called when the watch has ended. Returns: the verdict, owned by the
 * caller; NULL with an error if the domain could not be removed. */
BootVerdict *boot_watch_take(BootWatch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_watch_free: Frees @self, and ends the watch if it is still running. */
void boot_watch_free(BootWatch *self);

G_END_DECLS
