/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <locale.h>

#include "cli/command-run.h"
#include "cli/commands.h"
#include "cli/shell.h"
#include "drivers/register.h"
#include "library/verbs.h"
#include "transfer/block-hash.h"
#include "util/process.h"

static void
set_up_messages(void)
{
    const char *directory = g_getenv("VIRTSNAP_LOCALE_DIR");

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, directory ? directory : LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    /* Standard output is for results. */
    g_log_writer_default_set_use_stderr(TRUE);
}

int
main(int argc, char **argv)
{
    g_autoptr(CliContext) cli = NULL;
    int status;

    process_set_up();
    block_hash_set_up();
    set_up_messages();
    register_drivers();
    register_verbs();
    drivers_keep_quiet();

    cli = cli_context_new(all_commands);
    status = command_run(cli, argv, shell_run);

    return cli_finish(cli, status);
}
