/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "archive/export-keep.h"
#include "archive/export-parts.h"
#include "tests/unit/harness.h"

/* Which of a row of exports the rules keep. Times are written as people have them on the wall. */

#define TIMES_MAX 32

typedef struct {
    const char *zone;
    KeepRules rules;
    const char *times; /* newest first, parted by blanks */
    const char *kept;  /* for each a letter: the first of the rule, '+' for several, '-' for none */
} Case;

static const Case cases[] = {
    {"UTC", {{[KEEP_LAST] = 2}}, "2026-03-03T01:00 2026-03-02T01:00 2026-03-01T01:00", "ll-"},
    /* Two exports of the same second are two exports. */
    {"UTC", {{[KEEP_LAST] = 2}}, "2026-03-03T01:00 2026-03-03T01:00 2026-03-01T01:00", "ll-"},
    {"UTC", {{[KEEP_LAST] = 9}}, "2026-03-03T01:00", "l"},
    {"UTC", {{[KEEP_LAST] = 9}}, "", ""},
    /* The newest of each day; days without one do not count. */
    {"UTC", {{[KEEP_DAILY] = 2}},
     "2026-03-09T23:00 2026-03-09T01:00 2026-03-02T05:00 2026-03-02T01:00 2026-03-01T01:00",
     "d-d--"},
    /* Days are those of the zone: 23:30 and 00:30 in Berlin are two, and one in UTC. */
    {"Europe/Berlin", {{[KEEP_DAILY] = 2}}, "2026-07-02T00:30 2026-07-01T23:30", "dd"},
    {"Europe/Berlin", {{[KEEP_DAILY] = 2}}, "2026-07-02T12:00 2026-07-02T00:30 2026-07-01T23:30",
     "d-d"},
    /* A day of 25 hours is one day. */
    {"Europe/Berlin", {{[KEEP_DAILY] = 2}},
     "2026-10-25T23:30 2026-10-25T02:30 2026-10-25T00:10 2026-10-24T23:50", "d--d"},
    /* Weeks begin on Monday, and the last days of a year may be of the first week of the next. */
    {"UTC", {{[KEEP_WEEKLY] = 2}}, "2026-03-09T01:00 2026-03-08T01:00 2026-03-02T01:00", "ww-"},
    {"UTC", {{[KEEP_WEEKLY] = 2}}, "2027-01-03T01:00 2026-12-31T01:00 2026-12-28T01:00", "w--"},
    {"UTC", {{[KEEP_WEEKLY] = 2}}, "2026-01-01T01:00 2025-12-29T01:00 2025-12-28T01:00", "w-w"},
    {"UTC", {{[KEEP_MONTHLY] = 2}}, "2026-03-01T01:00 2026-02-28T01:00 2025-02-28T01:00", "mm-"},
    {"UTC", {{[KEEP_MONTHLY] = 3}}, "2026-02-28T01:00 2026-02-01T01:00 2025-02-28T01:00", "m-m"},
    {"UTC", {{[KEEP_YEARLY] = 2}}, "2026-03-01T01:00 2026-01-01T00:00 2025-12-31T23:59", "y-y"},
    /* Each rule counts by itself. */
    {"UTC", {{[KEEP_LAST] = 1, [KEEP_DAILY] = 2, [KEEP_MONTHLY] = 2}},
     "2026-03-02T05:00 2026-03-02T01:00 2026-03-01T05:00 2026-02-20T01:00 2026-02-19T01:00",
     "+-dm-"},
};

static char
letter(guint kept)
{
    if (kept == 0)
        return '-';
    for (int rule = 0; rule < KEEP_RULES; rule++) {
        if (kept == 1u << rule)
            return *keep_rule_name((KeepRule)rule);
    }

    return '+';
}

static void
test_rules(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(c->zone);
    g_auto(GStrv) texts = g_strsplit(c->times, " ", -1);
    gint64 times[TIMES_MAX];
    guint kept[TIMES_MAX];
    g_autofree char *result = NULL;
    gsize n = *c->times ? g_strv_length(texts) : 0;

    if (!zone) {
        g_test_skip("this host does not know the zone");
        return;
    }
    result = g_strnfill(n, '?');
    for (gsize i = 0; i < n; i++) {
        g_autofree char *text = g_strconcat(texts[i], ":00", NULL);
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, zone);

        g_assert_nonnull(time);
        times[i] = g_date_time_to_unix(time);
    }
    keep_rules_apply(&c->rules, times, n, zone, kept);
    for (gsize i = 0; i < n; i++)
        result[i] = letter(kept[i]);
    g_assert_cmpstr(result, ==, c->kept);
}

/* --- exports that do not have the same ------------------------------------------ */

/* Exports of two members with a disk each, newest first, one a day: for each of the disks a letter,
 * 'h' if it is in it, 'l' if it was left out, 'e' if the drive was empty, '-' if there was no such
 * member. */
typedef struct {
    KeepRules rules;
    const char *exports;
    const char *kept; /* '+' by rules, 'o' only because nothing else has it, '-' not at all */
} PartsCase;

