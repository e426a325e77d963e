/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Who may do what. On the session bus there is one user, who may do everything that he may do
 * himself. On the system bus polkit decides. */

#define ACTION_READ "org.virtsnap1.read"
#define ACTION_EXPORT "org.virtsnap1.export"
#define ACTION_IMPORT "org.virtsnap1.import"
#define ACTION_REMOVE_EXPORTS "org.virtsnap1.remove-exports"
#define ACTION_MANAGE_COLLECTIONS "org.virtsnap1.manage-collections"
#define ACTION_MANAGE_SNAPSHOTS "org.virtsnap1.manage-snapshots"
#define ACTION_CONTROL_OTHERS_JOBS "org.virtsnap1.control-others-jobs"

/** access_start: @session: whether the service is on a session bus. To be called first. */
void access_start(gboolean session);

/** No user: whoever has left the bus. */
#define ACCESS_NOBODY ((guint)-1)

/**
 * access_caller_uid:
 * Asks the bus, and waits for it: to be called in a thread.
 * Returns: the user id of who sent @invocation, ACCESS_NOBODY if the bus cannot tell (any more).
 */
guint access_caller_uid(GDBusMethodInvocation *invocation);

/** access_user_name: Looks into the system's users, which may be on a server: to be called in a
 * thread. Returns: what the user @uid is called, owned by the caller. */
char *access_user_name(guint uid);

/** What is to be done once a caller is known to be allowed to. */
typedef void (*AccessGranted)(GDBusMethodInvocation *invocation, gpointer data);

/**
 * access_check:
 * @invocation: (transfer full): a method call
 * @action: what it wants to do
 * @granted: called with @invocation and @data if its sender may
 *
 * Otherwise @invocation is answered with ACCESS_DENIED. Either way it happens later, from the
 * main loop; @destroy frees @data in every case.
 */
void access_check(GDBusMethodInvocation *invocation, const char *action, AccessGranted granted,
                  gpointer data, GDestroyNotify destroy);

/**
 * access_check_unless_owner:
 * @owner: the user whose thing it is
 *
 * The same, but root and @owner need no permission.
 */
void access_check_unless_owner(GDBusMethodInvocation *invocation, guint owner, const char *action,
                               AccessGranted granted, gpointer data, GDestroyNotify destroy);

/**
 * access_return_value:
 * @answer: (transfer floating): of any size
 *
 * Answers @invocation with @answer, or with an error if that is larger than a bus takes.
 */
void access_return_value(GDBusMethodInvocation *invocation, GVariant *answer);

/**
 * access_return_error:
 * Answers @invocation with @error, under the D-Bus error name of its code.
 */
void access_return_error(GDBusMethodInvocation *invocation, const GError *error);

G_END_DECLS
