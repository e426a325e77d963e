/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/drivers.h"
#include "import/boot-verify.h"
#include "library/verify-boot.h"
#include "library/verify-result-private.h"
#include "library/service-call.h"
#include "util/path.h"

struct VirtSnapBootVerdict {
    BootVerdict is;
};

G_DEFINE_BOXED_TYPE(VirtSnapBootVerdict, virt_snap_boot_verdict, virt_snap_boot_verdict_copy,
                    virt_snap_boot_verdict_free)

/* --- verdicts --------------------------------------------------------------------- */

VirtSnapBootVerdict *
virt_snap_boot_verdict_copy(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    VirtSnapBootVerdict *copy = g_new0(VirtSnapBootVerdict, 1);

    copy->is = self->is;
    copy->is.name = g_strdup(self->is.name);
    copy->is.why = g_strdup(self->is.why);

    return copy;
}

void
virt_snap_boot_verdict_free(VirtSnapBootVerdict *self)
{
    if (!self)
        return;
    g_free(self->is.name);
    g_free(self->is.why);
    g_free(self);
}

const char *
virt_snap_boot_verdict_get_name(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.name;
}

gboolean
virt_snap_boot_verdict_get_booted(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, FALSE);

    return self->is.booted;
}

const char *
virt_snap_boot_verdict_get_by(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.by;
}

guint
virt_snap_boot_verdict_get_seconds(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, 0);

    return self->is.seconds;
}

const char *
virt_snap_boot_verdict_get_why(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.why;
}

/* --- the proof ----------------------------------------------------------------------- */

static BootSettings *
settings_for(guint timeout, const char *expect, const char *const *trust, GError **error)
{
    g_autoptr(BootSettings) settings = boot_settings_new();

    if (timeout > 0)
        settings->timeout = timeout;
    settings->expect = g_strdup(expect);
    for (const char *const *word = trust; word && *word; word++)
        g_ptr_array_add(settings->trust, g_strdup(*word));

    return boot_settings_check(settings, error) ? g_steal_pointer(&settings) : NULL;
}

/* Returns: the result that takes over the results of @verify. */
static VirtSnapVerifyResult *
result_of(BootVerify *verify)
{
    VirtSnapVerifyResult *result =
        verify_result_new(g_steal_pointer(&verify->files));

    verify_result_set_domains(result, verify->domains->domains, verify->domains->warnings);

    return result;
}

static VirtSnapVerifyResult *
prove_by_boot(VirtSnapService *self, const char *directory, const BootSettings *settings,
              Control *control, GError **error)
{
    g_autofree char *path = path_canonical(directory);
    g_autofree char *uri = NULL;
    g_autoptr(Hypervisor) hypervisor = NULL;
    BootVerify verify = {.path = path, .settings = settings};
    VirtSnapVerifyResult *result = NULL;

    g_object_get(self, "uri", &uri, NULL);
    hypervisor = drivers_get()->open_hypervisor(uri, error);
    if (hypervisor && boot_verify(&verify, hypervisor, control, error))
        result = result_of(&verify);
    boot_verify_clear(&verify);

    return result;
}

VirtSnapVerifyResult *
virt_snap_service_verify_boot(VirtSnapService *self, const char *directory, guint timeout,
                              const char *expect, const char *const *trust,
                              GCancellable *cancellable, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(BootSettings) settings = settings_for(timeout, expect, trust, error);
    g_autoptr(Control) control = NULL;
    g_autoptr(GError) failed = NULL;
    VirtSnapVerifyResult *result;
    gulong id;

    if (!settings)
        return NULL;
    control = control_new();
    id = service_call_follow(control, cancellable);
    result = prove_by_boot(self, directory, settings, control, &failed);

    return service_call_end(cancellable, id, failed, error) ? result : NULL;
}

/* --- without blocking ------------------------------------------------------------------ */

typedef struct {
    char *directory;
    guint timeout;
    char *expect;
    char **trust;
} Trial;

static void
trial_free(gpointer data)
{
    Trial *trial = data;

    g_free(trial->directory);
    g_free(trial->expect);
    g_strfreev(trial->trust);
    g_free(trial);
}

static void
verify_boot_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Trial *trial = data;
    GError *error = NULL;
    VirtSnapVerifyResult *result = virt_snap_service_verify_boot(
        source, trial->directory, trial->timeout, trial->expect,
        (const char *const *)trial->trust, cancellable, &error);

    service_call_return(task, result, (GDestroyNotify)virt_snap_verify_result_unref, error);
}

void
virt_snap_service_verify_boot_async(VirtSnapService *self, const char *directory, guint timeout,
                                    const char *expect, const char *const *trust,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    Trial *trial = g_new0(Trial, 1);

    trial->directory = g_strdup(directory);
    trial->timeout = timeout;
    trial->expect = g_strdup(expect);
    trial->trust = g_strdupv((char **)trust);
    g_task_set_source_tag(task, virt_snap_service_verify_boot_async);
    g_task_set_task_data(task, trial, trial_free);
    g_task_run_in_thread(task, verify_boot_in_thread);
}

VirtSnapVerifyResult *
virt_snap_service_verify_boot_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}
