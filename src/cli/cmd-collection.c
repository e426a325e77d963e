/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cmd-groups.h"
#include "cli/collections.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "util/fd.h"

/* Bytes of a definition that are read at once. */
#define READ_BYTES 65536

typedef struct {
    char **domains;
    char **collections;
} MemberOptions;

static const GOptionEntry member_options[] = {
    {"domain", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OPTION_MEMBER(MemberOptions, domains),
     N_("a domain that is meant; may be repeated"), "DOMAIN"},
    {"collection", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OPTION_MEMBER(MemberOptions, collections),
     N_("a collection that is meant; may be repeated"), "COLLECTION"},
    {NULL},
};

static const CommandArg file_args[] = {
    {"FILE", TRUE, FALSE, COMPLETE_FILE},
    {NULL},
};

static const CommandArg new_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

static const CommandArg name_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_COLLECTION},
    {NULL},
};

static const CommandArg rename_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_COLLECTION},
    {"NEW", TRUE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

/* Prints what was done to the collection @name, with a format as for printf(). Returns:
 * CLI_DONE. */
static int
report_change(CliContext *cli, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

static int
report_change(CliContext *cli, const char *name, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *printable = NULL;
    JsonObject *result;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    printable = text_printable(text);
    cli_message(cli, "%s", printable);

    if (cli->globals.json) {
        result = json_object_new();
        json_object_set_int_member(result, "result", 0);
        json_set_text(result, "collection", name);
        cli_result(cli, result);
    }

    return CLI_DONE;
}

/* --- define and create ---------------------------------------------------------- */

/* Reads an open file or pipe completely; fails if it exceeds what can be parsed. */
static GString *
read_definition_text(int fd, const char *what, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *block = g_malloc(READ_BYTES);

    while (text->len <= VIRT_SNAP_COLLECTION_TEXT_MAX) {
        ssize_t n = read(fd, block, READ_BYTES);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot read %s"), what);
            return NULL;
        }
        if (n == 0)
            return g_steal_pointer(&text);
        g_string_append_len(text, block, n);
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("There is more in %s than the %zu bytes that the text of a collection may have"),
                what, VIRT_SNAP_COLLECTION_TEXT_MAX);

    return NULL;
}

static gboolean
is_standard_input(const char *file)
{
    return g_str_equal(file, "-");
}

/* The name of a file in messages. */
static char *
file_display_name(const char *file)
{
    return is_standard_input(file) ? g_strdup(_("standard input")) : g_strdup_printf("'%s'", file);
}

static VirtSnapCollection *
read_definition(const char *file, GError **error)
{
    gboolean is_input = is_standard_input(file);
    auto_fd fd = is_input ? -1 : fd_open(AT_FDCWD, file, O_RDONLY, 0, error);
    g_autofree char *what = file_display_name(file);
    g_autoptr(GString) text = NULL;
    VirtSnapCollection *collection;

    if (!is_input && fd < 0)
        return NULL;
    text = read_definition_text(is_input ? STDIN_FILENO : fd, what, error);
    if (!text)
        return NULL;
    collection = virt_snap_collection_parse(text->str, text->len, error);
    if (!collection)
        g_prefix_error(error, _("Cannot define a collection from %s: "), what);

    return collection;
}

static int
run_define(CliContext *cli, const CommandLine *line)
{
    const char *file = line->args[0];
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) collection = read_definition(file, &error);
    g_autofree char *what = file_display_name(file);

    if (!collection || !collections_define(cli, collection, &error))
        return cli_fail(cli, error);

    return report_change(cli, collection->name, _("Collection '%s' defined from %s"),
                         collection->name, what);
}

static gboolean
add_to_collection(VirtSnapCollection *collection, VirtSnapMember kind, char *const *names,
                  GError **error)
{
    for (; names && *names; names++) {
        if (!virt_snap_collection_add(collection, kind, *names, error))
            return FALSE;
    }

    return TRUE;
}

