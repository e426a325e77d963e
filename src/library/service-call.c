/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/service-call.h"

static void
cancel_call(G_GNUC_UNUSED GCancellable *cancellable, gpointer control)
{
    control_cancel(control);
}

gulong
service_call_follow(Control *control, GCancellable *cancellable)
{
    return cancellable ? g_cancellable_connect(cancellable, G_CALLBACK(cancel_call), control, NULL)
                       : 0;
}

gboolean
service_call_end(GCancellable *cancellable, gulong id, const GError *failed, GError **error)
{
    g_cancellable_disconnect(cancellable, id);
    if (!failed)
        return TRUE;
    if (!g_cancellable_set_error_if_cancelled(cancellable, error))
        g_propagate_error(error, g_error_copy(failed));

    return FALSE;
}

void
service_call_return(GTask *task, gpointer value, GDestroyNotify free, GError *error)
{
    if (value)
        g_task_return_pointer(task, value, free);
    else
        g_task_return_error(task, error);
}
