/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

/**
 * rewrite_strip:
 * @node: an element that has passed the gate
 * @path: that it has in the gate's table; "" for a <domain>
 *
 * Removes what the table marks as the exporting host's own. What is there only because the user
 * trusts it stays. @node itself may be gone afterwards.
 */
void rewrite_strip(xmlNode *node, const char *path);
