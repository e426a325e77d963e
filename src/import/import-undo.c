/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collection/collection-store.h"
#include "hypervisor/snapshot-def.h"
#include "import/import-undo.h"
#include "import/import-volumes.h"
#include "util/fd.h"
#include "util/xml.h"

#define RECORD_BYTES_MAX ((gsize)16 << 20)
/* Name of the record until it is complete, in the partial directory. */
#define STAGED ".import"

typedef struct {
    char *name;
    char *uuid;
    char *tpm;     /* path of the directory with the state of its TPM, or NULL */
    gboolean made; /* it was defined by this import */
    gboolean made_state; /* that directory is of this import */
} UndoDomain;

typedef struct {
    char *name;
    char *xml;     /* <collection> */
    gboolean made;
} UndoCollection;

struct ImportUndo {
    char *directory; /* absolute path of the import */
    char *parent;    /* parent directory of the import */
    char *name;      /* name of the import in parent */
    char *record;    /* name of the record in parent */
    int parent_fd;   /* owned */
    int fd;          /* the locked record; owned */
    int dir_fd;      /* the directory of the import, or -1; owned */
    guint64 device;  /* with inode identifies the directory */
    guint64 inode;   /* inode of the directory */
    VolumeRecord *volumes; /* of the import; NULL: none */
    GPtrArray *domains;     /* UndoDomain */
    GPtrArray *collections; /* UndoCollection, in the order in which they are defined */
};

static void
undo_domain_free(gpointer data)
{
    UndoDomain *domain = data;

    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->tpm);
    g_free(domain);
}

static void
undo_collection_free(gpointer data)
{
    UndoCollection *collection = data;

    g_free(collection->name);
    g_free(collection->xml);
    g_free(collection);
}

void
import_undo_free(ImportUndo *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    fd_clear(&self->parent_fd);
    fd_clear(&self->dir_fd);
    volume_record_free(self->volumes);
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->collections);
    g_free(self->directory);
    g_free(self->parent);
    g_free(self->name);
    g_free(self->record);
    g_free(self);
}

static ImportUndo *
undo_new(const char *directory)
{
    ImportUndo *self = g_new0(ImportUndo, 1);

    self->directory = g_strdup(directory);
    self->parent = g_path_get_dirname(directory);
    self->name = g_path_get_basename(directory);
    self->record = g_strdup_printf(".%s.import", self->name);
    self->parent_fd = self->fd = self->dir_fd = -1;
    self->domains = g_ptr_array_new_with_free_func(undo_domain_free);
    self->collections = g_ptr_array_new_with_free_func(undo_collection_free);

    return self;
}

static gboolean
set_import_in_use(const ImportUndo *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another import into '%s' is under way; wait for it or end it"),
                self->directory);

    return FALSE;
}

/* --- writing ---------------------------------------------------------------- */

static void
add_undo_domain(ImportUndo *self, const char *name, const char *uuid, const char *tpm)
{
    UndoDomain *domain = g_new0(UndoDomain, 1);

    domain->name = g_strdup(name);
    domain->uuid = g_strdup(uuid);
    domain->tpm = g_strdup(tpm);
    g_ptr_array_add(self->domains, domain);
}

/* Adds a collection. @name, @xml: (transfer full). */
static void
add_undo_collection(ImportUndo *self, char *name, char *xml)
{
    UndoCollection *collection = g_new0(UndoCollection, 1);

    collection->name = name;
    collection->xml = xml;
    g_ptr_array_add(self->collections, collection);
}

static void
take_undo_plan(ImportUndo *self, const ImportPlan *plan)
{
    for (guint i = 0; plan->settings->define && i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        add_undo_domain(self, domain->name, domain->uuid, domain->tpm);
    }
    for (guint i = 0; i < plan->collections->len; i++) {
        const VirtSnapCollection *one = g_ptr_array_index(plan->collections, i);

        add_undo_collection(self, g_strdup(virt_snap_collection_get_name(one)),
                            virt_snap_collection_format(one));
    }
}

