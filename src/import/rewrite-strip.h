/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

/**
 * rewrite_strip:
 * @node: an element that has passed the gate
 * @path: its path in the gate's table; "" for a <domain>
 *
 * Removes everything that the table marks as belonging to the exporting host. What passed the gate
 * only because the user trusts it is kept. @node itself may be removed and freed.
 */
void rewrite_strip(xmlNode *node, const char *path);
