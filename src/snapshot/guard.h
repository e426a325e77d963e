/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The guard process virtsnap-guard releases domains that are held still if this process dies. It
 * runs in a session of its own and inherits nothing but its end of a socket pair (protocol:
 * guard-list.h). The program is searched in VIRTSNAP_LIBEXEC_DIR if that is set, beside the running
 * program, and where it was installed. */
typedef struct Guard Guard;

/** How a domain is held still. */
typedef enum {
    GUARD_FREEZE,
    GUARD_PAUSE,
} GuardHold;

/**
 * guard_start:
 * @uri: URI of the hypervisor
 * @exclusive: the guard can only connect when this process is gone; otherwise it connects before
 * this function returns
 * @timeout: seconds within which an agent has to answer
 *
 * Returns: owned by the caller, to be ended with guard_end(); NULL with FAILED and the guard's
 * message if it does not start. Then no domain may be held still.
 */
Guard *guard_start(const char *uri, gboolean exclusive, guint timeout, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** guard_hold: To be called from any thread before a domain is frozen or paused. FALSE with FAILED
 * if the guard has died; then the domain must not be frozen or paused. */
gboolean guard_hold(Guard *self, GuardHold hold, const char *uuid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** guard_release: To be called from any thread when the domain was thawed or resumed. */
void guard_release(Guard *self, GuardHold hold, const char *uuid);

/** guard_take_over: Makes the guard release all held domains with its own connection, and waits for
 * that. Returns: the number of domains that it could not release; it keeps trying after
 * guard_leave(). */
guint guard_take_over(Guard *self);

/** guard_end: Ends the guard and frees @self, which may be NULL. */
void guard_end(Guard *self);

/** guard_leave: Frees @self but leaves the guard running, which keeps trying to release the
 * remaining domains for ten minutes (in the exclusive case from the end of this process on). */
void guard_leave(Guard *self);

G_END_DECLS
