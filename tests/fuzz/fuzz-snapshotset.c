/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/set-record.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"snapshotset/valid", "snapshotset/invalid",
                                    "snapshotset/refused", NULL};

/* A record that is accepted is formatted as a document that is parsed as the same record. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SetRecord) record = set_record_parse((const char *)data, size, &error);
    g_autoptr(SetRecord) again = NULL;
    g_autofree char *written = NULL;
    g_autofree char *rewritten = NULL;

    if (!record) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        return 0;
    }
    written = set_record_format(record);
    again = set_record_parse(written, strlen(written), &error);
    g_assert_no_error(error);
    rewritten = set_record_format(again);
    g_assert_cmpstr(written, ==, rewritten);

    return 0;
}
