/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/**
 * qemu_image_describe:
 * @top: the top image of a chain
 * @lock: whether QEMU takes its image locks; must be FALSE for an image to which a running domain
 * writes
 *
 * Returns: a "json:" description of the whole chain for QEMU, owned by the caller. It has the
 * format and backing image of each layer, so that QEMU neither probes formats nor follows backing
 * references in headers.
 */
char *qemu_image_describe(const Layer *top, gboolean lock);

/** qemu_image_describe_for_writing: The same under QEMU's locks, with what is written to the top
 * image limited by the throttle group @group (nullable). */
char *qemu_image_describe_for_writing(const Layer *top, const char *group);

G_END_DECLS
