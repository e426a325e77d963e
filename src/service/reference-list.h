/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** reference_list_granted: @uri: (type utf8): of the hypervisor. Answers ListReferencePoints of the
 * collection on whose path @invocation is, whose caller may read. */
void reference_list_granted(GDBusMethodInvocation *invocation, gpointer uri);

G_END_DECLS
