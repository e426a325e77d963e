/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <polkit/polkit.h>
#include <pwd.h>

#include "service/access.h"
#include "util/options.h"

typedef struct {
    GDBusMethodInvocation *invocation;
    char *action;
    guint owner; /* the owner of the object, who needs no permission; ACCESS_NOBODY: nobody is
                  * exempt */
    AccessGranted granted;
    gpointer data;
    GDestroyNotify destroy;
} Check;

/* Maximal length of an error text in an answer, in characters. */
#define TEXT_MAX 16384
/* Maximal size of an answer, half of the limit of the system bus. */
#define ANSWER_BYTES_MAX ((gsize)16 << 20)

static gboolean on_session_bus;
static guint checks; /* calls that are being checked */

void
access_start(gboolean session)
{
    on_session_bus = session;
}

static void
access_check_free(Check *check)
{
    if (check->destroy)
        check->destroy(check->data);
    g_free(check->action);
    g_free(check);
    checks--;
}

/* The parameters of the bus method that returns the user id of the sender of @invocation. */
static GVariant *
ask_for_sender(GDBusMethodInvocation *invocation)
{
    return g_variant_new("(s)", g_dbus_method_invocation_get_sender(invocation));
}

#define BUS_ITSELF "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"

static guint
uid_from_reply(GVariant *reply)
{
    guint uid = ACCESS_NOBODY;

    if (reply)
        g_variant_get(reply, "(u)", &uid);

    return uid;
}

guint
access_caller_uid(GDBusMethodInvocation *invocation)
{
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        g_dbus_method_invocation_get_connection(invocation), BUS_ITSELF, "GetConnectionUnixUser",
        ask_for_sender(invocation), G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

    return uid_from_reply(reply);
}

char *
access_user_name(guint uid)
{
    char buffer[16384];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
        return g_strdup(found->pw_name);

    return g_strdup_printf("%u", uid);
}

void
access_return_error(GDBusMethodInvocation *invocation, const GError *error)
{
    /* The bus would disconnect the service for invalid UTF-8 or a message that is too large. */
    g_autofree char *valid = g_utf8_make_valid(error->message, -1);
    g_autofree char *text = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), TEXT_MAX));

    /* Errors of other domains are mapped to the code of VIRT_SNAP_ERROR that corresponds. */
    g_dbus_method_invocation_return_error_literal(
        invocation, VIRT_SNAP_ERROR, (gint)virt_snap_error_result_code(error), text);
}

void
access_return_value(GDBusMethodInvocation *invocation, GVariant *answer)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(answer);
    g_autoptr(GError) error = NULL;

    if (g_variant_get_size(owned) <= ANSWER_BYTES_MAX) {
        g_dbus_method_invocation_return_value(invocation, owned);
        return;
    }
    error = g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                        _("The answer would have %zu bytes, more than the bus should be sent; see "
                          "the export's manifest, or ask the command virtsnap without --service"),
                        g_variant_get_size(owned));
    access_return_error(invocation, error);
}

static void
deny_access(Check *check, const char *why)
{
    g_autoptr(GError) error =
        g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                    _("You may not do this (%s): %s"), check->action, why);

    access_return_error(check->invocation, error);
}

static void
on_polkit_answer(GObject *object, GAsyncResult *result, gpointer data)
{
    Check *check = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(PolkitAuthorizationResult) answer =
        polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(object), result, &error);

    /* If polkit does not answer, access is denied. */
    if (!answer)
        deny_access(check, error->message);
    else if (!polkit_authorization_result_get_is_authorized(answer))
        deny_access(check, _("the system's policy does not allow it"));
    else
        check->granted(check->invocation, check->data);
    access_check_free(check);
}

static void
on_polkit_authority(GObject *object, GAsyncResult *result, gpointer data)
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
        deny_access(check, error->message);
        access_check_free(check);
        return;
    }
    polkit_authority_check_authorization(
        authority, subject, check->action, NULL,
        ask ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
            : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
        NULL, on_polkit_answer, check);
}

static gboolean
grant_from_main_loop(gpointer data)
{
    Check *check = data;

    check->granted(check->invocation, check->data);
    access_check_free(check);

    return G_SOURCE_REMOVE;
}

static void
access_check_start(Check *check)
{
    if (on_session_bus)
        g_idle_add(grant_from_main_loop, check);
    else
        polkit_authority_get_async(NULL, on_polkit_authority, check);
}

/* What is granted and what is done must not be read from two values of one option. */
static gboolean
check_options(GVariant *parameters, GError **error)
{
    gsize n = g_variant_n_children(parameters);

    for (gsize i = 0; i < n; i++) {
        g_autoptr(GVariant) parameter = g_variant_get_child_value(parameters, i);

        if (g_variant_is_of_type(parameter, G_VARIANT_TYPE_VARDICT) &&
            !options_check_keys(parameter, error))
            return FALSE;
    }

    return TRUE;
}

/* Every method passes here before anything else is done for it. Returns: NULL if the call is
 * refused, and answered. */
static Check *
check_new(GDBusMethodInvocation *invocation, const char *action, guint owner,
          AccessGranted granted, gpointer data, GDestroyNotify destroy)
{
    Check *check = g_new0(Check, 1);
    g_autoptr(GError) error = NULL;

    *check = (Check){invocation, g_strdup(action), owner, granted, data, destroy};
    checks++;
    if (check_options(g_dbus_method_invocation_get_parameters(invocation), &error))
        return check;
    access_return_error(invocation, error);
    access_check_free(check);

    return NULL;
}

gboolean
access_is_idle(void)
{
    return checks == 0;
}

void
access_check(GDBusMethodInvocation *invocation, const char *action, AccessGranted granted,
             gpointer data, GDestroyNotify destroy)
{
    Check *check = check_new(invocation, action, ACCESS_NOBODY, granted, data, destroy);

    if (check)
        access_check_start(check);
}

static void
on_caller_uid(GObject *object, GAsyncResult *result, gpointer data)
{
    Check *check = data;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(object), result, NULL);
    guint uid = uid_from_reply(reply);

    if (uid == 0 || (uid == check->owner && uid != ACCESS_NOBODY)) {
        check->granted(check->invocation, check->data);
        access_check_free(check);
    } else {
        access_check_start(check);
    }
}

void
access_check_unless_owner(GDBusMethodInvocation *invocation, guint owner, const char *action,
                          AccessGranted granted, gpointer data, GDestroyNotify destroy)
{
    Check *check = check_new(invocation, action, owner, granted, data, destroy);

    if (!check)
        return;
    g_dbus_connection_call(g_dbus_method_invocation_get_connection(invocation), BUS_ITSELF,
                           "GetConnectionUnixUser", ask_for_sender(invocation),
                           G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_caller_uid,
                           check);
}
