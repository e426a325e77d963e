/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/export-base.h"
#include "archive/export-list.h"
#include "archive/export-lock.h"
#include "archive/export-parts.h"
#include "image/qcow2-header.h"
#include "util/fd.h"
#include "util/format.h"
#include "util/path.h"

/* The suffix of a directory that an export is being written into, or that an interrupted one has
 * left. */
#define PARTIAL ".partial"

void
export_base_free(ExportBase *self)
{
    if (!self)
        return;
    fd_clear(&self->lock);
    fd_clear(&self->dirfd);
    manifest_free(self->manifest);
    g_free(self->path);
    g_free(self);
}

/* --- which one ---------------------------------------------------------------- */

/* Returns: whether @name is the list of members in @manifest, which stands for the name of an
 * unnamed collection. */
static gboolean
has_members(const Manifest *manifest, const char *name)
{
    g_autoptr(GString) members = g_string_new(NULL);

    for (guint i = 0; i < manifest->domains->len; i++)
        g_string_append_printf(members, "%s%s", i > 0 ? "+" : "",
                               ((ManifestDomain *)g_ptr_array_index(manifest->domains, i))->name);

    return g_str_equal(members->str, name);
}

static gboolean
is_base_of(const Manifest *manifest, const ExportPlace *place, const char *collection)
{
    if (collection)
        return g_strcmp0(manifest->collection, collection) == 0;

    return !manifest->collection && has_members(manifest, place->name);
}

gboolean
export_base_has_any(const Manifest *manifest, GPtrArray *members)
{
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        for (guint k = 0; k < members->len; k++) {
            if (g_ascii_strcasecmp(domain->uuid, g_ptr_array_index(members, k)) == 0)
                return TRUE;
        }
    }

    return FALSE;
}

/* Refuses a directory that has the suffix of an unfinished export. One that was killed in its
 * last moment has a manifest, so the manifest alone does not decide it. */
static gboolean
check_complete(const char *path, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);

    if (*name != '.' || !g_str_has_suffix(name, PARTIAL))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The export is not complete: it is still written, or was interrupted"));

    return FALSE;
}

static gboolean
open_base(ExportBase *self, GError **error)
{
    struct stat st;

    if (!check_complete(self->path, error))
        return FALSE;
    self->dirfd = fd_open(AT_FDCWD, self->path, O_RDONLY | O_DIRECTORY, 0, error);
    if (self->dirfd < 0)
        return FALSE;
    self->lock = export_lock_read(self->dirfd, self->path, error);
    if (self->lock < 0)
        return FALSE;
    self->manifest = manifest_load(self->dirfd, error);
    if (!self->manifest)
        return FALSE;
    self->device = fstat(self->dirfd, &st) == 0 ? st.st_dev : 0;

    return TRUE;
}

static ExportBase *
open_at(const char *path, GError **error)
{
    ExportBase *self = g_new0(ExportBase, 1);

    self->path = g_strdup(path);
    self->dirfd = self->lock = -1;
    if (open_base(self, error))
        return self;
    g_prefix_error(error, _("Base '%s': "), path);
    export_base_free(self);

    return NULL;
}

/* Opens the export that was chosen, and not one that has its path by now. */
static ExportBase *
open_found(const FoundExport *found, GError **error)
{
    g_autoptr(ExportBase) self = open_at(found->path, error);

    if (!self || export_stamp_check(&found->stamp, self->lock, found->path, error))
        return g_steal_pointer(&self);
    g_prefix_error(error, _("Base '%s': "), found->path);

    return NULL;
}

static ExportBase *
open_path(const char *path, const ExportPlace *place, const char *collection, GError **error)
{
    g_autofree char *canonical = path_canonical(path);
    g_autoptr(ExportBase) self = open_at(canonical, error);

    if (!self || is_base_of(self->manifest, place, collection))
        return g_steal_pointer(&self);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Base '%s': it is an export of another collection ('%s'), and this one is of "
                  "'%s'; name an export of that"),
                path, self->manifest->collection ? self->manifest->collection : "",
                collection ? collection : place->name);

    return NULL;
}

/* --- among those that are there --------------------------------------------------- */

/* Returns: the exports in the collection's directory that the new export goes to. */
static GPtrArray *
list_bases(const ExportPlace *place, GError **error)
{
    g_autoptr(GError) why = NULL;
    GPtrArray *exports;

    if (!place->subdirectory) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Without a subdirectory there are no other exports beside this one to be "
                      "its base; name the base by its path"));
        return NULL;
    }
    exports = export_list(place->directory, &why);
    if (!exports && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return g_ptr_array_new();
    if (!exports)
        g_propagate_error(error, g_steal_pointer(&why));

    return exports;
}

