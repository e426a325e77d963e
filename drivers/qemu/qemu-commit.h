/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/drivers.h"

G_BEGIN_DECLS

/** qemu_commit: `qemu-img commit -d`, as Drivers has it. */
gboolean qemu_commit(const Layer *top, Control *control, CommitFunc func, gpointer data,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** qemu_flatten: `qemu-img rebase -b ""`, as Drivers has it. */
gboolean qemu_flatten(const Layer *top, Control *control, CommitFunc func, gpointer data,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** qemu_rebase: `qemu-img rebase -u`, as Drivers has it. */
gboolean qemu_rebase(const Layer *layer, const char *backing, const char *format, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** qemu_compare: `qemu-img compare`, as Drivers has it. */
gboolean qemu_compare(const Layer *one, const Layer *other, gboolean *same, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
