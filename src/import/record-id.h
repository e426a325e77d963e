/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "archive/origin.h"

G_BEGIN_DECLS

/* How records of imports say which file or directory they mean. */

/** record_id_set: Adds @id to the element @node. */
void record_id_set(xmlNode *node, const OriginId *id);

/** record_id_get: Reads what record_id_set() added. Returns: FALSE if @node has none. */
gboolean record_id_get(xmlNode *node, OriginId *id);

G_END_DECLS
