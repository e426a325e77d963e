/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-keep.h"

G_BEGIN_DECLS

/* The configuration of a nightly export, export.d/NAME.conf for each collection. A line is empty, a
 * comment (# or ;), or KEY = VALUE; the value extends to the end of the line, without surrounding
 * blanks. */

typedef struct {
    char *collection;  /* NULL: the collection has the name of the file */
    char *directory;   /* absolute path of the target directory */
    char *settings;    /* absolute path of a file with export settings, or NULL */
    char *live;        /* "application", "crash", "memory"; NULL: export an existing snapshot */
    char *scratch;     /* absolute: where QEMU keeps what is overwritten meanwhile, or NULL */
    char *base;        /* "latest", or the absolute path of an export; NULL: none */
    char *bandwidth;   /* text for the option --bandwidth, or NULL */
    char *compress;    /* likewise */
    gboolean merge;    /* merge each disk into one image */
    char **before;     /* absolute path of a program, and its arguments; NULL: none */
    char **after;      /* likewise */
    KeepRules keep;    /* rules; without any, nothing is removed */
} NightConfig;

/**
 * night_config_parse:
 * @text: of @length bytes
 * @name: name of the file, for errors
 *
 * Returns: owned by the caller; INVALID_PARAMETER naming the line.
 */
NightConfig *night_config_parse(const char *text, gsize length, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * night_config_load:
 * @name: name of the configuration, as "shop"
 * @lock: (out): a lock that keeps others from running the same configuration until it is closed;
 * owned by the caller
 *
 * Reads export.d/NAME.conf in the configuration directory. Because it names programs that are run,
 * it must belong to root or to this user, and nobody else may be able to write to it.
 *
 * Returns: owned by the caller; NOT_FOUND, ACCESS_DENIED, IN_USE if it is being run.
 */
NightConfig *night_config_load(const char *name, int *lock, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** night_config_names: Returns: (element-type utf8): the names of all files that
 * night_config_load() would look for, owned by the caller. */
GPtrArray *night_config_names(void);

void night_config_free(NightConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NightConfig, night_config_free)

G_END_DECLS
