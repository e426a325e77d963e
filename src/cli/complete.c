/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "archive/night-config.h"
#include "cli/complete.h"
#include "cli/connection.h"
#include "cli/job-show.h"
#include "cli/option.h"
#include "cli/service.h"
#include "cli/shell-words.h"
#include "collection/collection-store.h"
#include "collection/collection.h"
#include "hypervisor/pool-ops.h"
#include "snapshot/reference-point.h"
#include "snapshot/snapshot-list.h"

/* What precedes the word that is to be completed, and its candidates. */
typedef struct {
    OptionScanner scanner;
    const Command *command; /* NULL: not named yet */
    GPtrArray *args;        /* char *: positional words before it, the command not counted */
    GPtrArray *domains;     /* char *: the values of --domain before it */
    char *word;             /* the word itself, unquoted */
    GPtrArray *candidates;  /* char *: the candidates for it */
} Place;

/* The kind of an option's value, by the name that its help uses for the value. */
static const struct {
    const char *name;
    CompleteKind kind;
} value_kinds[] = {
    {"FILE", COMPLETE_FILE},
    {"DIR", COMPLETE_DIRECTORY},
    {"EXPORT", COMPLETE_DIRECTORY},
    {"COLLECTION", COMPLETE_COLLECTION},
    {"DOMAIN", COMPLETE_DOMAIN},
    {"POOL", COMPLETE_POOL},
};

static void
offer_candidate(const Place *place, const char *prefix, const char *candidate)
{
    /* Each candidate is printed on a line, so a name with a line break cannot be offered. */
    if (g_str_has_prefix(candidate, prefix) && !strpbrk(candidate, "\r\n"))
        g_ptr_array_add(place->candidates, g_strdup(candidate));
}

static void
offer_commands(CliContext *cli, const Place *place, const char *prefix)
{
    for (gsize i = 0; cli->groups[i]; i++) {
        for (const Command *command = cli->groups[i]->commands; command->name; command++) {
            if (!command->hidden)
                offer_candidate(place, prefix, command->name);
        }
    }
}

/* Errors are ignored while completing: then there are just no candidates. */

static void
offer_collections(CliContext *cli, const Place *place, const char *prefix)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) collections = virt_snap_collection_store_list(store, &problems, NULL);

    for (guint i = 0; collections && i < collections->len; i++)
        offer_candidate(place, prefix,
                        ((VirtSnapCollection *)g_ptr_array_index(collections, i))->name);
}

static void
offer_domains(CliContext *cli, const Place *place, const char *prefix)
{
    Hypervisor *hypervisor = cli_connection(cli, NULL);
    g_autoptr(GPtrArray) names =
        hypervisor ? hypervisor->ops->list_domains(hypervisor, NULL) : NULL;

    for (guint i = 0; names && i < names->len; i++)
        offer_candidate(place, prefix, g_ptr_array_index(names, i));
}

static void
offer_pools(CliContext *cli, const Place *place, const char *prefix)
{
    Hypervisor *hypervisor = cli_connection(cli, NULL);
    const HypervisorPoolOps *pools = hypervisor ? hypervisor->ops->pools : NULL;
    g_autoptr(GPtrArray) names = pools ? pools->list(hypervisor, NULL) : NULL;

    for (guint i = 0; names && i < names->len; i++)
        offer_candidate(place, prefix, g_ptr_array_index(names, i));
}

/* The domains of the command line: those named with --domain, else the members of its
 * collection. */
static GPtrArray *
find_domains(const Place *place)
{
    g_autoptr(VirtSnapCollectionStore) store = NULL;

    if (place->domains->len > 0)
        return g_ptr_array_ref(place->domains);
    if (place->args->len == 0)
        return NULL;
    store = virt_snap_collection_store_new(NULL);

    return virt_snap_collection_store_resolve(store, g_ptr_array_index(place->args, 0), NULL);
}

/* Offers the names of snapshots that all domains have. */
static void
offer_snapshots(CliContext *cli, const Place *place, const char *prefix)
{
    g_autoptr(GPtrArray) domains = find_domains(place);
    g_autoptr(GPtrArray) common = NULL;
    Hypervisor *hypervisor = domains ? cli_connection(cli, NULL) : NULL;

    if (hypervisor)
        common = snapshot_list_common(hypervisor, domains, NULL);
    for (guint i = 0; common && i < common->len; i++)
        offer_candidate(place, prefix, g_ptr_array_index(common, i));
}

