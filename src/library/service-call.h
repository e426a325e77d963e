/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

#include "transfer/control.h"

G_BEGIN_DECLS

/* What the calls of a service have in common: how a program cancels them, and how they end. */

/**
 * service_call_follow:
 * @control: of what the call does; not freed before service_call_end()
 * @cancellable: (nullable): of the program
 *
 * From now on @control is cancelled when @cancellable is. Returns: for service_call_end().
 */
gulong service_call_follow(Control *control, GCancellable *cancellable);

/**
 * service_call_end:
 * @id: from service_call_follow()
 * @failed: (nullable): what the call has failed with; left to the caller
 * @error: G_IO_ERROR_CANCELLED where @failed is a call that the program cancelled, else a copy
 *
 * Ends what service_call_follow() has begun, and sets the error of a call that has failed.
 */
gboolean service_call_end(GCancellable *cancellable, gulong id, const GError *failed,
                          GError **error);

/**
 * service_call_return:
 * @value: (nullable): what has come of the call; taken over, and freed by @free
 * @error: why there is no @value; taken over
 *
 * Ends the task of an asynchronous call.
 */
void service_call_return(GTask *task, gpointer value, GDestroyNotify free, GError *error);

G_END_DECLS
