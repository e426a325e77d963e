/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-keep.h"

G_BEGIN_DECLS

/* What is exported every night: export.d/NAME.conf, one for a collection. A line is empty, a
 * comment (# or ;), or KEY = VALUE; the value goes to the end of the line, without the blanks
 * around it. */

typedef struct {
    char *collection;  /* NULL: it is called as the file */
    char *directory;   /* absolute: where to */
    char *settings;    /* absolute: a file with export settings, or NULL */
    char *live;        /* "application", "crash", "memory"; NULL: a snapshot that is there then */
    char *scratch;     /* absolute: where QEMU keeps what is overwritten meanwhile, or NULL */
    char *base;        /* "latest", or the absolute path of an export; NULL: none */
    char *bandwidth;   /* as the option has it, or NULL */
    char *compress;    /* the same */
    gboolean merge;    /* each disk becomes one image */
    char **before;     /* absolute path of a program, and its arguments; NULL: none */
    char **after;      /* the same */
    KeepRules keep;    /* without any nothing is removed */
} NightConfig;

/**
 * night_config_parse:
 * @text: of @length bytes
 * @name: of the file, for errors
 *
 * Returns: owned by the caller; INVALID_PARAMETER naming the line.
 */
NightConfig *night_config_parse(const char *text, gsize length, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * night_config_load:
 * @name: of the configuration, as "shop"
 * @lock: (out): keeps others from running the same until it is closed; owned by the caller
 *
 * Reads export.d/NAME.conf of the configuration's directory. As it says what is run it has to
 * belong to root or to this user, and nobody else may be able to write to it.
 *
 * Returns: owned by the caller; NOT_FOUND, ACCESS_DENIED, IN_USE if it is being run.
 */
NightConfig *night_config_load(const char *name, int *lock, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void night_config_free(NightConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NightConfig, night_config_free)

G_END_DECLS
