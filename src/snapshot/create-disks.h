/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/create-look.h"

G_BEGIN_DECLS

/**
 * create_look_at_disks:
 *
 * Looks at all disks of the member. Returns: a <disks> that says what becomes of each, owned by the
 * caller; NULL if the domain's XML cannot be read, as the problems have it.
 */
char *create_look_at_disks(CreateLook *look);

G_END_DECLS
