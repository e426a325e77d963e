/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "cli/command-line.h"
#include "cli/commands.h"
#include "cli/option.h"
#include "cli/shell-words.h"

typedef struct {
    gboolean flag;
    char *text;
    char **list;
} Options;

static const GOptionEntry table[] = {
    {"flag", 'f', 0, G_OPTION_ARG_NONE, OPTION_MEMBER(Options, flag), "", NULL},
    {"text", 't', 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(Options, text), "", "TEXT"},
    {"list", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OPTION_MEMBER(Options, list), "", "ITEM"},
    {NULL},
};

static void
test_scan(void)
{
    static const struct {
        const char *word;
        WordKind kind;
    } words[] = {
        {"a", WORD_ARGUMENT},     {"-", WORD_ARGUMENT},       {"--flag", WORD_OPTION},
        {"--text", WORD_OPTION},  {"--flag", WORD_VALUE},     {"--text=x", WORD_OPTION},
        {"b", WORD_ARGUMENT},     {"-ft", WORD_OPTION},       {"-f", WORD_VALUE},
        {"--texts", WORD_UNKNOWN}, {"--tex", WORD_UNKNOWN},   {"-fx", WORD_UNKNOWN},
        {"--flag=1", WORD_UNWANTED_VALUE}, {"--=", WORD_UNKNOWN}, {"", WORD_ARGUMENT},
        {"--", WORD_END},         {"--flag", WORD_ARGUMENT},  {"--", WORD_ARGUMENT},
    };
    OptionScanner scanner = {{NULL, table}, NULL, FALSE, FALSE};

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *split;

        g_assert_cmpint(option_scan(&scanner, words[i].word, &split), ==, words[i].kind);
        g_assert_null(split);
    }
}

static void
test_scan_split(void)
{
    OptionScanner scanner = {{table, NULL}, NULL, FALSE, FALSE};
    const char *split;

    g_assert_cmpint(option_scan(&scanner, "-ftvalue", &split), ==, WORD_OPTION);
    g_assert_cmpstr(split, ==, "value");
    g_assert_null(scanner.pending);
}

static void
test_bind(void)
{
    char *argv[] = {(char *)"x", (char *)"--text=\xff", (char *)"--list", (char *)"-a",
                    (char *)"--list=b", (char *)"-f", NULL};
    g_auto(GStrv) words = g_strdupv(argv);
    Options options = {0};
    g_autofree GOptionEntry *bound = option_table_bind(table, &options);
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, bound, NULL);
    g_assert_true(g_option_context_parse_strv(context, &words, &error));
    g_assert_no_error(error);
    g_assert_true(options.flag);
    g_assert_cmpstr(options.text, ==, "\xff");
    g_assert_cmpuint(g_strv_length(options.list), ==, 2);
    g_assert_cmpstr(options.list[0], ==, "-a");

    option_table_clear(table, &options);
    g_assert_null(options.text);
    g_assert_null(options.list);
}

static void
test_nearest(void)
{
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"exprot", "export"}, {"export-lst", "export-list"}, {"verfy", "verify"},
        {"xyzzy", NULL},      {"", NULL},                    {"completely else", NULL},
    };
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    g_ptr_array_add(names, (gpointer) "export");
    g_ptr_array_add(names, (gpointer) "export-list");
    g_ptr_array_add(names, (gpointer) "verify");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(option_nearest(cases[i].word, names), ==, cases[i].nearest);
}

static void
test_unquote(void)
{
    static const struct {
        const char *raw, *text;
    } cases[] = {
        {"", ""},           {"plain", "plain"},       {"a\\ b", "a b"},
        {"'a b'", "a b"},   {"\"a b", "a b"},         {"'a", "a"},
        {"'a\\b'", "a\\b"}, {"\"a\\b\\\"c\"", "a\\b\"c"}, {"x'y'\"z\"", "xyz"},
        {"\\", "\\"},       {"$(x)", "$(x)"},         {"'it'\\''s'", "it's"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = shell_unquote(cases[i].raw);

        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

/* How the words of `export [COLLECTION] [SNAPSHOT]` are given out. */
static void
test_arguments(void)
{
    char *two[] = {(char *)"virtsnap", (char *)"export", (char *)"c", (char *)"--to",
                   (char *)"d", (char *)"--", (char *)"-s", NULL};
    char *one[] = {(char *)"virtsnap", (char *)"export", (char *)"--to=d", (char *)"s", NULL};
    char *rest[] = {(char *)"virtsnap", (char *)"complete", (char *)"--", (char *)"a",
                    (char *)"-b", NULL};
    CliGlobals globals = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(CommandLine) first =
        command_line_parse(all_commands, two, &globals, &error);
    g_autoptr(CommandLine) second =
        command_line_parse(all_commands, one, &globals, &error);
    g_autoptr(CommandLine) third =
        command_line_parse(all_commands, rest, &globals, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(first->args[0], ==, "c");
    g_assert_cmpstr(first->args[1], ==, "-s");
    g_assert_cmpstr(second->args[0], ==, "s");
    g_assert_null(second->args[1]);
    g_assert_cmpstr(third->rest[0], ==, "a");
    g_assert_cmpstr(third->rest[1], ==, "-b");
    g_assert_null(third->rest[2]);
}

/* What help, completion and parsing rely on, for every command there is. */
static void
check_command(const Command *command)
{
    g_assert_true(command->run || command->run_service);
    g_assert_nonnull(command->summary);
    g_assert_nonnull(command->description);
    g_assert_false(g_str_has_suffix(command->summary, "."));
    g_assert_true(command_find(all_commands, command->name) == command);
    for (const CommandArg *arg = command->args; arg && arg->name; arg++)
        g_assert_true(!arg->repeatable || !arg[1].name);
    for (const GOptionEntry *entry = command->options; entry && entry->long_name; entry++) {
        g_assert_cmpuint((gsize)entry->arg_data, <, command->options_size);
        g_assert_true(option_is_flag(entry) == (entry->arg_description == NULL));
        g_assert_null(option_find(cli_globals, entry->long_name, strlen(entry->long_name)));
    }
    for (gsize i = 0; command->required && command->required[i]; i++)
        g_assert_nonnull(
            option_find(command->options, command->required[i], strlen(command->required[i])));
}

static void
test_tables(void)
{
    for (gsize i = 0; all_commands[i]; i++) {
        const CommandGroup *group = all_commands[i];

        g_assert_true(command_group_find(all_commands, group->keyword) == group);
        for (const Command *command = group->commands; command->name; command++)
            check_command(command);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/option/scan", test_scan);
    g_test_add_func("/option/scan/split", test_scan_split);
    g_test_add_func("/option/bind", test_bind);
    g_test_add_func("/option/nearest", test_nearest);
    g_test_add_func("/complete/unquote", test_unquote);
    g_test_add_func("/command/arguments", test_arguments);
    g_test_add_func("/command/tables", test_tables);

    return g_test_run();
}