static int
run_create_as(CliContext *cli, const CommandLine *line)
{
    const MemberOptions *options = line->options;
    const char *name = line->args[0];
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) collection = virt_snap_collection_new(name, &error);
    g_auto(GStrv) domains =
        collection ? cli_domain_names(cli, options->domains, NULL, &error) : NULL;

    if (!domains || !add_to_collection(collection, VIRT_SNAP_MEMBER_DOMAIN, domains, &error) ||
        !add_to_collection(collection, VIRT_SNAP_MEMBER_COLLECTION, options->collections, &error) ||
        !collections_create(cli, collection, &error))
        return cli_fail(cli, error);

    return report_change(cli, name, _("Collection '%s' created"), name);
}

/* --- list and dumpxml ------------------------------------------------------------ */

static JsonObject *
collection_json(const VirtSnapCollection *collection)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "name", collection->name);
    json_set_texts(object, "domains", collection->domains);
    json_set_texts(object, "collections", collection->collections);

    return object;
}

static JsonObject *
collection_list_json(GPtrArray *collections, GPtrArray *problems)
{
    JsonObject *result = json_object_new();
    JsonArray *array = json_array_new();

    for (guint i = 0; i < collections->len; i++)
        json_array_add_object_element(array, collection_json(g_ptr_array_index(collections, i)));
    json_object_set_array_member(result, "collections", array);
    json_set_texts(result, "warnings", problems);

    return result;
}

static void
print_list(CliContext *cli, GPtrArray *collections)
{
    g_autoptr(Table) table = table_new(_("Name"), _("Domains"), _("Collections"), NULL);

    for (guint i = 0; i < collections->len; i++) {
        const VirtSnapCollection *collection = g_ptr_array_index(collections, i);
        g_autofree char *domains = g_strdup_printf("%u", collection->domains->len);
        g_autofree char *members = g_strdup_printf("%u", collection->collections->len);

        table_add(table, collection->name, domains, members, NULL);
    }
    table_print(table, !cli->globals.quiet);
}

static int
run_collection_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) collections = collections_list(cli, &problems, &error);

    if (!collections)
        return cli_fail(cli, error);
    if (cli->globals.json) {
        cli_result(cli, collection_list_json(collections, problems));
        return CLI_DONE;
    }

    print_list(cli, collections);
    for (guint i = 0; i < problems->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(problems, i));

    return CLI_DONE;
}

static int
run_dumpxml(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) collection =
        collections_load(cli, line->args[0], &error);
    g_autofree char *xml = collection ? virt_snap_collection_format(collection) : NULL;

    if (!collection)
        return cli_fail(cli, error);
    if (cli->globals.json) {
        JsonObject *result = collection_json(collection);

        json_set_text(result, "xml", xml);
        cli_result(cli, result);
    } else {
        fputs(xml, stdout);
    }

    return CLI_DONE;
}

/* --- changes --------------------------------------------------------------------- */

static int
run_rename(CliContext *cli, const CommandLine *line)
{
    const char *name = line->args[0];
    const char *to = line->args[1];
    g_autoptr(GError) error = NULL;

    if (!collections_rename(cli, name, to, &error))
        return cli_fail(cli, error);

    return report_change(cli, to, _("Collection '%s' renamed to '%s'"), name, to);
}

static int
run_undefine(CliContext *cli, const CommandLine *line)
{
    const char *name = line->args[0];
    g_autoptr(GError) error = NULL;

    if (!collections_undefine(cli, name, &error))
        return cli_fail(cli, error);

    return report_change(cli, name, _("Collection '%s' has been undefined"), name);
}

static guint
count_members(const MemberOptions *options)
{
    guint domains = options->domains ? g_strv_length(options->domains) : 0;

    return domains + (options->collections ? g_strv_length(options->collections) : 0);
}

static int
no_members(CliContext *cli, const CommandLine *line)
{
    return cli_usage(cli, _("%s: name at least one member with --domain or --collection"),
                     line->command->name);
}

