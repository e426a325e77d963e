/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What is held still, as the guard process knows it. It is told in lines of text:
 *   +freeze UUID   the guest of that domain may be frozen from now on
 *   -freeze UUID   it is not, any more
 *   +pause UUID    the domain may be paused from now on
 *   -pause UUID    it is not, any more
 *   now            all is to be released at once; the answer is "released N", the number of
 *                  domains of which that could not be done
 *   done           nothing is left to do: the guard ends
 * If the lines end without "done", the one who held the guests is gone. */
typedef struct GuardList GuardList;

/** What a line requests. */
typedef enum {
    GUARD_LINE_NOTED,
    GUARD_LINE_NOW,
    GUARD_LINE_DONE,
    GUARD_LINE_UNKNOWN, /* unknown, perhaps of another version; ignored */
} GuardLine;

GuardList *guard_list_new(void);
void guard_list_free(GuardList *self);

/** guard_list_take: Processes one line, without its line end. */
GuardLine guard_list_take(GuardList *self, const char *line);

/** guard_list_size: Returns: the number of domains that are held still. */
guint guard_list_size(const GuardList *self);

/**
 * guard_list_release:
 * @timeout: seconds within which an agent has to answer
 *
 * Resumes and thaws all domains in parallel, once. Domains for which that succeeded, and those that
 * are gone or shut off, are removed from the list. Returns: the number of remaining domains.
 */
guint guard_list_release(GuardList *self, Hypervisor *hypervisor, guint timeout);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuardList, guard_list_free)

G_END_DECLS
