/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Helpers for unit tests: a directory of their own, programs whose results are compared, and the
 * corpora in tests/data. If one of them fails, the test fails. */

/** scratch_new: Returns: the path of a new, empty directory, owned by the caller. */
char *scratch_new(void);

/** Removes the directory @path with all below it, and frees @path. */
void scratch_free(char *path);

/** A scratch directory that goes out of scope with what is in it. */
typedef char Scratch;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scratch, scratch_free)

/** run: Runs @program with arguments up to a NULL; it must succeed. Returns: its output, which the
 * caller owns. */
char *run(const char *program, ...) G_GNUC_NULL_TERMINATED G_GNUC_WARN_UNUSED_RESULT;

/** run_status: Returns: the exit status of the same, 128 and more for a signal. */
int run_status(const char *program, ...) G_GNUC_NULL_TERMINATED;

/** start: Starts the same in the background. @in, @out (optional): its pipes. Returns: its id. */
GPid start(int *in, int *out, const char *program, ...) G_GNUC_NULL_TERMINATED;

/** Kills @pid, which start() gave, and waits for its end. */
void stop(GPid pid);

/** write_file: Makes @path hold @length bytes of @data; -1: up to its NUL. */
void write_file(const char *path, const void *data, gssize length);

/** read_file: Returns: the content of @path. */
GBytes *read_file(const char *path);

/** fill_noise: Fills @data with bytes that look random, the same for the same @seed. */
void fill_noise(void *data, gsize length, guint32 seed);

/** fsverity_digest: Returns: what `fsverity digest` says of @path, "sha256:…". */
char *fsverity_digest(const char *path);

/** data_path: Returns: the path of tests/data/@name. */
char *data_path(const char *name);

/** corpus: Returns: (element-type utf8): the sorted paths of all files in tests/data/@name, of
 * which there must be some. */
GPtrArray *corpus(const char *name);

G_END_DECLS
