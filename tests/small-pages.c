/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* usage: small-pages COMMAND [ARGUMENT]...
 *
 * Runs COMMAND, and all that it starts, without huge pages. QEMU asks for them, and then the kernel
 * fills 2 MiB with zeros for each few bytes that a guest of a test writes: a tenth of what such a
 * test costs. */

#include <config.h>

#include <err.h>
#include <sys/prctl.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    if (argc < 2)
        errx(2, "small-pages COMMAND...");
    /* Where there is no such thing it is as it always is. */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    execvp(argv[1], argv + 1);
    err(127, "%s", argv[1]);
}
