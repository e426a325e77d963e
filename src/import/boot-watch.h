/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-plan.h"
#include "import/boot-report.h"

G_BEGIN_DECLS

/* How often a domain is looked at, in microseconds. */
#define BOOT_WATCH_US ((gulong)200 * 1000)

/** A domain that is started, looked at until it is known whether it boots, and taken away, in a
 * thread of its own. */
typedef struct BootWatch BootWatch;

/** boot_watch_begin: Returns: owned by the caller; @member and @settings must stay. */
BootWatch *boot_watch_begin(Hypervisor *hypervisor, const BootMember *member,
                            const BootSettings *settings);

/** boot_watch_end: Returns: TRUE, once, when it is over. */
gboolean boot_watch_end(BootWatch *self);

/** boot_watch_take: To be called when it is over. Returns: what came of it, owned by the caller;
 * NULL with an error if the domain could not be taken away. */
BootVerdict *boot_watch_take(BootWatch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_watch_free: Ends it first, if it is not over. */
void boot_watch_free(BootWatch *self);

G_END_DECLS
