/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The temporary directory and domains of a boot test, and their record, which is written before any
 * of them is created. Whoever finds a record without a running test removes what it lists. */

typedef struct BootScratch BootScratch;

/**
 * boot_scratch_new:
 * @where: absolute path of the directory in which the temporary directory is created
 *
 * Chooses unique names, without creating anything. Returns: owned by the caller.
 */
BootScratch *boot_scratch_new(const char *where);

/** boot_scratch_prefix: Returns: (transfer none): the prefix of the names of its domains. */
const char *boot_scratch_prefix(const BootScratch *self);

/** boot_scratch_directory: Returns: (transfer none): the absolute path of the temporary
 * directory. */
const char *boot_scratch_directory(const BootScratch *self);

/**
 * boot_scratch_begin:
 * @uuids: (element-type utf8): UUIDs of the domains that will be defined
 *
 * Writes the record durably and creates the directory. Returns: the directory's descriptor, owned
 * by @self; -1 with an error.
 */
int boot_scratch_begin(BootScratch *self, Hypervisor *hypervisor, GPtrArray *uuids,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** boot_scratch_end: Removes the remaining domains, the directory and the record. Returns: FALSE
 * with an error if something could not be removed; then the record is kept. */
gboolean boot_scratch_end(BootScratch *self, Hypervisor *hypervisor,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * boot_scratch_recover:
 * @said: (element-type utf8): gets a text for each interrupted test
 *
 * Removes what killed tests with this hypervisor have left. What cannot be removed is reported in
 * @said, too.
 */
gboolean boot_scratch_recover(Hypervisor *hypervisor, GPtrArray *said, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** boot_scratch_free: Frees @self, which may be NULL; nothing is removed. */
void boot_scratch_free(BootScratch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BootScratch, boot_scratch_free)

G_END_DECLS