static const PartsCase parts_cases[] = {
    {{{[KEEP_LAST] = 1}}, "hh hh hh", "+--"},
    /* What is left out takes nobody's place, once or for good, in whatever order. */
    {{{[KEEP_LAST] = 1}}, "ll hh hh", "++-"},
    {{{[KEEP_LAST] = 2}}, "ll ll ll hh hh hh", "++-++-"},
    {{{[KEEP_DAILY] = 2}}, "ll hh ll hh ll hh", "++-+--"},
    {{{[KEEP_LAST] = 1}}, "lh hl ll hh", "++--"},
    {{{[KEEP_LAST] = 1}}, "ll lh ll hh hh", "++-+-"},
    {{{[KEEP_LAST] = 2}}, "hl hl hl hh hh hh", "++-++-"},
    /* What is not there any more grows old, but its last copy stays. */
    {{{[KEEP_LAST] = 2}}, "h- h- hh hh", "++o-"},
    {{{[KEEP_LAST] = 3}}, "h- h- hh hh", "+++-"},
    {{{[KEEP_LAST] = 2}}, "h- h- h- hh hl", "++-o-"},
    {{{[KEEP_LAST] = 1}}, "h- -h h- -h", "+o--"},
    {{{[KEEP_LAST] = 1}}, "he hh hh", "+o-"},
    /* Nothing but configurations are as good as each other. */
    {{{[KEEP_LAST] = 1}}, "ll ll le", "+--"},
    {{{[KEEP_LAST] = 1}}, "-- hh hh", "+o-"},
};

/* What an export has of the member @uuid. */
static ExportParts *
parts_of(char *uuid, char letter)
{
    ManifestDisk disk = {.target = (char *)"vda"};
    ManifestSnapshot snapshot = {.disks = g_ptr_array_new()};
    ManifestDomain domain = {.uuid = uuid, .snapshots = g_ptr_array_new()};
    Manifest manifest = {.domains = g_ptr_array_new()};
    ExportParts *parts;

    disk.layer = letter == 'h' ? (char *)"layers/vda" : NULL;
    disk.recorded = letter == 'l' ? (char *)"excluded" : letter == 'e' ? (char *)"empty" : NULL;
    g_ptr_array_add(snapshot.disks, &disk);
    g_ptr_array_add(domain.snapshots, &snapshot);
    if (letter != '-')
        g_ptr_array_add(manifest.domains, &domain);
    parts = export_parts_new(&manifest);
    g_assert_cmpint(export_parts_only_left_out(&manifest), ==, letter == 'l');
    g_ptr_array_unref(snapshot.disks);
    g_ptr_array_unref(domain.snapshots);
    g_ptr_array_unref(manifest.domains);

    return parts;
}

static ExportParts *
parts_of_both(const char *letters)
{
    ExportParts *parts = parts_of((char *)"one", letters[0]);
    g_autoptr(GHashTable) others = parts_of((char *)"two", letters[1]);
    GHashTableIter iter;
    gpointer part, state;

    g_hash_table_iter_init(&iter, others);
    while (g_hash_table_iter_next(&iter, &part, &state))
        g_hash_table_insert(parts, g_strdup(part), state);

    return parts;
}

static void
test_parts(gconstpointer data)
{
    const PartsCase *c = data;
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_auto(GStrv) texts = g_strsplit(c->exports, " ", -1);
    KeepExport exports[TIMES_MAX];
    guint kept[TIMES_MAX];
    g_autofree char *result = NULL;
    gsize n = g_strv_length(texts);

    result = g_strnfill(n, '-');
    for (gsize i = 0; i < n; i++)
        exports[i] = (KeepExport){(gint64)(1000 - i) * 86400, parts_of_both(texts[i])};
    export_parts_keep(&c->rules, exports, n, zone, kept);
    for (gsize i = 0; i < n; i++) {
        if (kept[i] != 0)
            result[i] = kept[i] == KEEP_ONLY_HERE ? 'o' : '+';
        g_hash_table_unref(exports[i].parts);
    }
    g_assert_cmpstr(result, ==, c->kept);
}

static void
test_numbers(void)
{
    static const char *const wrong[] = {"", "0", "-1", "1.5", "1K", " 1", "+1", "0x10", "100001",
                                        "99999999999999999999", "all"};
    KeepRules rules = {{0}};
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) why = NULL;

        g_assert_false(keep_rules_parse(&rules, KEEP_WEEKLY, wrong[i], &why));
        g_assert_error(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_nonnull(strstr(why->message, "keep-weekly"));
    }
    g_assert_false(keep_rules_any(&rules));
    g_assert_true(keep_rules_parse(&rules, KEEP_WEEKLY, "100000", &error));
    g_assert_cmpuint(rules.n[KEEP_WEEKLY], ==, 100000);
    g_assert_true(keep_rules_any(&rules));
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strdup_printf("/export-keep/rules/%zu", i);

        g_test_add_data_func(name, &cases[i], test_rules);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(parts_cases); i++) {
        g_autofree char *name = g_strdup_printf("/export-keep/parts/%zu", i);

        g_test_add_data_func(name, &parts_cases[i], test_parts);
    }
    g_test_add_func("/export-keep/numbers", test_numbers);

    return g_test_run();
}