/* Offers the names of reference points that any of the domains has. */
static void
offer_reference_points(CliContext *cli, const Place *place, const char *prefix)
{
    g_autoptr(GPtrArray) domains = find_domains(place);
    g_autoptr(GPtrArray) names = NULL;
    Hypervisor *hypervisor = domains ? cli_connection(cli, NULL) : NULL;

    if (hypervisor)
        names = reference_point_names(hypervisor, domains);
    for (guint i = 0; names && i < names->len; i++)
        offer_candidate(place, prefix, g_ptr_array_index(names, i));
}

static void
offer_nights(CliContext *cli, const Place *place, const char *prefix)
{
    g_autoptr(GPtrArray) names = night_config_names();

    for (guint i = 0; i < names->len; i++)
        offer_candidate(place, prefix, g_ptr_array_index(names, i));
}

static void
offer_jobs(CliContext *cli, const Place *place, const char *prefix)
{
    g_autoptr(GPtrArray) jobs = cli_service_jobs(cli, NULL);

    for (guint i = 0; jobs && i < jobs->len; i++)
        offer_candidate(place, prefix, job_show_number(g_ptr_array_index(jobs, i)));
}

/* The function that offers candidates of each kind. Kinds that are not listed have none. */
static const struct {
    CompleteKind kind;
    void (*offer)(CliContext *cli, const Place *place, const char *prefix);
} offers[] = {
    {COMPLETE_COMMAND, offer_commands},
    {COMPLETE_COLLECTION, offer_collections},
    {COMPLETE_DOMAIN, offer_domains},
    {COMPLETE_POOL, offer_pools},
    {COMPLETE_SNAPSHOT, offer_snapshots},
    {COMPLETE_REFERENCE_POINT, offer_reference_points},
    {COMPLETE_NIGHT, offer_nights},
    {COMPLETE_JOB, offer_jobs},
};

static CompleteKind
offer_kind(CliContext *cli, const Place *place, CompleteKind kind, const char *prefix)
{
    for (gsize i = 0; i < G_N_ELEMENTS(offers); i++) {
        if (offers[i].kind == kind)
            offers[i].offer(cli, place, prefix);
    }

    return kind;
}

static CompleteKind
value_kind(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(value_kinds); i++) {
        if (strcmp(value_kinds[i].name, name) == 0)
            return value_kinds[i].kind;
    }

    return COMPLETE_NOTHING;
}

/* In "EXPORT|latest" the word in capitals stands for values of its kind. */
static CompleteKind
offer_value(CliContext *cli, const Place *place, const GOptionEntry *entry, const char *prefix)
{
    g_auto(GStrv) choices = g_strsplit(entry->arg_description, "|", -1);
    CompleteKind kind = COMPLETE_NOTHING;

    for (char **choice = choices; *choice; choice++) {
        if (g_ascii_isupper(**choice))
            kind = value_kind(*choice);
        else if (choices[1])
            offer_candidate(place, prefix, *choice);
    }

    return offer_kind(cli, place, kind, prefix);
}

static void
offer_options(const Place *place)
{
    for (gsize i = 0; i < G_N_ELEMENTS(place->scanner.tables); i++) {
        const GOptionEntry *entry = place->scanner.tables[i];

        for (; entry && entry->long_name; entry++) {
            g_autofree char *option = g_strdup_printf("--%s", entry->long_name);

            if (!(entry->flags & G_OPTION_FLAG_HIDDEN))
                offer_candidate(place, place->word, option);
        }
    }
}

static CompleteKind
offer_argument(CliContext *cli, const Place *place)
{
    const CommandArg *arg = place->command ? place->command->args : NULL;
    CompleteKind kind = place->command ? COMPLETE_NOTHING : COMPLETE_COMMAND;
    guint n_args = place->args->len;

    /* If domains are named, an optional collection is omitted. */
    if (arg && arg->complete == COMPLETE_COLLECTION && !arg->required && place->domains->len > 0)
        arg++;
    for (guint i = 0; arg && arg->name; arg++, i++) {
        if (i == n_args || (i < n_args && arg->repeatable))
            kind = arg->complete;
    }

    return offer_kind(cli, place, kind, place->word);
}

