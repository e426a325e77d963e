/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Rules that decide which exports of a series are kept. Each rule is applied independently, as
 * restic's are, and an export is kept if any rule keeps it: "daily 7" keeps the newest export of
 * each of the last seven days that have one. Weeks are those of ISO 8601, from Monday to Sunday. */

typedef enum {
    KEEP_LAST, /* keep the newest exports */
    KEEP_DAILY, /* keep the newest export of each of the last days (weeks, months, years) */
    KEEP_WEEKLY,
    KEEP_MONTHLY,
    KEEP_YEARLY,
    KEEP_RULES
} KeepRule;

/** The largest number that a rule can have. */
#define KEEP_MAX 100000

typedef struct {
    guint n[KEEP_RULES]; /* 0: the rule is not set */
} KeepRules;

/** keep_rule_name: Returns: (transfer none): "last", "daily", … */
const char *keep_rule_name(KeepRule rule);

/** keep_rules_set: Sets a rule. FALSE with INVALID_PARAMETER naming the rule if @n is not from 1 to
 * KEEP_MAX. */
gboolean keep_rules_set(KeepRules *self, KeepRule rule, guint64 n, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** keep_rules_parse: Sets a rule to the number @text, as keep_rules_set() does. */
gboolean keep_rules_parse(KeepRules *self, KeepRule rule, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** keep_rules_any: Returns: TRUE if any rule is set. */
gboolean keep_rules_any(const KeepRules *self);

/**
 * keep_rules_apply:
 * @times: (array length=n): seconds since the epoch, newest first
 * @zone: time zone of the days, weeks, months and years
 * @kept: (array length=n) (out caller-allocates): for each export the rules that keep it, as bits 1
 * << KeepRule; 0: none
 */
void keep_rules_apply(const KeepRules *self, const gint64 *times, gsize n, GTimeZone *zone,
                      guint *kept);

G_END_DECLS
