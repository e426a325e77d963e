/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-store.h"
#include "collection/collection.h"

/* A store of collections for one test, and short ways to fill it and to look into it. */

typedef struct {
    char *root;
    char *path; /* of the store, below root */
    VirtSnapCollectionStore *store;
} StoreFixture;

void store_set_up(StoreFixture *f, gconstpointer data);

/** store_tear_down: Fails the test if it left a file that is neither a collection nor the lock. */
void store_tear_down(StoreFixture *f, gconstpointer data);

/** store_put: Defines @name with the member @domain and the member @collection, if not NULL. */
void store_put(StoreFixture *f, const char *name, const char *domain, const char *collection);

/** store_fill: Defines four: "shop" and "other" alone, "one" and "two" that have "shop". */
void store_fill(StoreFixture *f);

/** store_put_text: Writes a file past the store. */
void store_put_text(StoreFixture *f, const char *file, const char *text);

void store_remove_file(StoreFixture *f, const char *file);

/** store_count: Returns: how many collections the store lists; a problem fails the test. */
guint store_count(StoreFixture *f);

/** store_state: Returns: all that the store holds, as one text. */
char *store_state(StoreFixture *f);

/** store_files: Returns: the names in its directory, separated by blanks, without the lock. */
char *store_files(StoreFixture *f);

/** store_assert_resolves: @domains: separated by blanks. */
void store_assert_resolves(StoreFixture *f, const char *name, const char *domains);
