/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/* All that programs may use of the library. */

#include "library/collection-store-async.h"
#include "library/job-report.h"
#include "library/job.h"
#include "library/service.h"
#include "library/verify-result.h"
#include "util/error.h"
#include "virtsnap/collection-api.h"
#include "virtsnap/collection-store.h"
#include "virtsnap/settings-api.h"
