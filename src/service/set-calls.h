/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The calls that ask what there is of snapshot collections. Each function is for access_check();
 * @uri is that of the hypervisor. They answer later, for libvirt and the images are asked. */

/** set_calls_info: Answers GetInfo of a snapshot, and GetSnapshotInfo of a collection. */
void set_calls_info(GDBusMethodInvocation *invocation, gpointer uri);

/** set_calls_list: Answers GetSnapshots of a collection. */
void set_calls_list(GDBusMethodInvocation *invocation, gpointer uri);

G_END_DECLS
