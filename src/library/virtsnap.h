/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/* The whole public interface of the library. */

#include "collection/collection-api.h"
#include "collection/collection-store.h"
#include "library/collection-store-async.h"
#include "library/job-report.h"
#include "library/job.h"
#include "library/service-changes.h"
#include "library/service-info.h"
#include "library/service.h"
#include "library/verify-boot.h"
#include "library/verify-result.h"
#include "settings/settings-api.h"
#include "util/error.h"