static const GOptionEntry *
find_option(const Place *place, const char *name, gsize length)
{
    const GOptionEntry *entry = NULL;

    for (gsize i = 0; !entry && i < G_N_ELEMENTS(place->scanner.tables); i++)
        entry = option_find(place->scanner.tables[i], name, length);

    return entry;
}

/* Takes the value of an option that determines where to look for candidates. */
static void
complete_take_value(CliContext *cli, Place *place, const GOptionEntry *entry, const char *value)
{
    if (g_str_equal(entry->long_name, "connect")) {
        g_free(cli->globals.connect);
        cli->globals.connect = g_strdup(value);
    } else if (g_str_equal(entry->long_name, "domain")) {
        g_ptr_array_add(place->domains, g_strdup(value));
    }
}

static const GOptionEntry *
find_letter(const Place *place, char letter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(place->scanner.tables); i++) {
        const GOptionEntry *entry = place->scanner.tables[i];

        for (; entry && entry->long_name; entry++) {
            if (entry->short_name == letter)
                return entry;
        }
    }

    return NULL;
}

/* Takes an option, whose value may be in the same word: "--domain=x", "-cURI". */
static void
take_option(CliContext *cli, Place *place, const char *word, const char *split)
{
    const char *equals = strchr(word, '=');

    if (split)
        complete_take_value(cli, place, find_letter(place, split[-1]), split);
    else if (equals && g_str_has_prefix(word, "--"))
        complete_take_value(cli, place, find_option(place, word + 2, (gsize)(equals - word) - 2),
                            equals + 1);
}

/* Takes one of the words before the one to be completed. */
static void
complete_take_word(CliContext *cli, Place *place, const char *raw)
{
    const GOptionEntry *pending = place->scanner.pending;
    g_autofree char *word = shell_unquote(raw);
    const char *split;
    WordKind kind = option_scan(&place->scanner, word, &split);

    if (kind == WORD_VALUE)
        complete_take_value(cli, place, pending, word);
    else if (kind == WORD_OPTION)
        take_option(cli, place, word, split);
    if (kind != WORD_ARGUMENT)
        return;
    if (place->command) {
        g_ptr_array_add(place->args, g_steal_pointer(&word));
        return;
    }
    place->command = command_find(cli->groups, word);
    if (place->command)
        place->scanner.tables[1] = place->command->options;
}

/* Offers candidates for the last word, after the words before it were taken. */
static CompleteKind
offer_word(CliContext *cli, const Place *place)
{
    const char *word = place->word;
    const char *equals = strchr(word, '=');
    const GOptionEntry *entry;

    if (place->scanner.pending)
        return offer_value(cli, place, place->scanner.pending, word);
    if (place->scanner.ended || word[0] != '-')
        return offer_argument(cli, place);
    if (equals && g_str_has_prefix(word, "--")) {
        entry = find_option(place, word + 2, (gsize)(equals - word) - 2);
        if (entry && !option_is_flag(entry))
            return offer_value(cli, place, entry, equals + 1);
        return COMPLETE_NOTHING;
    }
    offer_options(place);

    return COMPLETE_NOTHING;
}

GPtrArray *
complete_find(CliContext *cli, char *const *words, CompleteKind *kind)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) domains = g_ptr_array_new_with_free_func(g_free);
    Place place = {.scanner = {.tables = {cli_globals, NULL}}, .args = args, .domains = domains};
    g_autofree char *word = NULL;

    for (; words[0] && words[1]; words++)
        complete_take_word(cli, &place, words[0]);
    place.word = word = shell_unquote(words[0] ? words[0] : "");
    place.candidates = g_ptr_array_new_with_free_func(g_free);
    *kind = offer_word(cli, &place);

    return place.candidates;
}

void
complete_words(CliContext *cli, char *const *words)
{
    CompleteKind kind;
    g_autoptr(GPtrArray) candidates = complete_find(cli, words, &kind);

    puts(kind == COMPLETE_FILE        ? "files"
         : kind == COMPLETE_DIRECTORY ? "directories"
                                      : "words");
    for (guint i = 0; i < candidates->len; i++)
        puts(g_ptr_array_index(candidates, i));
}
