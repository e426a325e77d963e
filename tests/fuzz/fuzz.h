/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <stddef.h>
#include <stdint.h>

/* A fuzz entry is a file with these two. It is linked either with libFuzzer, which finds inputs
 * (see local.mk), or with replay.c, which gives it the known ones in every `make check`. */

/** Gives @data to a parser and looks whether what it says of it makes sense. Returns: 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** The directories in tests/data with inputs to begin with; ends with NULL. */
extern const char *const fuzz_corpora[];
