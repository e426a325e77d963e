/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <unistd.h>

#include "drivers/libvirt/libvirt-directories.h"
#include "util/path.h"

typedef struct {
    char *driver; /* "/system", "/session", "/embed"; NULL: not QEMU's driver, or on another host */
    char *root;   /* directory of an embedded driver, or NULL */
} Place;

static void
place_clear(Place *place)
{
    g_free(place->driver);
    g_free(place->root);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static Place
place_of(const char *uri)
{
    g_autofree char *scheme = NULL;
    g_autofree char *path = NULL;
    g_autofree char *query = NULL;
    g_autoptr(GHashTable) params = NULL;
    Place place = {NULL, NULL};

    if (!uri ||
        !g_uri_split(uri, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, &scheme, NULL, NULL,
                     NULL, &path, &query, NULL, NULL) ||
        !scheme || !(g_str_equal(scheme, "qemu") || g_str_equal(scheme, "qemu+unix")))
        return place;
    params = g_uri_parse_params(query ? query : "", -1, "&;", G_URI_PARAMS_NONE, NULL);
    place.driver = g_steal_pointer(&path);
    place.root = g_strdup(params ? g_hash_table_lookup(params, "root") : NULL);

    return place;
}

/* Returns: one of the three directories, of which those of an embedded driver and of a user are
 * below others. */
static char *
choose(const char *uri, const char *below_root, const char *system, const char *below_user)
{
    g_auto(Place) place = place_of(uri);
    g_autofree char *user = path_user_config();

    if (g_strcmp0(place.driver, "/embed") == 0 && place.root)
        return g_build_filename(place.root, below_root, NULL);
    /* Distributions build libvirt with this directory. */
    if (g_strcmp0(place.driver, "/system") == 0)
        return g_build_filename("/var/lib/libvirt", system, NULL);
    if (g_strcmp0(place.driver, "/session") == 0)
        return g_build_filename(user, "libvirt/qemu", below_user, NULL);

    return NULL;
}

gboolean
libvirt_is_session(const char *uri)
{
    g_auto(Place) place = place_of(uri);

    return g_strcmp0(place.driver, "/session") == 0 ||
           (g_strcmp0(place.driver, "/embed") == 0 && geteuid() != 0);
}

char *
libvirt_tpm_states(const char *uri)
{
    return choose(uri, "lib/swtpm", "swtpm", "swtpm");
}

char *
libvirt_kept(const char *uri)
{
    return choose(uri, "lib/qemu", "qemu", "");
}
