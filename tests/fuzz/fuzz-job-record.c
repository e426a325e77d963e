/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "job/job-record.h"
#include "library/verbs.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"job/valid", "job/invalid", NULL};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JobRecord) record = NULL;
    g_autoptr(JobRecord) again = NULL;
    g_autofree char *text = NULL;

    register_verbs();
    record = job_record_parse((const char *)data, size, &error);
    g_assert_true((record == NULL) == (error != NULL));
    if (!record) {
        if (!g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED))
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        return 0;
    }
    g_assert_cmpuint(record->info->state, !=, 0);
    /* A record that is accepted can be formatted, and the result is accepted again. */
    text = job_record_format(record);
    again = job_record_parse(text, strlen(text), &error);
    g_assert_no_error(error);

    return 0;
}
