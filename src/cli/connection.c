/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/connection.h"
#include "hypervisor/drivers.h"

Hypervisor *
cli_connection(CliContext *cli, GError **error)
{
    if (cli->session && !cli->globals.connect)
        return cli_connection(cli->session, error);

    /* In a shell the daemon may have been restarted since the last command. */
    if (cli->hypervisor && !cli->hypervisor->ops->is_alive(cli->hypervisor))
        g_clear_pointer(&cli->hypervisor, hypervisor_free);
    if (!cli->hypervisor)
        cli->hypervisor = drivers_get()->open_hypervisor(cli->globals.connect, error);

    return cli->hypervisor;
}

/* Whether a word could also be an id or a UUID. */
static gboolean
is_ambiguous(const char *word)
{
    return g_ascii_string_to_unsigned(word, 10, 0, G_MAXUINT64, NULL, NULL) ||
           g_uuid_string_is_valid(word);
}

static char *
name_of(CliContext *cli, const char *word, GPtrArray *known, GError **error)
{
    Hypervisor *hypervisor;

    if (!is_ambiguous(word) ||
        (known && g_ptr_array_find_with_equal_func(known, word, g_str_equal, NULL)))
        return g_strdup(word);
    /* The service may use another hypervisor and only accepts names of domains. */
    if (cli->globals.service) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("With --service a domain is not looked up by an id or a UUID: say the name "
                      "of '%s', or use collection-define if that is its name"),
                    word);
        return NULL;
    }
    hypervisor = cli_connection(cli, error);

    return hypervisor ? hypervisor->ops->find_domain(hypervisor, word, error) : NULL;
}

char **
cli_domain_names(CliContext *cli, char *const *words, GPtrArray *known, GError **error)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    for (; words && *words; words++) {
        g_autofree char *name = name_of(cli, *words, known, error);

        if (!name)
            return NULL;
        g_strv_builder_add(names, name);
    }

    return g_strv_builder_end(names);
}
