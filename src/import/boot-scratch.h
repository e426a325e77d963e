/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What there is of an export while it is tried, and the record of it, which is there before any of
 * it. Whoever finds the record, and nobody at work on it, takes away what it names. */

typedef struct BootScratch BootScratch;

/**
 * boot_scratch_new:
 * @where: absolute, in which its directory comes to be
 *
 * Chooses names that nobody has. Nothing is there yet. Returns: owned by the caller.
 */
BootScratch *boot_scratch_new(const char *where);

/** boot_scratch_prefix: Returns: (transfer none): what the names of its domains begin with. */
const char *boot_scratch_prefix(const BootScratch *self);

/** boot_scratch_directory: Returns: (transfer none): the absolute path of its directory. */
const char *boot_scratch_directory(const BootScratch *self);

/**
 * boot_scratch_begin:
 * @uuids: (element-type utf8): of the domains that there are going to be
 *
 * Writes the record durably and makes the directory. Returns: the directory's descriptor, which
 * @self owns; -1 with an error.
 */
int boot_scratch_begin(BootScratch *self, Hypervisor *hypervisor, GPtrArray *uuids,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_scratch_end: Takes away the domains that are left, the directory and the record. Returns:
 * FALSE if something is still there; the record is, then. */
gboolean boot_scratch_end(BootScratch *self, Hypervisor *hypervisor,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * boot_scratch_recover:
 * @said: (element-type utf8): gets a line for each check that was interrupted
 *
 * Takes away what those have left that were killed, of this hypervisor. What could not be taken
 * away is said, too.
 */
gboolean boot_scratch_recover(Hypervisor *hypervisor, GPtrArray *said, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** boot_scratch_free: What is there stays. NULL is fine. */
void boot_scratch_free(BootScratch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootScratch, boot_scratch_free)

G_END_DECLS
