/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/night-config.h"
#include "util/fd.h"
#include "util/format.h"
#include "util/name.h"
#include "util/path.h"

#define SUFFIX ".conf"

/* The largest configuration file, far larger than one that is written by hand. */
#define CONFIG_BYTES_MAX ((gsize)64 << 10)

typedef enum {
    KEY_TEXT,      /* a name, or a value that the option of the command checks */
    KEY_PATH,      /* absolute */
    KEY_LIVE,
    KEY_BASE,      /* a path, or "latest" */
    KEY_RATE,
    KEY_YES,       /* yes or no */
    KEY_PROGRAM,
    KEY_KEEP,
} KeyKind;

typedef struct {
    const char *name;
    KeyKind kind;
    gsize offset; /* in NightConfig; of KEY_KEEP, the KeepRule */
} Key;

#define MEMBER(name) G_STRUCT_OFFSET(NightConfig, name)

static const Key keys[] = {
    {"collection", KEY_TEXT, MEMBER(collection)},
    {"directory", KEY_PATH, MEMBER(directory)},
    {"settings", KEY_PATH, MEMBER(settings)},
    {"live", KEY_LIVE, MEMBER(live)},
    {"scratch", KEY_PATH, MEMBER(scratch)},
    {"base", KEY_BASE, MEMBER(base)},
    {"bandwidth", KEY_RATE, MEMBER(bandwidth)},
    {"compress", KEY_TEXT, MEMBER(compress)},
    {"merge", KEY_YES, MEMBER(merge)},
    {"before", KEY_PROGRAM, MEMBER(before)},
    {"after", KEY_PROGRAM, MEMBER(after)},
    {"keep-last", KEY_KEEP, KEEP_LAST},
    {"keep-daily", KEY_KEEP, KEEP_DAILY},
    {"keep-weekly", KEY_KEEP, KEEP_WEEKLY},
    {"keep-monthly", KEY_KEEP, KEEP_MONTHLY},
    {"keep-yearly", KEY_KEEP, KEEP_YEARLY},
};

void
night_config_free(NightConfig *config)
{
    if (!config)
        return;
    g_free(config->collection);
    g_free(config->directory);
    g_free(config->settings);
    g_free(config->live);
    g_free(config->scratch);
    g_free(config->base);
    g_free(config->bandwidth);
    g_free(config->compress);
    g_strfreev(config->before);
    g_strfreev(config->after);
    g_free(config);
}

/* --- values ----------------------------------------------------------------- */

G_GNUC_PRINTF(2, 3)
static gboolean
night_invalid(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                                                format, args));
    va_end(args);

    return FALSE;
}

static gboolean
set_path(char **member, const Key *key, const char *value, GError **error)
{
    if (!g_path_is_absolute(value))
        return night_invalid(error, _("'%s' is not an absolute path: %s"), key->name, value);
    *member = g_strdup(value);

    return TRUE;
}

static gboolean
set_live(char **member, const char *value, GError **error)
{
    static const char *const levels[] = {"application", "crash", "memory", NULL};

    if (!g_strv_contains(levels, value))
        return night_invalid(error, _("'live' is application, crash or memory, and not '%s'"),
                             value);
    *member = g_strdup(value);

    return TRUE;
}

static gboolean
set_yes(gboolean *member, const Key *key, const char *value, GError **error)
{
    *member = g_str_equal(value, "yes");

    return *member || g_str_equal(value, "no") ||
           night_invalid(error, _("'%s' is yes or no, and not '%s'"), key->name, value);
}

/* Splits the value into words as a shell does, and sets them as a program with its arguments. No
 * shell runs it. */
static gboolean
set_program(char ***member, const Key *key, const char *value, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!g_shell_parse_argv(value, NULL, member, &why))
        return night_invalid(error, _("'%s' cannot be taken apart: %s"), key->name, why->message);

    return g_path_is_absolute(**member) ||
           night_invalid(error, _("'%s' does not begin with the absolute path of a program: %s"),
                         key->name, **member);
}

static gboolean
set_rate(char **member, const Key *key, const char *value, GError **error)
{
    guint64 rate;

    if (!format_parse_bytes(value, key->name, &rate, error))
        return FALSE;
    *member = g_strdup(value);

    return TRUE;
}

static gboolean
set_value(NightConfig *config, const Key *key, const char *value, GError **error)
{
    gpointer member = (char *)config + key->offset;

    switch (key->kind) {
    case KEY_TEXT:
        *(char **)member = g_strdup(value);
        return name_check(value, key->name, error);
    case KEY_PATH:
        return set_path(member, key, value, error);
    case KEY_LIVE:
        return set_live(member, value, error);
    case KEY_BASE:
        if (!g_str_equal(value, "latest"))
            return set_path(member, key, value, error);
        *(char **)member = g_strdup(value);
        return TRUE;
    case KEY_RATE:
        return set_rate(member, key, value, error);
    case KEY_YES:
        return set_yes(member, key, value, error);
    case KEY_PROGRAM:
        return set_program(member, key, value, error);
    case KEY_KEEP:
        return keep_rules_parse(&config->keep, (KeepRule)key->offset, value, error);
    }

    return FALSE;
}

/* --- lines ------------------------------------------------------------------ */

static const Key *
find_key(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (g_str_equal(keys[i].name, name))
            return &keys[i];
    }

    return NULL;
}