/* Manifests tell seconds: two may be made within one. */
static gboolean
is_newer(const FoundExport *one, const FoundExport *than)
{
    int order = than ? g_strcmp0(one->manifest->created, than->manifest->created) : 1;

    if (order == 0 && one->stamp.written != than->stamp.written)
        return one->stamp.written > than->stamp.written;

    return order > 0 || (order == 0 && strcmp(one->path, than->path) > 0);
}

/* Which exports can be meant. */
typedef gboolean (*Suits)(const Manifest *manifest, const char *name);

/* What the base is for. */
typedef struct {
    const ExportPlace *place; /* none is owned */
    const char *collection;
    GPtrArray *members; /* UUIDs; NULL: any will do */
} BaseUser;

/* What there is something to take from. */
static gboolean
has_disks(const Manifest *manifest, const char *name)
{
    return !export_parts_only_left_out(manifest);
}

static gboolean
is_of_snapshot(const Manifest *manifest, const char *name)
{
    return g_str_equal(manifest->snapshot, name);
}

static gboolean
has_checkpoint_in(const ManifestSnapshot *snapshot, const char *name)
{
    for (guint i = 0; i < snapshot->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(snapshot->disks, i);

        if (disk->checkpoint && g_str_equal(disk->checkpoint->name, name))
            return TRUE;
    }

    return FALSE;
}

/* Whether it is of the moment of those checkpoints. */
static gboolean
has_checkpoint(const Manifest *manifest, const char *name)
{
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        for (guint j = 0; j < domain->snapshots->len; j++) {
            if (has_checkpoint_in(g_ptr_array_index(domain->snapshots, j), name))
                return TRUE;
        }
    }

    return FALSE;
}

/* Returns: the newest export with one of the members that @suits and is not in @tried. */
static const FoundExport *
find_newest(GPtrArray *exports, const BaseUser *user, Suits suits, const char *name,
            GHashTable *tried)
{
    const FoundExport *newest = NULL;

    for (guint i = 0; i < exports->len; i++) {
        const FoundExport *found = g_ptr_array_index(exports, i);

        if (!found->manifest || found->problem || g_hash_table_contains(tried, found) ||
            !is_base_of(found->manifest, user->place, user->collection) ||
            (user->members && !export_base_has_any(found->manifest, user->members)) ||
            !suits(found->manifest, name))
            continue;
        if (is_newer(found, newest))
            newest = found;
    }

    return newest;
}

/* Notes the exports that cannot be read. They count as exports of the collection only if they
 * are in its directory. */
static void
note_unreadable(GPtrArray *exports, const ExportPlace *place, GPtrArray *notes)
{
    g_autofree char *own = export_place_parent(place);

    for (guint i = 0; i < exports->len; i++) {
        const FoundExport *found = g_ptr_array_index(exports, i);
        g_autofree char *parent = g_path_get_dirname(found->path);

        if (found->problem && g_str_equal(parent, own))
            g_ptr_array_add(notes, g_strdup_printf(_("The export '%s' cannot be the base: %s"),
                                                   found->path, found->problem));
    }
}

/* Until then it stays the latest, whatever is exported. */
static void
note_ahead(const FoundExport *found, GPtrArray *notes)
{
    g_autofree char *now = format_time(g_get_real_time() / G_USEC_PER_SEC);

    if (g_strcmp0(found->manifest->created, now) > 0)
        g_ptr_array_add(notes,
                        g_strdup_printf(_("The latest export '%s' says that it was made at %s, "
                                          "which is still to come: the clock was set back. Those "
                                          "made before then are not the latest; name the base by "
                                          "its path, or remove that one"),
                                        found->path, found->manifest->created));
}

static gboolean
find_latest(const BaseUser *user, ExportBase **base, GPtrArray *notes, GError **error)
{
    g_autoptr(GPtrArray) exports = list_bases(user->place, error);
    g_autoptr(GHashTable) tried = g_hash_table_new(NULL, NULL);
    const FoundExport *found;

    if (!exports)
        return FALSE;
    note_unreadable(exports, user->place, notes);
    while ((found = find_newest(exports, user, has_disks, NULL, tried))) {
        g_autoptr(GError) why = NULL;

        *base = open_found(found, &why);
        if (*base) {
            note_ahead(found, notes);
            return TRUE;
        }
        g_hash_table_add(tried, (gpointer)found);
        g_ptr_array_add(notes, g_strdup_printf(_("The export '%s' cannot be the base: %s"),
                                               found->path, why->message));
    }

    return TRUE;
}

char *
export_base_none(const ExportPlace *place)
{
    return g_strdup_printf(
        _("There is no earlier export of '%s' in '%s' to be the base: all is exported"),
        place->name, place->directory);
}

/* A snapshot goes before a reference point of that name, whose export has a snapshot's name of its
 * own. */
