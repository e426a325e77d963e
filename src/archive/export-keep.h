/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Which exports of a row are kept. Each rule counts by itself, as restic's do, and what any of them
 * keeps is kept: "daily 7" keeps the newest export of each of the last seven days on which there is
 * one. Weeks are those of ISO 8601, from Monday to Sunday. */

typedef enum {
    KEEP_LAST, /* the newest ones, */
    KEEP_DAILY, /* and the newest one of each of so many days, weeks, months, years */
    KEEP_WEEKLY,
    KEEP_MONTHLY,
    KEEP_YEARLY,
    KEEP_RULES
} KeepRule;

/** The largest number that a rule can have. */
#define KEEP_MAX 100000

typedef struct {
    guint n[KEEP_RULES]; /* 0: no such rule */
} KeepRules;

/** keep_rule_name: Returns: (transfer none): "last", "daily", … */
const char *keep_rule_name(KeepRule rule);

/** keep_rules_set: @n: INVALID_PARAMETER naming the rule unless it is from 1 to KEEP_MAX. */
gboolean keep_rules_set(KeepRules *self, KeepRule rule, guint64 n, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** keep_rules_parse: The same for a number as text. */
gboolean keep_rules_parse(KeepRules *self, KeepRule rule, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** keep_rules_any: Returns: whether there is any rule. */
gboolean keep_rules_any(const KeepRules *self);

/**
 * keep_rules_apply:
 * @times: (array length=n): seconds since the epoch, newest first
 * @zone: that days, weeks, months and years are counted in
 * @kept: (array length=n) (out caller-allocates): bits, 1 << KeepRule; 0: nothing keeps it
 */
void keep_rules_apply(const KeepRules *self, const gint64 *times, gsize n, GTimeZone *zone,
                      guint *kept);

G_END_DECLS