static int
run_add(CliContext *cli, const CommandLine *line)
{
    const MemberOptions *options = line->options;
    const char *name = line->args[0];
    guint n = count_members(options);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) domains = NULL;

    if (n == 0)
        return no_members(cli, line);
    domains = cli_domain_names(cli, options->domains, NULL, &error);
    if (!domains || !collections_add(cli, name, domains, options->collections, &error))
        return cli_fail(cli, error);

    return report_change(cli, name,
                         ngettext("%u member added to the collection '%s'",
                                  "%u members added to the collection '%s'", n),
                         n, name);
}

static int
run_remove(CliContext *cli, const CommandLine *line)
{
    const MemberOptions *options = line->options;
    const char *name = line->args[0];
    guint n = count_members(options);
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapCollection) collection = NULL;
    g_auto(GStrv) domains = NULL;

    if (n == 0)
        return no_members(cli, line);
    collection = collections_load(cli, name, &error);
    if (collection)
        domains = cli_domain_names(cli, options->domains, collection->domains, &error);
    if (!domains || !collections_remove(cli, name, domains, options->collections, &error))
        return cli_fail(cli, error);

    return report_change(cli, name,
                         ngettext("%u member removed from the collection '%s'",
                                  "%u members removed from the collection '%s'", n),
                         n, name);
}

static const Command commands[] = {
    {
        .name = "collection-define",
        .run = run_define,
        .run_service = run_define,
        .summary = N_("define a collection from an XML file"),
        .description = N_("Reads a <collection> from FILE ('-' is standard input), checks it "
                          "against its schema and stores it, in the place of the one with "
                          "its name if there is one."),
        .args = file_args,
    },
    {
        .name = "collection-create-as",
        .run = run_create_as,
        .run_service = run_create_as,
        .summary = N_("define a collection from a list of members"),
        .description = N_("Stores a new collection NAME whose members are the domains and "
                          "collections named. A domain may be named by its UUID or id, too; "
                          "its name is stored. Whether the domains exist is not looked at "
                          "otherwise; the collections must."),
        .args = new_args,
        .options = member_options,
        .options_size = sizeof(MemberOptions),
    },
    {
        .name = "collection-list",
        .run = run_collection_list,
        .run_service = run_collection_list,
        .summary = N_("list the collections"),
        .description = N_("Lists all collections with the number of their members. Needs no "
                          "connection."),
    },
    {
        .name = "collection-dumpxml",
        .run = run_dumpxml,
        .run_service = run_dumpxml,
        .summary = N_("print a collection as XML"),
        .description = N_("Prints the stored <collection>, which collection-define reads again."),
        .args = name_args,
    },
    {
        .name = "collection-rename",
        .run = run_rename,
        .run_service = run_rename,
        .summary = N_("give a collection another name"),
        .description = N_("Collections that have it as a member follow. Exports that were made "
                          "keep the old name."),
        .args = rename_args,
    },
    {
        .name = "collection-undefine",
        .run = run_undefine,
        .run_service = run_undefine,
        .summary = N_("forget a collection"),
        .description = N_("Removes the collection; its members, their snapshots and their exports "
                          "stay as they are. A member of another collection is not removed "
                          "before it is removed from there."),
        .args = name_args,
    },
    {
        .name = "collection-add",
        .run = run_add,
        .run_service = run_add,
        .summary = N_("add members to a collection"),
        .description = N_("Adds all the domains and collections named, or none of them if one "
                          "cannot be added."),
        .args = name_args,
        .options = member_options,
        .options_size = sizeof(MemberOptions),
    },
    {
        .name = "collection-remove",
        .run = run_remove,
        .run_service = run_remove,
        .summary = N_("remove members from a collection"),
        .description = N_("Removes all the domains and collections named, or none of them if one "
                          "is no member."),
        .args = name_args,
        .options = member_options,
        .options_size = sizeof(MemberOptions),
    },
    {NULL},
};

const CommandGroup cmd_collection_group = {"collections", N_("Collections"), commands};
