/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/boot-ops.h"

/** Implements HypervisorBootOps: domains that are started only to see whether they boot. */
extern const HypervisorBootOps libvirt_boot_ops;