/* Sets one key. @seen has a bit for each of the keys that were set before. */
static gboolean
parse_pair(NightConfig *config, char *name, char *value, guint *seen, GError **error)
{
    const Key *key = find_key(g_strstrip(name));

    g_strstrip(value);
    if (!key)
        return night_invalid(error, _("there is no key '%s'"), name);
    if (*seen & (1u << (key - keys)))
        return night_invalid(error, _("'%s' is given twice"), name);
    *seen |= 1u << (key - keys);
    if (!*value)
        return night_invalid(error, _("'%s' has no value"), name);

    return set_value(config, key, value, error);
}

static gboolean
parse_line(NightConfig *config, char *line, guint *seen, GError **error)
{
    char *equals;

    g_strstrip(line);
    if (!*line || *line == '#' || *line == ';')
        return TRUE;
    equals = strchr(line, '=');
    if (!equals)
        return night_invalid(error, _("this is not KEY = VALUE: %s"), line);
    *equals = '\0';

    return parse_pair(config, line, equals + 1, seen, error);
}

static gboolean
parse_lines(NightConfig *config, char **lines, const char *name, GError **error)
{
    guint seen = 0;

    for (guint i = 0; lines[i]; i++) {
        if (parse_line(config, lines[i], &seen, error))
            continue;
        g_prefix_error(error, "%s:%u: ", name, i + 1);
        return FALSE;
    }
    if (config->directory)
        return TRUE;

    return night_invalid(error, _("%s: the key 'directory' is missing: where to export to"), name);
}

/* Refuses text that cannot be shown on a terminal: it is no UTF-8, or has control characters. */
static gboolean
check_text(const char *text, gsize length, const char *name, GError **error)
{
    return (strlen(text) == length && text_fits_xml(text)) ||
           night_invalid(error, _("%s is not UTF-8 text without control characters"), name);
}

NightConfig *
night_config_parse(const char *text, gsize length, const char *name, GError **error)
{
    g_autoptr(NightConfig) config = g_new0(NightConfig, 1);
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) lines = NULL;

    if (!check_text(copy, length, name, error))
        return NULL;
    lines = g_strsplit(copy, "\n", -1);

    return parse_lines(config, lines, name, error) ? g_steal_pointer(&config) : NULL;
}

/* --- the file --------------------------------------------------------------- */

/* Returns: owned by the caller. */
static char *
config_directory(void)
{
    const char *set = g_getenv("VIRTSNAP_CONFIG_DIR");
    g_autofree char *home = path_user_config();
    g_autofree char *user = g_build_filename(home, "virtsnap", NULL);
    const char *directory = set && *set ? set : geteuid() == 0 ? PKGSYSCONFDIR : user;

    return g_build_filename(directory, "export.d", NULL);
}

static char *
config_path(const char *name)
{
    g_autofree char *directory = config_directory();
    g_autofree char *file = g_strconcat(name, SUFFIX, NULL);

    return g_build_filename(directory, file, NULL);
}

static gboolean
check_night_name(const char *name, GError **error)
{
    if (!name_check(name, "configuration", error))
        return FALSE;

    return (*name != '.' && !strchr(name, '/')) ||
           night_invalid(error,
                         _("'%s' is not the name of a configuration: it is that of a file in "
                           "export.d, without '.conf'"),
                         name);
}

static gboolean
check_file(int fd, const char *path, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return night_invalid(error, _("'%s' is not a regular file"), path);
    if ((st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s' can be written to by other users, but names programs that are run; chown "
                  "it to root and chmod go-w"),
                path);

    return FALSE;
}

static gboolean
lock_file(int fd, const char *path, GError **error)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    if (errno != EWOULDBLOCK) {
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s'"), path);
        return FALSE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("An export by '%s' is under way; wait for it or end it"), path);

    return FALSE;
}

/* Reads the file through the descriptor whose owner and mode were checked. */
static char *
read_file(int fd, const char *path, gsize *length, GError **error)
{
    g_autofree char *text = NULL;
    guint64 size;

    if (!fd_size(fd, &size) || size > CONFIG_BYTES_MAX) {
        night_invalid(error, _("'%s' is larger than the %zu bytes such a file may have"), path,
                      CONFIG_BYTES_MAX);
        return NULL;
    }
    *length = (gsize)size;
    text = g_malloc(*length + 1);

    return fd_pread_all(fd, text, *length, 0, path, error) ? g_steal_pointer(&text) : NULL;
}

NightConfig *
night_config_load(const char *name, int *lock, GError **error)
{
    g_autofree char *path = config_path(name);
    g_autofree char *text = NULL;
    gsize length = 0;
    auto_fd fd = -1;

    if (!check_night_name(name, error))
        return NULL;
    fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
    if (fd < 0 || !check_file(fd, path, error) || !lock_file(fd, path, error))
        return NULL;
    text = read_file(fd, path, &length, error);
    if (!text)
        return NULL;
    *lock = fd_steal(&fd);

    return night_config_parse(text, length, path, error);
}

GPtrArray *
night_config_names(void)
{
    g_autofree char *path = config_directory();
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *file;

    while (directory && (file = g_dir_read_name(directory))) {
        if (*file != '.' && g_str_has_suffix(file, SUFFIX))
            g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(SUFFIX)));
    }

    return names;
}