static char *
format_undo_record(const ImportUndo *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "import");

    xmlDocSetRootElement(doc, root);
    xml_set_uint(root, "device", self->device);
    xml_set_uint(root, "inode", self->inode);
    for (guint i = 0; i < self->domains->len; i++) {
        const UndoDomain *domain = g_ptr_array_index(self->domains, i);

        xmlNode *node = xml_add(root, "domain", domain->name);

        xml_set(node, "uuid", domain->uuid);
        if (domain->tpm)
            xml_set(node, "tpm", domain->tpm);
    }
    for (guint i = 0; i < self->collections->len; i++) {
        const UndoCollection *collection = g_ptr_array_index(self->collections, i);

        xml_set(xml_add(root, "collection", collection->xml), "name", collection->name);
    }

    return xml_doc_to_string(doc);
}

static gboolean
name_undo_record(const ImportUndo *self, int fd, GError **error)
{
    if (linkat(fd, STAGED, self->parent_fd, self->record, 0) == 0)
        return fd_sync(self->parent_fd, self->parent, error);
    if (errno == EEXIST)
        return set_import_in_use(self, error);
    virt_snap_error_set_errno(error, errno, _("Cannot create '%s/%s'"), self->parent,
                              self->record);

    return FALSE;
}

/* Writes the record. It is created in the partial directory, with which it is removed if the import
 * fails, and locked before it gets its final name, so that nobody takes it for one that was
 * left. */
static gboolean
write_undo_record(ImportUndo *self, int fd, GError **error)
{
    g_autofree char *text = format_undo_record(self);
    gboolean ok = FALSE;

    unlinkat(fd, STAGED, 0);
    self->fd = fd_open(fd, STAGED, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);
    if (self->fd < 0)
        return FALSE;
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0)
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s/%s'"), self->parent,
                                  self->record);
    else
        ok = fd_pwrite_all(self->fd, text, strlen(text), 0, self->record, error) &&
             fd_sync(self->fd, self->record, error) && name_undo_record(self, fd, error);
    unlinkat(fd, STAGED, 0);

    return ok;
}

ImportUndo *
import_undo_begin(const ImportPlan *plan, int fd, GError **error)
{
    g_autoptr(ImportUndo) self = undo_new(plan->directory);
    struct stat st;

    take_undo_plan(self, plan);
    if (fstat(fd, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), plan->directory);
        return NULL;
    }
    self->device = st.st_dev;
    self->inode = st.st_ino;
    self->parent_fd = fd_open_dir(AT_FDCWD, self->parent, error);
    self->dir_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (self->parent_fd < 0 || !import_volumes_read(fd, &self->volumes, error) ||
        !write_undo_record(self, fd, error))
        return NULL;

    return g_steal_pointer(&self);
}

void
import_undo_made(ImportUndo *self, guint domain)
{
    ((UndoDomain *)g_ptr_array_index(self->domains, domain))->made = TRUE;
    import_undo_made_state(self, domain);
}

void
import_undo_made_state(ImportUndo *self, guint domain)
{
    ((UndoDomain *)g_ptr_array_index(self->domains, domain))->made_state = TRUE;
}

void
import_undo_made_collection(ImportUndo *self, guint collection)
{
    ((UndoCollection *)g_ptr_array_index(self->collections, collection))->made = TRUE;
}

void
import_undo_touch(ImportUndo *self)
{
    futimens(self->fd, NULL);
}

gboolean
import_undo_done(ImportUndo *self, GError **error)
{
    if (unlinkat(self->parent_fd, self->record, 0) == 0 || errno == ENOENT)
        return fd_sync(self->parent_fd, self->parent, error);
    virt_snap_error_set_errno(error, errno, _("Cannot remove '%s/%s'"), self->parent,
                              self->record);

    return FALSE;
}

/* --- undo ------------------------------------------------------------------- */

/* Whether a domain with the recorded UUID was defined by this import, and not in another way. */
static gboolean
is_domain_ours(const ImportUndo *self, const DomainRecord *record)
{
    g_autoptr(GPtrArray) paths = domain_image_paths(record->xml, NULL, NULL);
    g_autofree char *prefix = g_strconcat(self->directory, "/", NULL);

    if (!paths || paths->len == 0)
        return TRUE;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (g_str_has_prefix(path, prefix) ||
            (self->volumes && import_volumes_has(self->volumes, path)))
            return TRUE;
    }

    return FALSE;
}

