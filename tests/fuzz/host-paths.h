/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

/**
 * host_paths_assert_none:
 * @root: a <domain> or <domainsnapshot> that was rewritten, with nothing in it trusted
 * @directory: (nullable): whose files it may name
 *
 * Outside of texts for people and for the guest no value names a file of the host but what packages
 * have, and devices that every host has.
 */
void host_paths_assert_none(xmlNode *root, const char *directory);
