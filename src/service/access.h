/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Access control. On a session bus there is only one user, and the service has no more rights than
 * that user, so everything is allowed. On the system bus polkit decides. */

#define ACTION_READ "org.virtsnap1.read"
#define ACTION_EXPORT "org.virtsnap1.export"
#define ACTION_IMPORT "org.virtsnap1.import"
#define ACTION_VERIFY "org.virtsnap1.verify"
#define ACTION_REMOVE_EXPORTS "org.virtsnap1.remove-exports"
#define ACTION_MANAGE_COLLECTIONS "org.virtsnap1.manage-collections"
#define ACTION_MANAGE_SNAPSHOTS "org.virtsnap1.manage-snapshots"
#define ACTION_CONTROL_OTHERS_JOBS "org.virtsnap1.control-others-jobs"

/** access_start: To be called first. @session: whether the service is on a session bus. */
void access_start(gboolean session);

/** Stands for no user, for a caller that has left the bus. */
#define ACCESS_NOBODY ((guint)-1)

/**
 * access_caller_uid:
 * Asks the bus and waits for the answer, so it must be called in a thread.
 * Returns: the user id of the sender of @invocation; ACCESS_NOBODY if the bus does not know it (any
 * more).
 */
guint access_caller_uid(GDBusMethodInvocation *invocation);

/** access_user_name: Looks the user up, possibly on a server, so it must be called in a thread.
 * Returns: the name of the user @uid, owned by the caller. */
char *access_user_name(guint uid);

/** Called when access is granted. */
typedef void (*AccessGranted)(GDBusMethodInvocation *invocation, gpointer data);

/**
 * access_check:
 * @invocation: (transfer full): a method call
 * @action: the polkit action
 * @granted: called with @invocation and @data if access is granted
 *
 * Checks whether the sender may do @action; if not, @invocation is answered with ACCESS_DENIED.
 * Either happens later, from the main loop. A call with an option that is there more than once is
 * answered at once, with INVALID_PARAMETER, whoever sent it. @destroy frees @data in any case.
 */
void access_check(GDBusMethodInvocation *invocation, const char *action, AccessGranted granted,
                  gpointer data, GDestroyNotify destroy);

/**
 * access_check_unless_owner:
 * @owner: the user to whom the object belongs
 *
 * Does the same as access_check(), but root and @owner need no permission.
 */
void access_check_unless_owner(GDBusMethodInvocation *invocation, guint owner, const char *action,
                               AccessGranted granted, gpointer data, GDestroyNotify destroy);

/** access_is_idle: Returns: TRUE if no call is being checked. polkit may ask a user for a password,
 * which takes as long as he wants. */
gboolean access_is_idle(void);

/**
 * access_return_value:
 * @answer: (transfer floating): of any size
 *
 * Answers @invocation with @answer, or with an error if @answer is too large for a D-Bus message.
 */
void access_return_value(GDBusMethodInvocation *invocation, GVariant *answer);

/**
 * access_return_error:
 * Answers @invocation with @error, under the D-Bus error name of its code.
 */
void access_return_error(GDBusMethodInvocation *invocation, const GError *error);

G_END_DECLS
