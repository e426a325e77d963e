/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "import/own-record.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/record-dir.h"

#define DIRECTORY "import-records"
/* A mark is this, the name of the record, and the end of the line. */
#define MARK "virtsnap record "
#define MARK_BYTES_MAX 256
/* No record has this name. */
#define KEY "key"
#define KEY_BYTES 32

/* Others may pass the directory of the state, for domains may have files below it, but none may
 * see the records. */
static RecordDir *
open_own_records(RecordDirUse use, GError **error)
{
    g_autofree char *state = path_state(NULL);
    g_autofree char *path = path_state(DIRECTORY);

    if (use == RECORD_DIR_CREATE && g_mkdir_with_parents(state, 0711) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), state);
        return NULL;
    }

    return record_dir_open(path, use, error);
}

gboolean
own_record_ready(GError **error)
{
    g_autoptr(RecordDir) dir = open_own_records(RECORD_DIR_CREATE, error);

    return dir != NULL;
}

char *
own_record_new(void)
{
    return g_uuid_string_random();
}

char *
own_record_mark(const char *id)
{
    return g_strconcat(MARK, id, "\n", NULL);
}

gboolean
own_record_write(const char *id, const char *text, GError **error)
{
    g_autoptr(RecordDir) dir = open_own_records(RECORD_DIR_CREATE, error);
    const RecordChange change = {id, text};

    return dir && record_dir_write(dir, &change, 1, error);
}

GPtrArray *
own_record_list(void)
{
    g_autoptr(RecordDir) dir = open_own_records(RECORD_DIR_READ, NULL);
    g_autoptr(GPtrArray) names = dir ? record_dir_list(dir, NULL) : NULL;

    for (guint i = names ? names->len : 0; i-- > 0;) {
        if (!g_uuid_string_is_valid(g_ptr_array_index(names, i)))
            g_ptr_array_remove_index(names, i);
    }

    return g_steal_pointer(&names);
}

GBytes *
own_record_read(const char *id, gsize limit)
{
    g_autoptr(RecordDir) dir = open_own_records(RECORD_DIR_READ, NULL);

    return dir && record_dir_has(dir, id) ? record_dir_read(dir, id, limit, NULL) : NULL;
}

void
own_record_drop(const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RecordDir) dir = open_own_records(RECORD_DIR_CHANGE, &error);
    const RecordChange change = {id, NULL};

    if (!dir || (record_dir_has(dir, id) && !record_dir_write(dir, &change, 1, &error)))
        g_debug("%s", error->message);
}

/* --- marks ------------------------------------------------------------------ */

/* Returns: (nullable): the name that a mark with this content has, owned by the caller. It becomes
 * that of a file, and so has to be exactly what own_record_new() makes. */
static char *
parse_mark(GBytes *bytes)
{
    gsize length = g_bytes_get_size(bytes);
    g_autofree char *text = length > 0 ? g_strndup(g_bytes_get_data(bytes, NULL), length) : NULL;

    if (!text || strlen(text) != length || !g_str_has_prefix(text, MARK) ||
        text[length - 1] != '\n')
        return NULL;
    text[length - 1] = '\0';

    return g_uuid_string_is_valid(text + strlen(MARK)) ? g_strdup(text + strlen(MARK)) : NULL;
}

static void
set_not_own(const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s' was not written by virtsnap as this user on this host: nothing that it "
                  "names is taken back; remove it, and what an interrupted import has left"),
                name);
}

/* Anything but a small file is no mark. */
static char *
read_mark(int dirfd, const char *name, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) bytes = NULL;
    struct stat st;
    char *id;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode)) {
        set_not_own(name, error);
        return NULL;
    }
    bytes = file_read_at(dirfd, name, MARK_BYTES_MAX, &why);
    if (!bytes && !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    id = bytes ? parse_mark(bytes) : NULL;
    if (!id)
        set_not_own(name, error);

    return id;
}

GBytes *
own_record_find(int dirfd, const char *name, gsize limit, char **id, GError **error)
{
    g_autofree char *found = read_mark(dirfd, name, error);
    g_autoptr(RecordDir) dir = found ? open_own_records(RECORD_DIR_READ, error) : NULL;
    GBytes *bytes;

    if (!dir)
        return NULL;
    if (!record_dir_has(dir, found)) {
        set_not_own(name, error);
        return NULL;
    }
    bytes = record_dir_read(dir, found, limit, error);
    if (bytes && id)
        *id = g_steal_pointer(&found);

    return bytes;
}

/* --- seals ------------------------------------------------------------------ */

static GBytes *
make_key(RecordDir *dir, GError **error)
{
    guint8 random[KEY_BYTES];
    g_autofree char *text = NULL;
    RecordChange change = {KEY, NULL};

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        virt_snap_error_set_errno(error, errno, _("Cannot make a key"));
        return NULL;
    }
    change.text = text = g_compute_checksum_for_data(G_CHECKSUM_SHA256, random, sizeof random);

    return record_dir_write(dir, &change, 1, error) ? g_bytes_new(text, strlen(text)) : NULL;
}

char *
own_record_seal(const char *text, GError **error)
{
    g_autoptr(RecordDir) dir = open_own_records(RECORD_DIR_CREATE, error);
    g_autoptr(GBytes) key = NULL;

    if (!dir)
        return NULL;
    key = record_dir_size(dir, KEY) == (gsize)2 * KEY_BYTES
              ? record_dir_read(dir, KEY, (gsize)2 * KEY_BYTES, error)
              : make_key(dir, error);

    return key ? g_compute_hmac_for_string(G_CHECKSUM_SHA256, g_bytes_get_data(key, NULL),
                                           g_bytes_get_size(key), text, -1)
               : NULL;
}
