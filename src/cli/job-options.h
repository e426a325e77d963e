/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/option.h"

/* Rows of the option tables of commands that are jobs. The options struct TYPE has members of the
 * same names: char *bandwidth, *parallel, *progress; gboolean dry_run, async. */

#define JOB_OPTIONS_TRANSFER(TYPE)                                                                 \
    {"bandwidth", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(TYPE, bandwidth),                     \
     N_("read at most so many bytes a second; K, M and G are understood"), "RATE"},                \
    {"parallel", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(TYPE, parallel),                       \
     N_("how many transfers run at once, 1 to 64"), "N"}

#define JOB_OPTIONS_DRY_RUN(TYPE)                                                                  \
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, OPTION_MEMBER(TYPE, dry_run),                             \
     N_("show what would be done, and touch nothing"), NULL}

#define JOB_OPTIONS_FOLLOW(TYPE)                                                                   \
    {"async", 0, 0, G_OPTION_ARG_NONE, OPTION_MEMBER(TYPE, async),                                 \
     N_("let the service start the job, and return"), NULL},                                       \
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(TYPE, progress),                       \
     N_("how to show progress on standard error; at the bar the keys + and - double and halve "    \
        "the limit, 0 lifts it, p pauses"), "auto|bar|json|none"}
