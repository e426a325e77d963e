/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

/** rewrite_video: Changes every <video> of @domain that is not "none" to @model, and removes the
 * memory and heads of the former model. With NULL for @model nothing is changed. */
void rewrite_video(xmlNode *domain, const char *model);

/** rewrite_spice: Replaces SPICE screens by VNC and removes everything else that belongs to
 * SPICE. */
void rewrite_spice(xmlNode *domain);
