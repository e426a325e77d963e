/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/boot-ops.h"

/** Domains that are started to see whether they do. */
extern const HypervisorBootOps libvirt_boot_ops;