static const FoundExport *
find_of_moment(GPtrArray *exports, const BaseUser *user, const char *name, const char *checkpoint)
{
    g_autoptr(GHashTable) tried = g_hash_table_new(NULL, NULL);
    const FoundExport *found = find_newest(exports, user, is_of_snapshot, name, tried);

    return found ? found : find_newest(exports, user, has_checkpoint, checkpoint, tried);
}

/* One of another host's collection of that name is taken only if there is none with a member. */
static ExportBase *
find_named(const char *name, const char *checkpoint, const BaseUser *user, GError **error)
{
    const BaseUser others = {user->place, user->collection, NULL};
    g_autoptr(GPtrArray) exports = list_bases(user->place, error);
    const FoundExport *found;

    if (!exports)
        return NULL;
    found = find_of_moment(exports, user, name, checkpoint);
    if (!found)
        found = find_of_moment(exports, &others, name, checkpoint);
    if (found)
        return open_found(found, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("There is no export of a snapshot or reference point '%s' of '%s' in '%s' to be "
                  "the base; name one by its absolute path, or ask for the latest"),
                name, user->collection ? user->collection : user->place->name,
                user->place->directory);

    return NULL;
}

gboolean
export_base_find(const char *name, const char *checkpoint, const ExportPlace *place,
                 const char *collection, GPtrArray *members, ExportBase **base, GPtrArray *notes,
                 GError **error)
{
    const BaseUser user = {place, collection, members};

    *base = NULL;
    if (g_str_equal(name, EXPORT_BASE_LATEST))
        return find_latest(&user, base, notes, error);
    if (g_path_is_absolute(name))
        *base = open_path(name, place, collection, error);
    else if (!strchr(name, '/'))
        *base = find_named(name, checkpoint, &user, error);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("Base '%s': the path is not absolute"), name);

    return *base != NULL;
}

/* --- its layers -------------------------------------------------------------------- */

gboolean
export_base_damaged(const ExportBase *self, const ManifestFile *file, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The base '%s' is damaged: '%s' is not what its manifest says; look at it with "
                  "'verify', and export with another base or without one"),
                self->path, file->path);

    return FALSE;
}

const ManifestFile *
export_base_below(const ExportBase *self, const ManifestFile *file)
{
    return file->backing ? manifest_file(self->manifest, file->backing) : NULL;
}

static gboolean
refers_to(const Qcow2Header *header, const ManifestFile *below)
{
    g_autofree char *name = below ? g_path_get_basename(below->path) : NULL;

    return g_strcmp0(header->backing_name, name) == 0 &&
           (!below || g_strcmp0(header->backing_format, below->format) == 0);
}

static gboolean
is_as_said(const ExportBase *self, const ManifestFile *file, int fd)
{
    g_autoptr(Qcow2Header) header = NULL;

    if (!g_str_equal(file->format, "qcow2"))
        return TRUE;
    header = qcow2_header_read(fd, file->path, NULL);

    return header && qcow2_header_check(header, file->path, NULL) &&
           header->virtual_size == file->capacity &&
           refers_to(header, export_base_below(self, file));
}

int
export_base_open_layer(const ExportBase *self, const ManifestFile *file, GError **error)
{
    g_autoptr(GError) why = NULL;
    auto_fd fd = fd_open_beneath(self->dirfd, file->path, O_RDONLY | O_NONBLOCK, &why);
    struct stat st;

    if (fd < 0 && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED)) {
        g_propagate_prefixed_error(error, g_steal_pointer(&why), _("Base '%s': "), self->path);
        return -1;
    }
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        (guint64)st.st_size != file->bytes || !is_as_said(self, file, fd)) {
        export_base_damaged(self, file, error);
        return -1;
    }

    return fd_steal(&fd);
}

gboolean
export_base_is_untouched(const ManifestFile *file, int fd)
{
    struct stat st;
    OriginTime modified;

    if (file->written.seconds == 0 || fstat(fd, &st) < 0 || (st.st_mode & 0222) != 0)
        return FALSE;
    modified = (OriginTime){st.st_mtim.tv_sec, (guint32)st.st_mtim.tv_nsec};

    return origin_time_equal(&modified, &file->written);
}

/* What cannot be opened is refused by name when it is to be used. */
gboolean
export_base_vouches_for(const ExportBase *self, const ManifestFile *file)
{
    auto_fd fd = file->has_digest ? -1 : export_base_open_layer(self, file, NULL);

    return fd < 0 || export_base_is_untouched(file, fd);
}

gboolean
export_base_vouches_for_chain(const ExportBase *self, const ManifestFile *top)
{
    for (const ManifestFile *file = top; file; file = export_base_below(self, file)) {
        if (!export_base_vouches_for(self, file))
            return FALSE;
    }

    return TRUE;
}
