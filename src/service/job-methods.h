/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "service/service-job.h"

G_BEGIN_DECLS

/** job_methods_connect: Has the methods of the object of @self done. */
void job_methods_connect(ServiceJob *self);

G_END_DECLS