static gboolean
undefine_domain(const ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running = FALSE;
    g_autoptr(DomainRecord) record =
        domain->made ? hypervisor->ops->describe(hypervisor, domain->uuid, &running, &why) : NULL;

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (!record || !g_str_equal(record->name, domain->name) || !is_domain_ours(self, record))
        return TRUE;

    return hypervisor->ops->undefine(hypervisor, domain->uuid, error);
}

/* Removes the state of the TPM, unless there is still a domain with that UUID, whose it is then. */
static gboolean
remove_state(const UndoDomain *domain, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running = FALSE;
    g_autoptr(DomainRecord) record = NULL;

    if (!domain->made_state || !domain->tpm)
        return TRUE;
    record = hypervisor->ops->describe(hypervisor, domain->uuid, &running, &why);
    if (!why)
        return record || tree_remove_at(AT_FDCWD, domain->tpm, error);
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static gboolean
take_back_domain(const ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                 GError **error)
{
    return undefine_domain(self, hypervisor, domain, error) &&
           remove_state(domain, hypervisor, error);
}

/* Undefines a collection, unless somebody has changed or replaced it since. */
static gboolean
undefine_collection(VirtSnapCollectionStore *store, const UndoCollection *collection,
                    GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(VirtSnapCollection) present =
        virt_snap_collection_store_load(store, collection->name, &why);
    g_autofree char *xml = present ? virt_snap_collection_format(present) : NULL;

    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND) ||
        (xml && !g_str_equal(xml, collection->xml)))
        return TRUE;
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }

    return virt_snap_collection_store_undefine(store, collection->name, error);
}

static gboolean
undefine_collections(const ImportUndo *self, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    for (guint i = self->collections->len; i-- > 0;) {
        const UndoCollection *collection = g_ptr_array_index(self->collections, i);

        if (collection->made && !undefine_collection(store, collection, error))
            return FALSE;
    }

    return TRUE;
}

/* Removes the directory of the import, unless another directory is at its place. */
static gboolean
remove_import_directory(const ImportUndo *self, GError **error)
{
    struct stat st;

    return fstatat(self->parent_fd, self->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
           st.st_dev != self->device || st.st_ino != self->inode ||
           tree_remove_at(self->parent_fd, self->name, error);
}

gboolean
import_undo_revert(ImportUndo *self, Hypervisor *hypervisor, GError **error)
{
    gboolean ok = TRUE;

    for (guint i = self->domains->len; ok && i-- > 0;)
        ok = take_back_domain(self, hypervisor, g_ptr_array_index(self->domains, i), error);
    ok = ok && undefine_collections(self, error) &&
         (self->dir_fd < 0 || import_volumes_remove(self->dir_fd, hypervisor, error)) &&
         remove_import_directory(self, error) && import_undo_done(self, error);
    if (!ok)
        g_prefix_error(error, _("What was imported into '%s' cannot be taken back: "),
                       self->directory);

    return ok;
}

/* --- recovery --------------------------------------------------------------- */

static gboolean
is_later_than(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec > other->tv_sec ||
           (one->tv_sec == other->tv_sec && one->tv_nsec > other->tv_nsec);
}

/* Whether a file below @name was written to after @since. */
static gboolean
was_written_since(int dirfd, const char *name, const struct timespec *since)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, name, NULL);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *path = g_build_filename(name, g_ptr_array_index(names, i), NULL);
        struct stat st;

        if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (S_ISDIR(st.st_mode) ? was_written_since(dirfd, path, since)
                                : is_later_than(&st.st_mtim, since))
            return TRUE;
    }

    return FALSE;
}

