/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "util/error.h"

G_BEGIN_DECLS

/* CIM-XML (DMTF DSP0201), as far as all embedded instances have it in common. */

/**
 * cim_instance_find:
 * @class_name: the class that it has to be of, without regard to case
 * @native: what our own form of it is called, for the error
 *
 * Returns: (transfer none): the one <INSTANCE> in @root, below what a client puts around it;
 * INVALID_PARAMETER if there is none, or more, or one of another class.
 */
xmlNode *cim_instance_find(xmlNode *root, const char *class_name, const char *native,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** cim_property_is_system: Returns: TRUE if the property @name, which is @node, is one that WMI
 * puts into every text. */
gboolean cim_property_is_system(xmlNode *node, const char *name);

G_END_DECLS
