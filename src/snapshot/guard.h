/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The process that releases what is held still if this one cannot any more: virtsnap-guard, in a
 * session of its own, with nothing of ours open but its end of a pair of sockets (what goes over
 * them: guard-list.h). It is looked for in VIRTSNAP_LIBEXEC_DIR if that is set, beside the running
 * program, and where it was installed. */
typedef struct Guard Guard;

/** What a domain is held by. */
typedef enum {
    GUARD_FREEZE,
    GUARD_PAUSE,
} GuardHold;

/**
 * guard_start:
 * @uri: of the hypervisor
 * @exclusive: the guard can connect to it only when this process is gone; otherwise it does so
 * before this returns
 * @timeout: seconds that an agent has to answer
 *
 * Returns: owned by the caller, to be ended with guard_end(); FAILED, with the guard's own words,
 * if it does not start: then nothing may be held still.
 */
Guard *guard_start(const char *uri, gboolean exclusive, guint timeout, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** guard_hold: To be called before a domain is frozen or paused. FAILED if the guard is not there
 * any more: then it must not be. For any thread. */
gboolean guard_hold(Guard *self, GuardHold hold, const char *uuid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** guard_release: To be called when that is over. For any thread. */
void guard_release(Guard *self, GuardHold hold, const char *uuid);

/** guard_take_over: Has the guard release all that is held, over a connection of its own, and waits
 * for that. Returns: how many domains it could not release; it goes on trying when it is left. */
guint guard_take_over(Guard *self);

/** guard_end: Ends the guard and frees @self. NULL is fine. */
void guard_end(Guard *self);

/** guard_leave: Frees @self, and leaves the guard with what is still held: it goes on trying, for
 * ten minutes (in the exclusive case from the end of this process on). */
void guard_leave(Guard *self);

G_END_DECLS
