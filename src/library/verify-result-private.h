/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify.h"
#include "library/verify-result.h"

G_BEGIN_DECLS

/** verify_result_new: @report: (transfer full). Returns: it for programs, owned by the caller. */
VirtSnapVerifyResult *verify_result_new(VerifyReport *report);

G_END_DECLS
