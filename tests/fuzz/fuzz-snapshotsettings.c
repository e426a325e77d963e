/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/create-settings.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"snapshotsettings/valid", "snapshotsettings/invalid",
                                    "snapshotsettings-cim/valid", "snapshotsettings-cim/invalid",
                                    NULL};

/* Settings that are accepted can be used together. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    CreateSettings settings;

    if (create_settings_parse(text, CREATE_TYPE_RECOVERY, &settings, &name, &error)) {
        g_assert_true(create_settings_check(&settings, &error));
        g_assert_cmpuint(settings.timeout, <=, MOMENT_TIMEOUT_MAX);
    } else {
        g_assert_cmpint(error->domain, ==, VIRT_SNAP_ERROR);
    }

    return 0;
}
