/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/import-settings.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"importsettings/valid", "importsettings/invalid",
                                    "importsettings/refused", NULL};

/* Settings that are accepted are formatted as a document that is parsed as the same settings. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *input = g_strndup((const char *)data, size);
    g_autoptr(ImportSettings) settings = import_settings_parse(input, &error);
    g_autoptr(ImportSettings) again = NULL;
    g_autofree char *text = NULL;

    g_assert_true((settings == NULL) == (error != NULL));
    if (!settings) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    g_assert_cmpuint(settings->parallel, <=, 64);
    text = import_settings_format(settings);
    again = import_settings_parse(text, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(again->domains->len, ==, settings->domains->len);
    g_assert_cmpuint(g_hash_table_size(again->renames), ==, g_hash_table_size(settings->renames));
    g_assert_cmpuint(again->bandwidth, ==, settings->bandwidth);
    g_assert_cmpstr(again->suffix, ==, settings->suffix);

    return 0;
}