static gboolean
was_import_used(const ImportUndo *self, Hypervisor *hypervisor)
{
    struct stat st;

    for (guint i = 0; i < self->domains->len; i++) {
        const UndoDomain *domain = g_ptr_array_index(self->domains, i);
        gboolean running = FALSE;
        g_autoptr(DomainRecord) record =
            hypervisor->ops->describe(hypervisor, domain->uuid, &running, NULL);

        if (record && running && is_domain_ours(self, record))
            return TRUE;
    }

    return fstat(self->fd, &st) == 0 &&
           (was_written_since(self->parent_fd, self->name, &st.st_mtim) ||
            (self->volumes && import_volumes_written_since(self->volumes, &st.st_mtim)));
}

static guint64
get_undo_number(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);

    return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

static gboolean
parse_undo_record(ImportUndo *self, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(self->parent_fd, self->record, RECORD_BYTES_MAX, error);
    g_autoptr(xmlDoc) doc =
        bytes ? xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), self->record,
                          error)
              : NULL;
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

    self->device = root ? get_undo_number(root, "device") : 0;
    self->inode = root ? get_undo_number(root, "inode") : 0;
    for (xmlNode *node = NULL; root && (node = xml_child(root, "domain", node));) {
        g_autofree char *name = xml_text(node, ".");
        g_autofree char *uuid = xml_attr(node, "uuid");
        g_autofree char *tpm = xml_attr(node, "tpm");

        if (name && uuid)
            add_undo_domain(self, name, uuid, tpm);
    }
    for (xmlNode *node = NULL; root && (node = xml_child(root, "collection", node));) {
        char *name = xml_attr(node, "name");
        char *xml = xml_text(node, ".");

        if (name && xml)
            add_undo_collection(self, g_steal_pointer(&name), g_steal_pointer(&xml));
        g_free(name);
        g_free(xml);
    }

    return root != NULL;
}

/* Opens the directory of the import, also while it is a partial one, and reads which volumes
 * belong to it. */
static gboolean
find_undo_volumes(ImportUndo *self, GError **error)
{
    g_autofree char *partial = g_strdup_printf(".%s.partial", self->name);
    const char *const names[] = {self->name, partial, NULL};

    for (const char *const *name = names; *name; name++) {
        auto_fd fd = openat(self->parent_fd, *name,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != self->device ||
            st.st_ino != self->inode)
            continue;
        self->dir_fd = fd_steal(&fd);
        return import_volumes_read(self->dir_fd, &self->volumes, error);
    }

    return TRUE;
}

/* Opens and locks the record. FALSE without an error if there is none. */
static gboolean
open_undo_record(ImportUndo *self, GError **error)
{
    self->parent_fd = open(self->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->parent_fd < 0)
        return FALSE;
    self->fd = openat(self->parent_fd, self->record, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (self->fd < 0 && errno != ENOENT)
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s/%s'"), self->parent,
                                  self->record);
    if (self->fd < 0)
        return FALSE;
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0)
        return set_import_in_use(self, error);

    return parse_undo_record(self, error) && find_undo_volumes(self, error);
}

gboolean
import_undo_recover(const char *directory, Hypervisor *hypervisor, char **said, GError **error)
{
    g_autoptr(ImportUndo) self = undo_new(directory);
    g_autoptr(GError) why = NULL;

    *said = NULL;
    if (!open_undo_record(self, &why)) {
        if (!why)
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    if (was_import_used(self, hypervisor)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("An import into '%s' was interrupted, and what it left was used since then; "
                      "to keep it, remove '%s/%s', and import to another directory; to be rid of "
                      "it, undefine its domains and remove that directory"),
                    self->directory, self->parent, self->record);
        return FALSE;
    }
    /* None of these existed when the record was written, so any that exists was defined by the
     * import. */
    for (guint i = 0; i < self->domains->len; i++)
        import_undo_made(self, i);
    for (guint i = 0; i < self->collections->len; i++)
        import_undo_made_collection(self, i);
    if (!import_undo_revert(self, hypervisor, error))
        return FALSE;
    *said = g_strdup_printf(_("An earlier import into '%s' was interrupted; what it had left was "
                              "removed (domains: %u)"),
                            self->directory, self->domains->len);

    return TRUE;
}
