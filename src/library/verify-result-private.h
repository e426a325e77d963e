/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/verify.h"
#include "import/boot-report.h"
#include "library/verify-result.h"

G_BEGIN_DECLS

/** verify_result_new: Wraps @report and @warnings (element-type utf8), both (transfer full), for
 * programs. Returns: owned by the caller. */
VirtSnapVerifyResult *verify_result_new(VerifyReport *report, GPtrArray *warnings);

/** verify_result_set_domains: @verdicts: (element-type BootVerdict): what came of the domains. They
 * are held. */
void verify_result_set_domains(VirtSnapVerifyResult *self, GPtrArray *verdicts);

G_END_DECLS
