/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/service-ask.h"
#include "library/service-call.h"

typedef struct {
    ServiceQuestion question;
    char *first;
    char *second; /* NULL: none */
} Asked;

static void
asked_free(gpointer data)
{
    Asked *self = data;

    g_free(self->first);
    g_free(self->second);
    g_free(self);
}

static void
ask_in_thread(GTask *task, gpointer source, gpointer data,
              G_GNUC_UNUSED GCancellable *cancellable)
{
    const Asked *self = data;
    GError *error = NULL;
    GVariant *answer = self->question(source, self->first, self->second, &error);

    service_call_return(task, answer, (GDestroyNotify)g_variant_unref, error);
}

void
service_ask(VirtSnapService *self, ServiceQuestion question, const char *first, const char *second,
            gpointer tag, GCancellable *cancellable, GAsyncReadyCallback callback,
            gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    Asked *asked = g_new0(Asked, 1);

    *asked = (Asked){question, g_strdup(first), g_strdup(second)};
    g_task_set_source_tag(task, tag);
    g_task_set_task_data(task, asked, asked_free);
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, ask_in_thread);
}

GVariant *
service_answer(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}
