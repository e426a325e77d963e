/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/export-work.h"
#include "import/detach-work.h"
#include "import/import-work.h"
#include "import/verify-work.h"
#include "library/verbs.h"
#include "snapshot/create-work.h"
#include "snapshot/apply-work.h"
#include "snapshot/delete-work.h"
#include "snapshot/reference-work.h"

/* One row for each verb that is a job. */
static const JobWorkType *const verbs[] = {
    &export_work_type,
    &import_work_type,
    &detach_work_type,
    &verify_work_type,
    &create_work_type,
    &delete_work_type,
    &apply_work_type,
    &reference_create_work_type,
    &reference_delete_work_type,
    &convert_work_type,
    NULL,
};

void
register_verbs(void)
{
    job_work_types_register(verbs);
}
