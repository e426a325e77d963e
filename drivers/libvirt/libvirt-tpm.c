/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "drivers/libvirt/libvirt-tpm.h"
#include "util/path.h"

/* Distributions build libvirt with this directory. */
#define SYSTEM_STATES "/var/lib/libvirt/swtpm"

static char *
states_below_root(const char *query)
{
    g_autoptr(GHashTable) params =
        g_uri_parse_params(query ? query : "", -1, "&;", G_URI_PARAMS_NONE, NULL);
    const char *root = params ? g_hash_table_lookup(params, "root") : NULL;

    return root ? g_build_filename(root, "lib", "swtpm", NULL) : NULL;
}

char *
libvirt_tpm_states(const char *uri)
{
    g_autofree char *user = path_user_config();
    g_autofree char *scheme = NULL;
    g_autofree char *path = NULL;
    g_autofree char *query = NULL;

    if (!uri ||
        !g_uri_split(uri, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, &scheme, NULL, NULL,
                     NULL, &path, &query, NULL, NULL) ||
        !scheme || !(g_str_equal(scheme, "qemu") || g_str_equal(scheme, "qemu+unix")))
        return NULL;
    if (g_str_equal(path, "/embed"))
        return states_below_root(query);
    if (g_str_equal(path, "/system"))
        return g_strdup(SYSTEM_STATES);
    if (g_str_equal(path, "/session"))
        return g_build_filename(user, "libvirt", "qemu", "swtpm", NULL);

    return NULL;
}
