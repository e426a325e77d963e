/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "import/verify-work.h"
#include "service/access.h"
#include "service/job-call.h"
#include "service/verify-service.h"
#include "util/path.h"

struct VerifyService {
    JobService *jobs;
    const ServiceConfig *config;
    gboolean session;
};

/* The service reads the export with its own rights, and makes throw-away files in the directory
 * that the caller names. */
static gboolean
may_verify(const JobCall *call, const char *path, const VerifySettings *settings, GError **error)
{
    const VerifyService *self = call->data;
    const char *scratch = settings->boot ? settings->boot->scratch : NULL;

    return service_config_may_use(self->config, call->uid, path, self->session, error) &&
           (!scratch ||
            service_config_may_use(self->config, call->uid, scratch, self->session, error));
}

/* Takes the option "wait" out of @options, because it is about the call and not the work. Returns:
 * the others, owned by the caller. */
static GVariant *
take_wait(JobCall *call, GVariant *options, GError **error)
{
    g_auto(GVariantDict) others = G_VARIANT_DICT_INIT(options);
    g_autoptr(GVariant) wait = g_variant_dict_lookup_value(&others, "wait", NULL);

    if (wait && !g_variant_is_of_type(wait, G_VARIANT_TYPE_BOOLEAN)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The option '%s' takes a boolean, not '%s'"), "wait",
                    g_variant_get_type_string(wait));
        return NULL;
    }
    call->wait = wait && g_variant_get_boolean(wait);
    g_variant_dict_remove(&others, "wait");

    return g_variant_ref_sink(g_variant_dict_end(&others));
}

static JobWork *
make_verify(JobCall *call, GError **error)
{
    g_autoptr(GVariant) dictionary = NULL;
    g_autoptr(GVariant) options = NULL;
    g_autoptr(VerifySettings) settings = NULL;
    g_autofree char *canonical = NULL;
    const char *path;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&s@a{sv})", &path,
                  &dictionary);
    options = take_wait(call, dictionary, error);
    settings = options ? verify_settings_parse(options, error) : NULL;
    if (!settings || !path_check_plain(path, error))
        return NULL;
    canonical = path_canonical(path);
    if (!may_verify(call, canonical, settings, error))
        return NULL;

    return &verify_work_new(canonical, g_steal_pointer(&settings))->parent;
}

static void
on_verify_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const VerifyService *self = data;

    job_call_begin(invocation, self->jobs, WORK_TARGET, NULL, make_verify, self);
}

/* Domains that are started, if only for a while, are what an import makes. */
static gboolean
on_verify(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation, const char *path,
          GVariant *options, gpointer self)
{
    g_autoptr(GError) error = NULL;
    gboolean boot;

    if (verify_settings_read_boot(options, &boot, &error))
        access_check(invocation, boot ? ACTION_IMPORT : ACTION_VERIFY, on_verify_granted, self,
                     NULL);
    else
        access_return_error(invocation, error);

    return TRUE;
}

VerifyService *
verify_service_new(BusCollectionSnapshotService *bus, JobService *jobs,
                   const ServiceConfig *config, gboolean session)
{
    VerifyService *self = g_new0(VerifyService, 1);

    *self = (VerifyService){jobs, config, session};
    g_signal_connect(bus, "handle-verify-export", G_CALLBACK(on_verify), self);

    return self;
}

void
verify_service_free(VerifyService *self)
{
    g_free(self);
}
