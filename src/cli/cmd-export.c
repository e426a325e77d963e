/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/cmd-groups.h"
#include "cli/export-inspect.h"
#include "cli/export-request.h"
#include "cli/export-settings.h"
#include "cli/job-options.h"
#include "cli/night.h"
#include "cli/prune.h"
#include "cli/verify-run.h"

#define MEMBER(member) OPTION_MEMBER(ExportOptions, member)

static const GOptionEntry export_options[] = {
    {"domain", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(domains),
     N_("export this domain, instead of a collection; may be repeated"), "DOMAIN"},
    {"to", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(to),
     N_("the directory to export into"), "DIR"},
    {"settings", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(settings),
     N_("read the export settings from FILE; the other options come on top"), "FILE"},
    {"merge", 0, 0, G_OPTION_ARG_NONE, MEMBER(merge),
     N_("flatten each disk into one image instead of keeping its layers"), NULL},
    {"preserve-chain", 0, 0, G_OPTION_ARG_NONE, MEMBER(preserve_chain),
     N_("keep the layers of each disk, which is the default but for --live"), NULL},
    {"live", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_FILENAME, MEMBER(live),
     N_("export the present state of the domains, all of one moment; they run on"),
     "application|crash|memory"},
    {"scratch", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(scratch),
     N_("with --live: where QEMU keeps what the domains overwrite meanwhile"), "DIR"},
    {"base", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(base),
     N_("take from an earlier export what it already holds; 'latest' is the newest one in DIR"),
     "EXPORT|latest"},
    {"reference-point", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(reference_point),
     N_("with --live: make a reference point of that name of the same moment"), "NAME"},
    {"keep-reference-points", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(keep_reference_points),
     N_("with --live and --base: how many of its own reference points are left (1)"), "N"},
    {"strict", 0, 0, G_OPTION_ARG_NONE, MEMBER(strict),
     N_("fail where the base's reference point is of no use, or a saved domain's memory would be "
        "left out"),
     NULL},
    {"no-subdirectory", 0, 0, G_OPTION_ARG_NONE, MEMBER(no_subdirectory),
     N_("write straight into DIR, which must be absent or empty"), NULL},
    {"no-storage", 0, 0, G_OPTION_ARG_NONE, MEMBER(no_storage),
     N_("export the configuration only; disks are recorded, not copied"), NULL},
    {"snapshots", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(snapshots),
     N_("which snapshots go along: the exported one, the whole tree, or none"), "one|all|none"},
    {"exclude", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(exclude),
     N_("do not copy this disk, or (as nvram) the firmware's variables, or (as tpm) the state of "
        "the TPM; may be repeated"),
     "DOMAIN:TARGET"},
    {"include", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(include),
     N_("copy this disk, which is only recorded else; may be repeated"), "DOMAIN:TARGET"},
    JOB_OPTIONS_TRANSFER(ExportOptions),
    {"compress", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(compress),
     N_("compress the exported images"), "zstd[:LEVEL]"},
    JOB_OPTIONS_DRY_RUN(ExportOptions),
    {"resume", 0, 0, G_OPTION_ARG_NONE, MEMBER(resume),
     N_("resume an export that was interrupted"), NULL},
    JOB_OPTIONS_FOLLOW(ExportOptions),
    {NULL},
};

static const char *const export_required[] = {"to", NULL};

static const CommandArg export_args[] = {
    {"COLLECTION", FALSE, FALSE, COMPLETE_COLLECTION},
    {"SNAPSHOT", FALSE, FALSE, COMPLETE_SNAPSHOT},
    {NULL},
};

