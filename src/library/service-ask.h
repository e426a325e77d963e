/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "library/service.h"

G_BEGIN_DECLS

/* Questions that may take long and are asked without blocking: what a name or two have for an
 * answer. */

/** A question. Returns: the answer, owned by the caller; NULL with an error. */
typedef GVariant *(*ServiceQuestion)(VirtSnapService *self, const char *first, const char *second,
                                     GError **error);

/**
 * service_ask:
 * @question: asked in a thread
 * @first: for @question
 * @second: (nullable): for @question
 * @tag: the function that the program has called
 *
 * The "_async" function of a question, whose parameters have been checked. A call of libvirt, or of
 * a file system, cannot be interrupted: when it is cancelled it returns at once, while its thread
 * still waits.
 */
void service_ask(VirtSnapService *self, ServiceQuestion question, const char *first,
                 const char *second, gpointer tag, GCancellable *cancellable,
                 GAsyncReadyCallback callback, gpointer user_data);

/** service_answer: The "_finish" function of a question. Returns: as the ServiceQuestion. */
GVariant *service_answer(VirtSnapService *self, GAsyncResult *result, GError **error);

G_END_DECLS
