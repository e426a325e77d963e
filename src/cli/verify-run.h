/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** The options of `verify`. */
typedef struct {
    gboolean deep;
    char *bandwidth; /* bytes/s, with K, M, G */
    gboolean boot;
    char *timeout; /* seconds */
    char *expect;
    char **trust;
    char *memory; /* bytes, with K, M, G, T */
    char *parallel;
    char *scratch;
    gboolean async;
    char *progress; /* "auto", "bar", "json", "none" */
} VerifyOptions;

/** run_verify: Verifies an export, and starts its domains with --boot; itself or by the service. */
int run_verify(CliContext *cli, const CommandLine *line);

G_END_DECLS
