/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <polkit/polkit.h>
#include <pwd.h>

#include "service/access.h"

typedef struct {
    GDBusMethodInvocation *invocation;
    char *action;
    AccessGranted granted;
    gpointer data;
    GDestroyNotify destroy;
} Check;

static gboolean on_session_bus;

void
access_start(gboolean session)
{
    on_session_bus = session;
}

static void
check_free(Check *check)
{
    if (check->destroy)
        check->destroy(check->data);
    g_free(check->action);
    g_free(check);
}

guint
access_caller_uid(GDBusMethodInvocation *invocation)
{
    GDBusConnection *connection = g_dbus_method_invocation_get_connection(invocation);
    const char *sender = g_dbus_method_invocation_get_sender(invocation);
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "GetConnectionUnixUser", g_variant_new("(s)", sender), G_VARIANT_TYPE("(u)"),
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    guint uid = ACCESS_NOBODY;

    if (reply)
        g_variant_get(reply, "(u)", &uid);

    return uid;
}

char *
access_user_name(guint uid)
{
    const struct passwd *entry = getpwuid(uid);

    return entry ? g_strdup(entry->pw_name) : g_strdup_printf("%u", uid);
}

void
access_return_error(GDBusMethodInvocation *invocation, const GError *error)
{
    /* Errors of other domains are what they amount to in ours. */
    g_dbus_method_invocation_return_error_literal(
        invocation, VIRT_SNAP_ERROR, (gint)virt_snap_error_result_code(error), error->message);
}

static void
deny(Check *check, const char *why)
{
    g_autoptr(GError) error =
        g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                    _("You may not do this (%s): %s"), check->action, why);

    access_return_error(check->invocation, error);
}

static void
on_answer(GObject *object, GAsyncResult *result, gpointer data)
{
    Check *check = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(PolkitAuthorizationResult) answer =
        polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(object), result, &error);

    /* No answer is no permission. */
    if (!answer)
        deny(check, error->message);
    else if (!polkit_authorization_result_get_is_authorized(answer))
        deny(check, _("the system's policy does not allow it"));
    else
        check->granted(check->invocation, check->data);
    check_free(check);
}

static void
on_authority(GObject *object, GAsyncResult *result, gpointer data)
{
    Check *check = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(PolkitAuthority) authority = polkit_authority_get_finish(result, &error);
    const char *sender = g_dbus_method_invocation_get_sender(check->invocation);
    g_autoptr(PolkitSubject) subject = polkit_system_bus_name_new(sender);
    GDBusMessage *message = g_dbus_method_invocation_get_message(check->invocation);
    gboolean ask = (g_dbus_message_get_flags(message) &
                    G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;

    if (!authority) {
        deny(check, error->message);
        check_free(check);
        return;
    }
    polkit_authority_check_authorization(
        authority, subject, check->action, NULL,
        ask ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
            : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
        NULL, on_answer, check);
}

static gboolean
grant_later(gpointer data)
{
    Check *check = data;

    check->granted(check->invocation, check->data);
    check_free(check);

    return G_SOURCE_REMOVE;
}

void
access_check(GDBusMethodInvocation *invocation, const char *action, AccessGranted granted,
             gpointer data, GDestroyNotify destroy)
{
    Check *check = g_new0(Check, 1);

    *check = (Check){invocation, g_strdup(action), granted, data, destroy};
    if (on_session_bus)
        g_idle_add(grant_later, check);
    else
        polkit_authority_get_async(NULL, on_authority, check);
}
