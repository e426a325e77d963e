/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "cli/command-run.h"
#include "cli/commands.h"
#include "cli/shell.h"
#include "drivers/register.h"
#include "util/process.h"

/* A standard descriptor that the caller closed would be given to the next file that is opened,
 * and our messages would be written into a disk image. Opened the wrong way round, so that the
 * use of a closed one still fails. */
static void
occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(CLI_FAILED);
    }
}

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

    occupy_standard_descriptors();
    /* A reader that went away is an error that we report, not a sudden death. */
    signal(SIGPIPE, SIG_IGN);
    process_set_up();
    set_up_messages();
    register_drivers();
    drivers_keep_quiet();

    cli = cli_context_new(all_commands);
    status = command_run(cli, argv, shell_run);

    return cli_finish(cli, status);
}
