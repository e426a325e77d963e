/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/export-keep.h"

static const char *const names[KEEP_RULES] = {
    [KEEP_LAST] = "last",     [KEEP_DAILY] = "daily",     [KEEP_WEEKLY] = "weekly",
    [KEEP_MONTHLY] = "monthly", [KEEP_YEARLY] = "yearly",
};

const char *
keep_rule_name(KeepRule rule)
{
    return names[rule];
}

static gboolean
no_number(KeepRule rule, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("keep-%s is not a number from 1 to %d"), names[rule], KEEP_MAX);

    return FALSE;
}

gboolean
keep_rules_set(KeepRules *self, KeepRule rule, guint64 n, GError **error)
{
    if (n < 1 || n > KEEP_MAX)
        return no_number(rule, error);
    self->n[rule] = (guint)n;

    return TRUE;
}

gboolean
keep_rules_parse(KeepRules *self, KeepRule rule, const char *text, GError **error)
{
    guint64 n;

    if (!g_ascii_string_to_unsigned(text, 10, 1, KEEP_MAX, &n, NULL))
        return no_number(rule, error);

    return keep_rules_set(self, rule, n, error);
}

gboolean
keep_rules_any(const KeepRules *self)
{
    for (int rule = 0; rule < KEEP_RULES; rule++) {
        if (self->n[rule] > 0)
            return TRUE;
    }

    return FALSE;
}

/* Returns: a number that is the same for all times of a period and different for other periods. */
static gint64
period_of(KeepRule rule, gint64 seconds, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
    g_autoptr(GDateTime) time = utc ? g_date_time_to_timezone(utc, zone) : NULL;

    if (rule == KEEP_LAST || !time)
        return seconds;
    if (rule == KEEP_DAILY)
        return g_date_time_get_year(time) * 1000 + g_date_time_get_day_of_year(time);
    if (rule == KEEP_WEEKLY)
        return g_date_time_get_week_numbering_year(time) * 100 +
               g_date_time_get_week_of_year(time);
    if (rule == KEEP_MONTHLY)
        return g_date_time_get_year(time) * 100 + g_date_time_get_month(time);

    return g_date_time_get_year(time);
}

static void
apply_rule(KeepRule rule, guint limit, const gint64 *times, gsize n, GTimeZone *zone, guint *kept)
{
    gint64 last = 0;
    guint found = 0;

    for (gsize i = 0; i < n && found < limit; i++) {
        gint64 period = period_of(rule, times[i], zone);

        /* For "last" every export counts, also two of one second. */
        if (found > 0 && period == last && rule != KEEP_LAST)
            continue;
        kept[i] |= 1u << rule;
        last = period;
        found++;
    }
}

void
keep_rules_apply(const KeepRules *self, const gint64 *times, gsize n, GTimeZone *zone,
                 guint *kept)
{
    for (gsize i = 0; i < n; i++)
        kept[i] = 0;
    for (int rule = 0; rule < KEEP_RULES; rule++)
        apply_rule(rule, self->n[rule], times, n, zone, kept);
}
