/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "cli/connection.h"
#include "virtsnap/drivers.h"

Hypervisor *
cli_connection(CliContext *cli, GError **error)
{
    if (cli->session && !cli->globals.connect)
        return cli_connection(cli->session, error);

    /* A shell may have waited for its user longer than the daemon lived. */
    if (cli->hypervisor && !cli->hypervisor->ops->is_alive(cli->hypervisor))
        g_clear_pointer(&cli->hypervisor, hypervisor_free);
    if (!cli->hypervisor)
        cli->hypervisor = drivers_get()->open_hypervisor(cli->globals.connect, error);

    return cli->hypervisor;
}
