/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "archive/target-foreign.h"
#include "util/fd.h"

/* --- owners and permissions ------------------------------------------------- */

static char *
probe_name(const char *ending)
{
    g_autofree char *id = g_uuid_string_random();

    return g_strdup_printf(".%.8s.%s", id, ending);
}

gboolean
foreign_is_ours(int dirfd, const struct stat *st)
{
    g_autofree char *probe = probe_name("probe");
    struct stat made;
    gboolean ours;

    if (st->st_uid == geteuid())
        return TRUE;
    if (mkdirat(dirfd, probe, 0700) < 0)
        return FALSE;
    ours = fstatat(dirfd, probe, &made, AT_SYMLINK_NOFOLLOW) == 0 && made.st_uid == st->st_uid;
    unlinkat(dirfd, probe, AT_REMOVEDIR);

    return ours;
}

/* Sets the mode and checks that the file system has kept it. FALSE if not, with the reason in
 * *@detail, owned by the caller. */
static gboolean
set_and_check_mode(int fd, mode_t mode, char **detail)
{
    struct statx st;

    if (fchmod(fd, mode) < 0 || fd_stat_server(fd, "", &st) < 0) {
        *detail = g_strdup(g_strerror(errno));
        return FALSE;
    }
    if ((st.stx_mode & 0777) == mode)
        return TRUE;
    *detail = g_strdup_printf(_("it made 0%03o of 0%03o"), (guint)st.stx_mode & 0777, (guint)mode);

    return FALSE;
}

/* The file is tried with 0400 as well, because complete layers are read-only. */
char *
foreign_close(int dirfd, int fd, const char *where)
{
    g_autofree char *detail = NULL;

    if (set_and_check_mode(dirfd, 0700, &detail) && set_and_check_mode(fd, 0400, &detail) &&
        set_and_check_mode(fd, 0600, &detail))
        return NULL;

    return g_strdup_printf(_("The file system of '%s' keeps no permissions (%s): whoever may read "
                             "there may read the disks of the export"),
                           where, detail);
}

gboolean
foreign_mode_refused(int errsv)
{
    return errsv == EPERM || errsv == EACCES || errsv == EOPNOTSUPP || errsv == ENOSYS ||
           errsv == EINVAL;
}

/* --- names ------------------------------------------------------------------ */

/* Whether @name has characters that some file systems reject or change. */
static gboolean
is_odd_name(const char *name)
{
    gsize length = strlen(name);

    if (length == 0 || name[length - 1] == '.' || name[length - 1] == ' ')
        return TRUE;
    for (const char *c = name; *c; c++) {
        if (!g_ascii_isprint(*c) || strchr("\"*:<>?\\|", *c))
            return TRUE;
    }

    return FALSE;
}

static const char *
get_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static gboolean
refuse_held_name(const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The file system of the target cannot hold the name '%s'; export to another "
                  "file system"),
                name);

    return FALSE;
}

static gboolean
refuse_confused_name(const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The file system of the target cannot tell the name '%s' from another one, such "
                  "as the same in capitals; export to another file system"),
                name);

    return FALSE;
}

gboolean
foreign_name_error(int errsv, const char *name, GError **error)
{
    if (errsv == EINVAL || errsv == EILSEQ || errsv == ENAMETOOLONG ||
        ((errsv == EPERM || errsv == ENOENT) && is_odd_name(get_last_part(name))))
        return refuse_held_name(name, error);
    if (errsv == EEXIST)
        return refuse_confused_name(name, error);

    return TRUE;
}

static gboolean
refuse_changed_name(const char *name, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The file system of the target does not keep the name '%s' as it is; export to "
                  "another file system"),
                name);

    return FALSE;
}

/* Adds the paths of all entries of @directory, "" for @dirfd itself. */
static gboolean
add_entry_paths(GHashTable *there, int dirfd, const char *directory, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, *directory ? directory : ".", error);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        g_hash_table_add(there, *directory ? g_build_filename(directory, name, NULL)
                                           : g_strdup(name));
    }

    return names != NULL;
}

static GHashTable *
path_set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