static int
run_export(CliContext *cli, const CommandLine *line)
{
    const ExportOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) settings = NULL;
    g_autoptr(ExportPlace) place = NULL;
    ExportRequest request = {
        .collection = options->domains ? NULL : line->args[0],
        .domains = options->domains,
        .options = options,
        .dry_run = options->dry_run,
    };
    const char *name = options->domains ? line->args[0] : line->args[1];

    if (options->domains && line->args[1])
        return cli_usage(cli, _("export: '%s' and --domain: name a collection or domains, "
                                "not both"),
                         line->args[0]);
    if (!options->domains && !request.collection)
        return cli_usage(cli, _("export: name a collection before the snapshot, or domains "
                                "with --domain"));
    if (*options->to == '\0')
        return cli_usage(cli, _("export: --to is empty; name a directory"));
    if (options->async && options->dry_run)
        return cli_usage(cli, _("%s: --async and --dry-run: choose one of them"), "export");
    if (options->merge && options->preserve_chain)
        return cli_usage(cli, _("export: --merge and --preserve-chain: choose one of them"));
    if (!progress_mode_parse(options->progress, &request.progress, &error))
        return cli_fail(cli, error);

    request.settings = settings = export_settings_load(options, &error);
    if (!settings)
        return cli_fail(cli, error);
    if (!export_settings_override(settings, options, &error))
        return cli_fail_options(cli, error);
    if (!name && settings->live == VIRT_SNAP_LIVE_NO)
        return cli_usage(cli, _("export: name a collection and its snapshot, or with --domain the "
                                "domains' snapshot; or export their present state with --live"));
    request.place = place = export_place_new(options->to, NULL, name, settings->subdirectory);

    /* Only a job of the service outlives its command. */
    if (cli->globals.service || options->async)
        return export_service(cli, &request);

    return export_run(cli, &request);
}

static const CommandArg directory_args[] = {
    {"DIR", TRUE, FALSE, COMPLETE_DIRECTORY},
    {NULL},
};

static const CommandArg night_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_NIGHT},
    {NULL},
};

static const CommandArg export_path_args[] = {
    {"EXPORT", TRUE, FALSE, COMPLETE_DIRECTORY},
    {NULL},
};

static const GOptionEntry verify_options[] = {
    {"deep", 0, 0, G_OPTION_ARG_NONE, OPTION_MEMBER(VerifyOptions, deep),
     N_("also run 'qemu-img check' on every image"), NULL},
    {"bandwidth", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(VerifyOptions, bandwidth),
     N_("read at most so many bytes a second; K, M and G are understood"), "RATE"},
    {"boot", 0, 0, G_OPTION_ARG_NONE, OPTION_MEMBER(VerifyOptions, boot),
     N_("also start every domain, on throw-away images, and see whether it boots"), NULL},
    {"timeout", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(VerifyOptions, timeout),
     N_("with --boot: how long a domain is given (120)"), "SECONDS"},
    {"expect", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(VerifyOptions, expect),
     N_("with --boot: what the serial console is to show, a regular expression"), "PATTERN"},
    {"trust", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OPTION_MEMBER(VerifyOptions, trust),
     N_("with --boot: let this element of a domain's XML pass; may be repeated"), "ELEMENT"},
    {"memory", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(VerifyOptions, memory),
     N_("with --boot: at most so much memory for all domains at once"), "SIZE"},
    {"parallel", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(VerifyOptions, parallel),
     N_("with --boot: at most so many domains at once"), "N"},
    {"scratch", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(VerifyOptions, scratch),
     N_("with --boot: where throw-away files lie (/var/tmp)"), "DIR"},
    JOB_OPTIONS_FOLLOW(VerifyOptions),
    {NULL},
};

#define KEEP(rule) OPTION_MEMBER(PruneOptions, keep[rule])

static const GOptionEntry prune_options[] = {
    {"collection", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(PruneOptions, collection),
     N_("only the exports of this collection"), "COLLECTION"},
    {"keep-last", 0, 0, G_OPTION_ARG_FILENAME, KEEP(KEEP_LAST), N_("keep the N newest"), "N"},
    {"keep-daily", 0, 0, G_OPTION_ARG_FILENAME, KEEP(KEEP_DAILY),
     N_("keep the newest of each of the last N days that have one"), "N"},
    {"keep-weekly", 0, 0, G_OPTION_ARG_FILENAME, KEEP(KEEP_WEEKLY),
     N_("keep the newest of each of the last N weeks that have one"), "N"},
    {"keep-monthly", 0, 0, G_OPTION_ARG_FILENAME, KEEP(KEEP_MONTHLY),
     N_("keep the newest of each of the last N months that have one"), "N"},
    {"keep-yearly", 0, 0, G_OPTION_ARG_FILENAME, KEEP(KEEP_YEARLY),
     N_("keep the newest of each of the last N years that have one"), "N"},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, OPTION_MEMBER(PruneOptions, dry_run),
     N_("show what would be done, and touch nothing"), NULL},
    {NULL},
};

