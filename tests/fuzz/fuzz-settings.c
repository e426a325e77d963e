/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "settings/settings.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"settings/valid",     "settings/invalid",
                                    "settings/refused",   "settings-cim/valid",
                                    "settings-cim/invalid", NULL};

/* Settings that are accepted are formatted as a document that is parsed as the same settings. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) settings =
        virt_snap_export_settings_parse((const char *)data, size, &error);
    g_autoptr(VirtSnapExportSettings) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *text_again = NULL;

    g_assert_true((settings == NULL) == (error != NULL));
    if (!settings) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    g_assert_true(settings->intent == VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN ||
                  settings->intent == VIRT_SNAP_BACKUP_INTENT_MERGE);
    g_assert_cmpuint(settings->parallel, <=, 64);
    text = virt_snap_export_settings_format(settings);
    again = virt_snap_export_settings_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    text_again = virt_snap_export_settings_format(again);
    g_assert_cmpstr(text_again, ==, text);

    return 0;
}