gboolean
foreign_check_dir(int dirfd, const char *path, GError **error)
{
    g_autoptr(GHashTable) there = path_set_new();
    const char *name = get_last_part(path);

    return add_entry_paths(there, dirfd, "", error) &&
           (g_hash_table_contains(there, name) || refuse_changed_name(name, error));
}

/* Tries a hidden name with the same ending, which a file system accepts or changes in the same way:
 * @name itself must not appear before the export is complete. */
gboolean
foreign_try_name(int dirfd, const char *name, GError **error)
{
    g_autofree char *probe = is_odd_name(name) ? probe_name(name) : NULL;
    g_autoptr(GError) why = NULL;
    gboolean kept;

    if (!probe || strlen(probe) > NAME_MAX)
        return TRUE;
    if (mkdirat(dirfd, probe, 0700) < 0)
        return foreign_name_error(errno, name, error);
    kept = foreign_check_dir(dirfd, probe, &why);
    unlinkat(dirfd, probe, AT_REMOVEDIR);

    return kept || refuse_changed_name(name, error);
}

/* Those of @files with names that a file system may reject, change or confuse. */
static GPtrArray *
find_suspects(GPtrArray *files)
{
    g_autoptr(GHashTable) folded =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *suspects = g_ptr_array_new();

    for (guint i = 0; i < files->len; i++) {
        char *path = g_ptr_array_index(files, i);
        char *fold = g_utf8_casefold(path, -1);
        char *other = g_hash_table_lookup(folded, fold);

        if (other && g_hash_table_add(found, other))
            g_ptr_array_add(suspects, other);
        if ((other || is_odd_name(get_last_part(path))) && g_hash_table_add(found, path))
            g_ptr_array_add(suspects, path);
        g_hash_table_insert(folded, fold, path);
    }

    return suspects;
}

static gboolean
make_suspects(int dirfd, GPtrArray *suspects, GHashTable *there, GPtrArray *made, GError **error)
{
    for (guint i = 0; i < suspects->len; i++) {
        char *path = g_ptr_array_index(suspects, i);
        auto_fd fd = -1;

        /* The file was left by an earlier run. */
        if (g_hash_table_contains(there, path))
            continue;
        fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            g_ptr_array_add(made, path);
            continue;
        }
        if (!foreign_name_error(errno, path, error))
            return FALSE;
        virt_snap_error_set_errno(error, errno, _("Cannot create '%s'"), path);
        return FALSE;
    }

    return TRUE;
}

static gboolean
add_tree_paths(GHashTable *there, int dirfd, GTree *directories, GError **error)
{
    if (!add_entry_paths(there, dirfd, "", error))
        return FALSE;
    for (GTreeNode *node = g_tree_node_first(directories); node; node = g_tree_node_next(node)) {
        if (!add_entry_paths(there, dirfd, g_tree_node_key(node), error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
check_created_files(int dirfd, GTree *directories, GPtrArray *suspects, GPtrArray *made,
                    GHashTable *there, GError **error)
{
    if (!make_suspects(dirfd, suspects, there, made, error) ||
        !add_tree_paths(there, dirfd, directories, error))
        return FALSE;
    for (guint i = 0; i < made->len; i++) {
        const char *path = g_ptr_array_index(made, i);

        if (!g_hash_table_contains(there, path))
            return refuse_changed_name(path, error);
    }

    return TRUE;
}

gboolean
foreign_check_tree(int dirfd, GTree *directories, GPtrArray *files, GError **error)
{
    g_autoptr(GHashTable) there = path_set_new();
    g_autoptr(GPtrArray) suspects = find_suspects(files);
    g_autoptr(GPtrArray) made = g_ptr_array_new();
    gboolean ok;

    if (!add_tree_paths(there, dirfd, directories, error))
        return FALSE;
    for (GTreeNode *node = g_tree_node_first(directories); node; node = g_tree_node_next(node)) {
        if (!g_hash_table_contains(there, g_tree_node_key(node)))
            return refuse_changed_name(g_tree_node_key(node), error);
    }
    if (suspects->len == 0)
        return TRUE;
    ok = check_created_files(dirfd, directories, suspects, made, there, error);
    for (guint i = 0; i < made->len; i++)
        unlinkat(dirfd, g_ptr_array_index(made, i), 0);

    return ok;
}