static const Command commands[] = {
    {
        .name = "export",
        .run = run_export,
        .run_service = run_export,
        .summary = N_("export a snapshot collection, or running domains, into a directory"),
        .description = N_("Exports the snapshot SNAPSHOT of all members of COLLECTION, or of the "
                          "domains named with --domain, as one unit into "
                          "DIR/COLLECTION/SNAPSHOT: their configuration, their disks with the "
                          "backing chains, memory and firmware state. Nothing that exists is "
                          "overwritten, and the final directory appears only when everything in "
                          "it is complete.\n"
                          "With --live no snapshot is needed: the present state of all members is "
                          "captured at one moment, and read while they run on. SNAPSHOT is the "
                          "name of the export then, the time if it is left out."),
        .args = export_args,
        .options = export_options,
        .options_size = sizeof(ExportOptions),
        .required = export_required,
    },
    {
        .name = "export-list",
        .run = run_export_list,
        .run_service = run_export_list,
        .summary = N_("list the exports below a directory"),
        .description = N_("Lists the complete exports that DIR holds, by collection and "
                          "snapshot, with what each takes on the disk by itself and what it "
                          "shares with others by hard links."),
        .args = directory_args,
    },
    {
        .name = "export-info",
        .run = run_export_info,
        .run_service = run_export_info,
        .summary = N_("show what an export holds"),
        .description = N_("Prints from the manifest of EXPORT its domains, their disks and the "
                          "layers with their sizes. To check that the files are right use "
                          "'verify'."),
        .args = export_path_args,
    },
    {
        .name = "verify",
        .run = run_verify,
        .run_service = run_verify,
        .summary = N_("check an export against its manifest"),
        .description = N_("Checks that every file of EXPORT is there and has its digest, that the "
                          "images refer to one another as the manifest says, and that nothing "
                          "else is there. With --boot every domain is started as well, on images "
                          "of its own above those of the export, with network cards unplugged: "
                          "it boots if its guest agent answers, or its serial console shows "
                          "PATTERN, or it runs for SECONDS without a reset. Nothing of that is "
                          "there afterwards. The exit status is 1 unless all is well."),
        .args = export_path_args,
        .options = verify_options,
        .options_size = sizeof(VerifyOptions),
    },
    {
        .name = "export-prune",
        .run = run_export_prune,
        .run_service = run_export_prune,
        .summary = N_("remove old exports by rules"),
        .description = N_("Removes the exports in DIR that no rule keeps, for each collection of "
                          "each host by itself. Every rule counts alone, in the local time, and "
                          "what one of them keeps is kept. The newest complete export of a "
                          "collection, protected ones, and those that are being read or used by "
                          "a domain are never removed; partial exports are left alone."),
        .args = directory_args,
        .options = prune_options,
        .options_size = sizeof(PruneOptions),
    },
    {
        .name = "export-run",
        .run = run_export_run,
        .summary = N_("export a collection as its configuration says, every night"),
        .description = N_("Exports a collection, and removes old exports of it, as the file "
                          "export.d/NAME.conf says. This is what the timer "
                          "virtsnap-export@NAME.timer runs."),
        .args = night_args,
    },
    {
        .name = "export-protect",
        .run = run_export_protect,
        .run_service = run_export_protect,
        .summary = N_("keep an export from being removed by rules"),
        .description = N_("Marks EXPORT, with an empty file in it, so that 'export-prune' never "
                          "removes it."),
        .args = export_path_args,
    },
    {
        .name = "export-unprotect",
        .run = run_export_unprotect,
        .run_service = run_export_unprotect,
        .summary = N_("let an export be removed by rules again"),
        .description = N_("Takes back what 'export-protect' did."),
        .args = export_path_args,
    },
    {NULL},
};

const CommandGroup cmd_export_group = {"exports", N_("Exports"), commands};
