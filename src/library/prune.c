/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "archive/prune-variant.h"
#include "library/service-call.h"
#include "library/service.h"
#include "util/path.h"

/* Removes old exports by rules. */

GVariant *
virt_snap_service_prune(VirtSnapService *self, const char *directory, GVariant *options,
                        GCancellable *cancellable, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    g_autofree char *path = path_canonical(directory);
    PruneOrder order = {.directory = path};
    g_autoptr(Control) control = control_new();
    g_autoptr(PruneReport) report = NULL;
    g_autoptr(GError) failed = NULL;
    gulong id = service_call_follow(control, cancellable);

    if (prune_order_parse(options, &order, &failed))
        report = export_prune(&order, control, &failed);

    return service_call_end(cancellable, id, failed, error)
               ? g_variant_ref_sink(prune_report_format(report))
               : NULL;
}

typedef struct {
    char *directory;
    GVariant *options; /* NULL: none */
} Pruning;

static void
pruning_free(gpointer data)
{
    Pruning *what = data;

    g_free(what->directory);
    g_clear_pointer(&what->options, g_variant_unref);
    g_free(what);
}

static void
prune_task(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Pruning *what = data;
    GError *error = NULL;
    GVariant *report =
        virt_snap_service_prune(source, what->directory, what->options, cancellable, &error);

    service_call_return(task, report, (GDestroyNotify)g_variant_unref, error);
}

void
virt_snap_service_prune_async(VirtSnapService *self, const char *directory, GVariant *options,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    Pruning *what = g_new0(Pruning, 1);

    what->directory = g_strdup(directory);
    what->options = options ? g_variant_ref_sink(options) : NULL;
    g_task_set_source_tag(task, virt_snap_service_prune_async);
    g_task_set_task_data(task, what, pruning_free);
    g_task_run_in_thread(task, prune_task);
}

GVariant *
virt_snap_service_prune_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}
