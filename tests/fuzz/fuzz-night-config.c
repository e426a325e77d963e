/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "archive/night-config.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"night/valid", "night/invalid", NULL};

/* A configuration that is accepted is complete; the error about any other says where the mistake
 * is. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NightConfig) config =
        night_config_parse((const char *)data, size, "night.conf", &error);

    g_assert_true((config == NULL) == (error != NULL));
    if (!config) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_true(g_str_has_prefix(error->message, "night.conf"));
        return 0;
    }
    g_assert_true(g_path_is_absolute(config->directory));
    g_assert_true(!config->before || g_path_is_absolute(*config->before));
    g_assert_true(!config->after || g_path_is_absolute(*config->after));
    for (int rule = 0; rule < KEEP_RULES; rule++)
        g_assert_cmpuint(config->keep.n[rule], <=, KEEP_MAX);

    return 0;
}
