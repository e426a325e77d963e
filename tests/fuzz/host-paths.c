/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/fuzz/host-paths.h"
#include "util/xml.h"

static gboolean
is_below(const char *value, const char *directory)
{
    gsize length = strlen(directory);

    return strncmp(value, directory, length) == 0 && value[length] == '/' &&
           !strstr(value + length, "/../");
}

/* What may name a file after rewriting: files of packages, and devices that every host has. */
static gboolean
may_stay(const char *value)
{
    static const char *const prefixes[] = {
        "/usr/", "/bin/", "/run/libvirt/nix-ovmf/", "/dev/urandom", "/dev/random", "/dev/hwrng",
        "/dev/net/tun", "/dev/vhost-net", NULL};

    for (const char *const *prefix = prefixes; *prefix; prefix++) {
        if (g_str_has_prefix(value, *prefix))
            return TRUE;
    }

    return FALSE;
}

void
host_paths_assert_none(xmlNode *root, const char *directory)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(
        root, ".//@*[not(ancestor::metadata or name() = 'passwd' or name() = 'appid' or "
              "parent::entry)] | "
              ".//text()[not(ancestor::metadata or parent::description or parent::title or "
              "parent::name or parent::cmdline or parent::entry or parent::serial or "
              "parent::vendor or parent::product)]");

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *value = xml_text(g_ptr_array_index(nodes, i), ".");

        g_assert_true(*g_strstrip(value) != '/' || may_stay(value) ||
                      (directory && is_below(value, directory)));
    }
}
