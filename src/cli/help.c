/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/output.h"

#define HELP_WIDTH 80
#define SECTION_INDENT 4
/* Columns at which explanations of options and commands begin, if there is room. */
#define OPTION_COLUMN 28
#define COMMAND_COLUMN 30

static gboolean
is_required(const Command *command, const GOptionEntry *entry)
{
    return command->required && g_strv_contains(command->required, entry->long_name);
}

static gboolean
is_array(const GOptionEntry *entry)
{
    return entry->arg == G_OPTION_ARG_FILENAME_ARRAY || entry->arg == G_OPTION_ARG_STRING_ARRAY;
}

static void
add_value(GString *out, const GOptionEntry *entry)
{
    if (entry->arg_description)
        g_string_append_printf(out, option_is_optional(entry) ? "[=%s]" : " %s",
                               entry->arg_description);
}

static void
add_help_option(GString *out, const Command *command, const GOptionEntry *entry)
{
    gboolean required = is_required(command, entry);

    if (entry->flags & G_OPTION_FLAG_HIDDEN)
        return;
    g_string_append_printf(out, required ? " --%s" : " [--%s", entry->long_name);
    add_value(out, entry);
    if (!required)
        g_string_append_c(out, ']');
    if (is_array(entry))
        g_string_append(out, "...");
}

static char *
format_synopsis(const Command *command)
{
    GString *out = g_string_new(command->name);

    for (const CommandArg *arg = command->args; arg && arg->name; arg++) {
        g_string_append_printf(out, arg->required ? " %s" : " [%s]", arg->name);
        if (arg->repeatable)
            g_string_append(out, "...");
    }
    for (const GOptionEntry *entry = command->options; entry && entry->long_name; entry++)
        add_help_option(out, command, entry);

    return g_string_free(out, FALSE);
}

/* Prints @left, and @right from @column on; @right begins on the next line if @left is too long. */
static void
print_pair(const char *left, const char *right, gsize column)
{
    gsize width = SECTION_INDENT + text_width(left);

    printf("%*s%s", SECTION_INDENT, "", left);
    if (width + 2 > column) {
        putchar('\n');
        text_wrap(right, column, HELP_WIDTH);
    } else if (column + text_width(right) <= HELP_WIDTH) {
        printf("%*s%s\n", (int)(column - width), "", right);
    } else {
        /* The first line of @right follows @left; the other lines are below it. */
        const char *cut = right;
        gsize used = 0;

        for (const char *c = right; *c && used <= HELP_WIDTH - column; c = g_utf8_next_char(c)) {
            if (*c == ' ')
                cut = c;
            used++;
        }
        printf("%*s%.*s\n", (int)(column - width), "", (int)(cut - right), right);
        text_wrap(*cut == ' ' ? cut + 1 : cut, column, HELP_WIDTH);
    }
}

static void
print_option(const GOptionEntry *entry)
{
    g_autoptr(GString) left = g_string_new(NULL);

    if (entry->flags & G_OPTION_FLAG_HIDDEN)
        return;
    if (entry->short_name)
        g_string_append_printf(left, "-%c, ", entry->short_name);
    g_string_append_printf(left, "--%s", entry->long_name);
    add_value(left, entry);

    print_pair(left->str, _(entry->description), OPTION_COLUMN);
}

static void
print_options(const char *title, const GOptionEntry *table)
{
    printf("\n  %s\n", title);
    for (; table->long_name; table++)
        print_option(table);
}

void
help_command(const Command *command)
{
    g_autofree char *synopsis = format_synopsis(command);
    g_autofree char *name = g_strdup_printf("%s - %s", command->name, _(command->summary));

    printf("  %s\n", _("NAME"));
    text_wrap(name, SECTION_INDENT, HELP_WIDTH);
    printf("\n  %s\n", _("SYNOPSIS"));
    text_wrap(synopsis, SECTION_INDENT, HELP_WIDTH);
    printf("\n  %s\n", _("DESCRIPTION"));
    text_wrap(_(command->description), SECTION_INDENT, HELP_WIDTH);
    if (command->options)
        print_options(_("OPTIONS"), command->options);
    print_options(_("GLOBAL OPTIONS"), cli_globals);
}

void
help_group(const CommandGroup *group)
{
    printf(_(" %s (help keyword '%s'):\n"), _(group->title), group->keyword);
    for (const Command *command = group->commands; command->name; command++) {
        if (!command->hidden)
            print_pair(command->name, _(command->summary), COMMAND_COLUMN);
    }
}

void
help_overview(const CommandGroup *const *groups)
{
    printf("%s\n", _("virtsnap [OPTION]... COMMAND [ARGUMENT]..."));
    print_options(_("GLOBAL OPTIONS"), cli_globals);

    for (gsize i = 0; groups[i]; i++) {
        putchar('\n');
        help_group(groups[i]);
    }
    printf("\n%s\n", _("'virtsnap help COMMAND' tells all about a command."));
}

static JsonArray *
options_json(const Command *command)
{
    JsonArray *array = json_array_new();

    for (const GOptionEntry *entry = command->options; entry && entry->long_name; entry++) {
        JsonObject *option = json_object_new();

        json_object_set_string_member(option, "name", entry->long_name);
        json_set_text(option, "value", entry->arg_description);
        json_object_set_boolean_member(option, "valueOptional", option_is_optional(entry));
        json_object_set_boolean_member(option, "required", is_required(command, entry));
        json_object_set_boolean_member(option, "repeatable", is_array(entry));
        json_object_set_string_member(option, "description", _(entry->description));
        json_array_add_object_element(array, option);
    }

    return array;
}

JsonObject *
help_command_json(const Command *command)
{
    g_autofree char *synopsis = format_synopsis(command);
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", command->name);
    json_object_set_string_member(object, "summary", _(command->summary));
    json_object_set_string_member(object, "synopsis", synopsis);
    json_object_set_string_member(object, "description", _(command->description));
    json_object_set_array_member(object, "options", options_json(command));

    return object;
}

static void
add_commands_json(JsonArray *array, const CommandGroup *group)
{
    for (const Command *command = group->commands; command->name; command++) {
        JsonObject *object;

        if (command->hidden)
            continue;
        object = help_command_json(command);
        json_object_set_string_member(object, "group", group->keyword);
        json_array_add_object_element(array, object);
    }
}

JsonObject *
help_commands_json(const CommandGroup *const *groups)
{
    JsonObject *object = json_object_new();
    JsonArray *array = json_array_new();

    for (gsize i = 0; groups[i]; i++)
        add_commands_json(array, groups[i]);
    json_object_set_array_member(object, "commands", array);

    return object;
}
