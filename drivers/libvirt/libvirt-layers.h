/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/layer-ops.h"

G_BEGIN_DECLS

/** What merging and going back ask of libvirt. */
extern const HypervisorLayerOps libvirt_layer_ops;

G_END_DECLS
