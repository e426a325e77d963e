/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

/** rewrite_video: Every <video> of @domain that is not "none" gets @model, without the memory and
 * heads of the model that was; a NULL @model leaves them. */
void rewrite_video(xmlNode *domain, const char *model);

/** rewrite_spice: Screens by SPICE become VNC, and what SPICE has beside them is removed. */
void rewrite_spice(xmlNode *domain);
