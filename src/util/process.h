/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What our programs set for themselves; a library leaves its host's process alone. */

/**
 * process_set_up:
 * Raises the soft limit of open descriptors to the hard one, and has a file that grows too large
 * (RLIMIT_FSIZE) be an error, EFBIG, and not the end. To be called once, before there are threads.
 */
void process_set_up(void);

/** process_restore: Undoes that in a child between fork and exec; async-signal-safe. */
void process_restore(void);

/** process_block_file_limit: The same in one thread of a process that is not ours: a file that
 * grows too large there is an error, whatever the process does about SIGXFSZ. */
void process_block_file_limit(void);

/** process_descriptors: Returns: how many descriptors this process can have open. */
guint64 process_descriptors(void);

G_END_DECLS
