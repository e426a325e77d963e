/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/** layer_is_blank: @blank: (out): TRUE if the qcow2 image @layer has nothing of the disk, so that
 * all of it is below. Of a domain that is paused, or off. Source: its L1 and L2 tables. */
gboolean layer_is_blank(const Layer *layer, gboolean *blank, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** layer_path_is_blank: Returns: TRUE if there is no file @path, or it is a qcow2 image that has
 * nothing of the disk. */
gboolean layer_path_is_blank(const char *path);

G_END_DECLS
