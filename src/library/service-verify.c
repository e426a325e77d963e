/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/drivers.h"
#include "import/verify-work.h"
#include "library/job-private.h"
#include "library/service-call.h"
#include "library/service.h"
#include "library/verify-boot.h"
#include "library/verify-result-private.h"
#include "util/path.h"

/* The parameters of a call. */
typedef struct {
    char *path; /* absolute */
    VerifySettings *settings;
} VerifyRequest;

static VerifyRequest *
verify_request_new(const char *directory, VerifySettings *settings)
{
    VerifyRequest *self = g_new0(VerifyRequest, 1);

    self->path = path_canonical(directory);
    self->settings = settings;

    return self;
}

static void
verify_request_free(VerifyRequest *self)
{
    g_free(self->path);
    verify_settings_free(self->settings);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyRequest, verify_request_free)

static VerifyRequest *
request_files(const char *directory, gboolean deep)
{
    VerifySettings *settings = verify_settings_new();

    settings->deep = deep;

    return verify_request_new(directory, settings);
}

static VerifyRequest *
request_boot(const char *directory, guint timeout, const char *expect, const char *const *trust)
{
    VerifySettings *settings = verify_settings_new();
    BootSettings *boot = settings->boot = boot_settings_new();

    if (timeout > 0)
        boot->timeout = timeout;
    boot->expect = g_strdup(expect);
    for (const char *const *word = trust; word && *word; word++)
        g_ptr_array_add(boot->trust, g_strdup(*word));

    return verify_request_new(directory, settings);
}

/* --- doing it -------------------------------------------------------------------------- */

/* Returns: the result that takes over the results of @verification. */
static VirtSnapVerifyResult *
result_of(Verification *verification)
{
    GPtrArray *warnings = verification_warnings(verification);
    VirtSnapVerifyResult *result =
        verify_result_new(g_steal_pointer(&verification->files), warnings);

    if (verification->domains)
        verify_result_set_domains(result, verification->domains->domains);

    return result;
}

static VirtSnapVerifyResult *
verify_with(VirtSnapService *self, const VerifyRequest *request, Control *control,
            GError **error)
{
    const BootSettings *boot = request->settings->boot;
    Verification verification = {
        .path = request->path, .deep = request->settings->deep, .boot = boot};
    g_autoptr(Hypervisor) hypervisor = NULL;
    VirtSnapVerifyResult *result = NULL;

    if (boot && !boot_settings_check(boot, error))
        return NULL;
    if (boot)
        hypervisor = drivers_get()->open_hypervisor(virt_snap_service_get_uri(self), error);
    if ((hypervisor || !boot) && verification_run(&verification, hypervisor, control, error))
        result = result_of(&verification);
    verification_clear(&verification);

    return result;
}

static VirtSnapVerifyResult *
verify_until_cancelled(VirtSnapService *self, const VerifyRequest *request,
                       GCancellable *cancellable, GError **error)
{
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) failed = NULL;
    gulong id = service_call_follow(control, cancellable);
    VirtSnapVerifyResult *result = verify_with(self, request, control, &failed);

    return service_call_end(cancellable, id, failed, error) ? result : NULL;
}

static void
verify_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    VirtSnapVerifyResult *result = verify_until_cancelled(source, data, cancellable, &error);

    service_call_return(task, result, (GDestroyNotify)virt_snap_verify_result_unref, error);
}

static void
begin_verify(GTask *task, VerifyRequest *request)
{
    g_task_set_task_data(task, request, (GDestroyNotify)verify_request_free);
    g_task_run_in_thread(task, verify_in_thread);
}

/* --- files ----------------------------------------------------------------------------- */

VirtSnapVerifyResult *
virt_snap_service_verify(VirtSnapService *self, const char *directory, gboolean deep,
                         GCancellable *cancellable, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(VerifyRequest) request = request_files(directory, deep);

    return verify_until_cancelled(self, request, cancellable, error);
}

void
virt_snap_service_verify_async(VirtSnapService *self, const char *directory, gboolean deep,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);

    g_task_set_source_tag(task, virt_snap_service_verify_async);
    begin_verify(task, request_files(directory, deep));
}

VirtSnapVerifyResult *
virt_snap_service_verify_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- domains, too ------------------------------------------------------------------------ */

VirtSnapVerifyResult *
virt_snap_service_verify_boot(VirtSnapService *self, const char *directory, guint timeout,
                              const char *expect, const char *const *trust,
                              GCancellable *cancellable, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(VerifyRequest) request = request_boot(directory, timeout, expect, trust);

    return verify_until_cancelled(self, request, cancellable, error);
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

    g_task_set_source_tag(task, virt_snap_service_verify_boot_async);
    begin_verify(task, request_boot(directory, timeout, expect, trust));
}

VirtSnapVerifyResult *
virt_snap_service_verify_boot_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- as a job ---------------------------------------------------------------------------- */

VirtSnapJob *
virt_snap_service_verify_export(VirtSnapService *self, const char *directory, GVariant *options,
                                GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autoptr(GVariant) owned = options ? g_variant_ref_sink(options) : NULL;
    VerifySettings *settings = verify_settings_parse(owned, error);
    g_autofree char *path = path_canonical(directory);
    g_autoptr(JobWork) work = settings ? &verify_work_new(path, settings)->parent : NULL;

    return work ? library_job_start(work, virt_snap_service_get_uri(self)) : NULL;
}
