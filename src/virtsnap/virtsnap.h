/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/* All that programs may use of the library. */

#include "util/error.h"
#include "virtsnap/collection-store.h"
#include "virtsnap/collection.h"
#include "virtsnap/settings.h"
