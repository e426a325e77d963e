/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/cmd-groups.h"
#include "cli/import-detach.h"
#include "cli/import-request.h"
#include "cli/job-options.h"
#include "import/import-work.h"
#include "util/path.h"

#define MEMBER(member) OPTION_MEMBER(ImportOptions, member)

static const GOptionEntry import_options[] = {
    {"to", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(to),
     N_("the directory that files are imported into"), "DIR"},
    {"pool", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(pool),
     N_("make the images volumes of this storage pool"), "POOL"},
    {"domain", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(domains),
     N_("import this domain of the export, not all; may be repeated"), "NAME"},
    {"rename", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(renames),
     N_("give a domain or the collection another name; may be repeated"), "OLD=NEW"},
    {"suffix", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(suffix),
     N_("append this to every name that has no --rename"), "SUFFIX"},
    {"new-uuid", 0, 0, G_OPTION_ARG_NONE, MEMBER(new_uuid),
     N_("give the domains new UUIDs"), NULL},
    {"mac", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(mac),
     N_("whether network cards keep their addresses"), "keep|new"},
    {"with-snapshots", 0, 0, G_OPTION_ARG_NONE, MEMBER(with_snapshots),
     N_("define the exported snapshots as well"), NULL},
    {"start", 0, 0, G_OPTION_ARG_NONE, MEMBER(start),
     N_("start the domains when all are there"), NULL},
    {"in-place", 0, 0, G_OPTION_ARG_NONE, MEMBER(in_place),
     N_("leave the images in the export, and make new ones above them"), NULL},
    {"no-define", 0, 0, G_OPTION_ARG_NONE, MEMBER(no_define),
     N_("only copy the files; define nothing"), NULL},
    {"trust", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(trust),
     N_("let this element of a domain's XML pass; may be repeated"), "ELEMENT"},
    {"force-host", 0, 0, G_OPTION_ARG_NONE, MEMBER(force_host),
     N_("change what does not fit this host so that it does"), NULL},
    JOB_OPTIONS_TRANSFER(ImportOptions),
    JOB_OPTIONS_DRY_RUN(ImportOptions),
    {"resume", 0, 0, G_OPTION_ARG_NONE, MEMBER(resume),
     N_("resume an import that was interrupted"), NULL},
    JOB_OPTIONS_FOLLOW(ImportOptions),
    {NULL},
};

static const CommandArg import_args[] = {
    {"EXPORT", TRUE, FALSE, COMPLETE_DIRECTORY},
    {NULL},
};

static const CommandArg detach_args[] = {
    {"DOMAIN", TRUE, FALSE, COMPLETE_DOMAIN},
    {NULL},
};

static int
run_import_command(CliContext *cli, const CommandLine *line)
{
    const ImportOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImportSettings) settings = NULL;
    g_autofree char *path = path_canonical(line->args[0]);
    g_autofree char *directory = NULL;
    ImportRequest request = {.path = path, .options = options};

    if (!options->to && !options->pool)
        return cli_usage(cli, _("import: the option --to DIR or --pool POOL is needed"));
    if (options->to && *options->to == '\0')
        return cli_usage(cli, _("import: --to is empty; name a directory"));
    if (options->async && options->dry_run)
        return cli_usage(cli, _("%s: --async and --dry-run: choose one of them"), "import");
    if (!progress_mode_parse(options->progress, &request.progress, &error))
        return cli_fail(cli, error);
    settings = import_options_read(options, &error);
    if (!settings)
        return cli_fail_options(cli, error);
    request.settings = settings;
    request.directory = directory = options->to ? path_canonical(options->to)
                                                : import_work_default_directory();

    /* Only a job of the service outlives its command. */
    if (cli->globals.service || options->async)
        return import_service(cli, &request);

    return import_run(cli, &request);
}

static const Command commands[] = {
    {
        .name = "import",
        .run = run_import_command,
        .run_service = run_import_command,
        .summary = N_("make domains of an export again"),
        .description = N_("Copies the files of EXPORT into DIR/COLLECTION/SNAPSHOT and defines "
                          "its domains, and its collection, with them: as they were at the "
                          "snapshot. Every file is compared with its digest on the way. Nothing "
                          "that exists is overwritten, and whatever goes wrong, either all of it "
                          "is there afterwards or nothing.\n"
                          "An export is taken for a stranger's: what in a domain's XML would give "
                          "it something of this host is refused by name, unless --trust names "
                          "it. A domain whose memory was exported goes on where it stood."),
        .args = import_args,
        .options = import_options,
        .options_size = sizeof(ImportOptions),
    },
    {
        .name = "import-detach",
        .run = run_import_detach,
        .run_service = run_import_detach,
        .summary = N_("make a domain independent of the export on which it stands"),
        .description = N_("Copies what DOMAIN, which was imported with --in-place, has in images "
                          "of an export into its own: while it runs, or when it is shut off. "
                          "Whatever ends that, the domain has all its data, and the same command "
                          "goes on. The export is left as it is."),
        .args = detach_args,
        .options = detach_options,
        .options_size = sizeof(DetachOptions),
    },
    {NULL},
};

const CommandGroup cmd_import_group = {"imports", N_("Imports"), commands};
