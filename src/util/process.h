/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Process-wide settings of virtsnap's own programs. The library never calls process_set_up(),
 * because the process that loads it belongs to somebody else. */

/**
 * process_set_up:
 * Opens /dev/null for each standard descriptor that is closed, so that messages get into no image.
 * Raises the soft limit of open descriptors to the hard one, and ignores SIGXFSZ and SIGPIPE: a
 * write beyond RLIMIT_FSIZE fails with EFBIG, and one to a pipe or a daemon that is gone with
 * EPIPE, instead of killing the process (libvirt's client does not see to that). SIGCHLD has its
 * default action: where whoever started the process ignores it, the kernel forgets how children
 * ended. What XDG_CONFIG_HOME and its like name is forgotten if it is relative, as
 * path_user_config() does, for the libraries that are used. To be called once, before the first
 * thread is created.
 */
void process_set_up(void);

/** process_restore: Undoes process_set_up() in a child between fork and exec; async-signal-safe. */
void process_restore(void);

/** process_block_signals: Blocks SIGXFSZ and SIGPIPE in the calling thread, so that a write beyond
 * RLIMIT_FSIZE, or to a daemon that is gone, fails there whatever the rest of the process does
 * about these signals. For threads of the library in a program that is not virtsnap's. */
void process_block_signals(void);

/** process_thread: Starts a thread. Returns: (transfer full): NULL with an error if the system or a
 * limit lets there be no more; g_thread_new() ends the process then, with all its jobs. */
GThread *process_thread(const char *name, GThreadFunc func, gpointer data, GError **error);

/** process_descriptors: Returns: how many descriptors this process may have open (the soft limit);
 * 0 if that is not known. */
guint64 process_descriptors(void);

G_END_DECLS
