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

#include "import/boot-scratch.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/strings.h"
#include "util/xml.h"

#define NAME "virtsnap-verify-"
#define SUFFIX ".verify"
/* The lock of all records: it is held while a record is created or looked for, so that no record
 * is seen without its own lock. */
#define LOCK_FILE "lock"
#define RECORD_BYTES_MAX ((gsize)16 << 20)
/* Other users, QEMU's among them, may pass through the directory and cannot list it. */
#define DIRECTORY_MODE 0711

struct BootScratch {
    char *id;
    char *prefix;    /* of domains: "virtsnap-verify-1a2b3c4d-" */
    char *directory; /* absolute: ".../virtsnap-verify-1a2b3c4d" */
    char *record;    /* its name in the directory of records */
    char *uri;       /* of the hypervisor; NULL: not begun */
    int records;     /* the directory of records; owned, or -1 */
    int fd;          /* the record, locked; owned, or -1 */
    int dirfd;       /* owned, or -1 */
    GPtrArray *uuids; /* char* */
};

static BootScratch *
scratch_alloc(const char *id)
{
    BootScratch *self = g_new0(BootScratch, 1);

    self->id = g_strdup(id);
    self->prefix = g_strdup_printf(NAME "%s-", id);
    self->record = g_strdup_printf("%s" SUFFIX, id);
    self->records = self->fd = self->dirfd = -1;
    self->uuids = g_ptr_array_new_with_free_func(g_free);

    return self;
}

BootScratch *
boot_scratch_new(const char *where)
{
    g_autofree char *id = g_strdup_printf("%08x%08x", g_random_int(), g_random_int());
    g_autofree char *name = g_strconcat(NAME, id, NULL);
    BootScratch *self = scratch_alloc(id);

    self->directory = g_build_filename(where, name, NULL);

    return self;
}

const char *
boot_scratch_prefix(const BootScratch *self)
{
    return self->prefix;
}

const char *
boot_scratch_directory(const BootScratch *self)
{
    return self->directory;
}

void
boot_scratch_free(BootScratch *self)
{
    if (!self)
        return;
    fd_clear(&self->dirfd);
    fd_clear(&self->fd);
    fd_clear(&self->records);
    g_ptr_array_unref(self->uuids);
    g_free(self->id);
    g_free(self->prefix);
    g_free(self->directory);
    g_free(self->record);
    g_free(self->uri);
    g_free(self);
}

/* --- the directory of records ----------------------------------------------------- */

/* Returns: a descriptor that holds the lock of all records until it is closed; -1 on error. */
static int
lock_records(int *records, GError **error)
{
    g_autofree char *path = path_state("verify");
    auto_fd lock = -1;

    if (g_mkdir_with_parents(path, 0700) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), path);
        return -1;
    }
    *records = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
    if (*records < 0)
        return -1;
    lock = fd_open(*records, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);
    if (lock < 0)
        return -1;
    if (flock(lock, LOCK_EX) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s/%s'"), path, LOCK_FILE);
        return -1;
    }

    return fd_steal(&lock);
}

static char *
uri_of(Hypervisor *hypervisor, GError **error)
{
    g_autoptr(HostInfo) info = hypervisor->ops->host_info(hypervisor, error);

    return info ? g_strdup(info->uri) : NULL;
}

/* --- beginning -------------------------------------------------------------------- */

static char *
format_boot_record(const BootScratch *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "verify");

    xmlDocSetRootElement(doc, root);
    xml_add(root, "uri", self->uri);
    xml_add(root, "directory", self->directory);
    for (guint i = 0; i < self->uuids->len; i++)
        xml_add(root, "domain", g_ptr_array_index(self->uuids, i));

    return xml_doc_to_string(doc);
}

static gboolean
write_record(BootScratch *self, GError **error)
{
    g_autofree char *text = format_boot_record(self);

    self->fd = fd_open(self->records, self->record, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600,
                       error);
    if (self->fd < 0)
        return FALSE;
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s'"), self->record);
        return FALSE;
    }

    return fd_pwrite_all(self->fd, text, strlen(text), 0, self->record, error) &&
           fd_sync(self->fd, self->record, error) &&
           fd_sync(self->records, self->record, error);
}

static gboolean
make_scratch_directory(BootScratch *self, GError **error)
{
    if (mkdir(self->directory, 0700) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"),
                                  self->directory);
        return FALSE;
    }
    self->dirfd = fd_open(AT_FDCWD, self->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
    if (self->dirfd < 0)
        return FALSE;
    if (fchmod(self->dirfd, DIRECTORY_MODE) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot set the permissions of '%s'"),
                              self->directory);

    return FALSE;
}

int
boot_scratch_begin(BootScratch *self, Hypervisor *hypervisor, GPtrArray *uuids, GError **error)
{
    auto_fd lock = -1;

    strings_append(self->uuids, uuids);
    self->uri = uri_of(hypervisor, error);
    if (!self->uri)
        return -1;
    lock = lock_records(&self->records, error);
    if (lock < 0 || !write_record(self, error) || !make_scratch_directory(self, error))
        return -1;

    return self->dirfd;
}

/* --- taking away -------------------------------------------------------------------- */

/* Removes a domain that a trial defined. Both its UUID and the beginning of its name must be
 * those of a trial; a domain with only one of them is left alone. */
static gboolean
remove_domain(const BootScratch *self, Hypervisor *hypervisor, const char *uuid, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running;
    g_autoptr(DomainRecord) record =
        hypervisor->ops->describe(hypervisor, uuid, &running, &why);

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }

    return !record || !g_str_has_prefix(record->name, self->prefix) ||
           hypervisor->ops->undefine(hypervisor, uuid, FALSE, error);
}

static gboolean
remove_record(const BootScratch *self, GError **error)
{
    if (self->fd < 0 || unlinkat(self->records, self->record, 0) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), self->record);

    return FALSE;
}

gboolean
boot_scratch_end(BootScratch *self, Hypervisor *hypervisor, GError **error)
{
    for (guint i = 0; self->uri && i < self->uuids->len; i++) {
        if (!remove_domain(self, hypervisor, g_ptr_array_index(self->uuids, i), error))
            return FALSE;
    }

    return (self->fd < 0 || tree_remove_at(AT_FDCWD, self->directory, error)) &&
           remove_record(self, error);
}

/* --- what was left -------------------------------------------------------------------- */

static gboolean
parse_boot_record(BootScratch *self, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(self->records, self->record, RECORD_BYTES_MAX, error);
    g_autoptr(xmlDoc) doc =
        bytes ? xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), self->record,
                          error)
              : NULL;
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *name = g_strconcat("/" NAME, self->id, NULL);

    if (!root)
        return FALSE;
    self->uri = xml_text(root, "uri");
    self->directory = xml_text(root, "directory");
    for (xmlNode *node = NULL; (node = xml_child(root, "domain", node));)
        g_ptr_array_add(self->uuids, xml_text(node, "."));
    if (self->uri && self->directory && g_str_has_suffix(self->directory, name))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The record '%s' is not one of a check of an export"), self->record);

    return FALSE;
}

/* Whether the record was read and is none: not whether it could not be read. */
static gboolean
is_no_record(const GError *error)
{
    return g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT) ||
           g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
}

/* Reads a record. An incomplete one names nothing, because the scratch directory is made only
 * after the record. */
static gboolean
take_record(BootScratch *self, const char *uri)
{
    g_autoptr(GError) error = NULL;

    if (parse_boot_record(self, &error))
        return g_str_equal(self->uri, uri);
    g_debug("%s", error->message);
    if (is_no_record(error))
        unlinkat(self->records, self->record, 0);

    return FALSE;
}

static void
recover_one(int records, const char *name, const char *uri, Hypervisor *hypervisor,
            GPtrArray *said)
{
    g_autofree char *id = g_strndup(name, strlen(name) - strlen(SUFFIX));
    g_autoptr(BootScratch) self = scratch_alloc(id);
    g_autoptr(GError) error = NULL;

    self->records = fcntl(records, F_DUPFD_CLOEXEC, 0);
    self->fd = openat(records, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (self->fd < 0 || flock(self->fd, LOCK_EX | LOCK_NB) < 0 || !take_record(self, uri))
        return;
    if (boot_scratch_end(self, hypervisor, &error))
        g_ptr_array_add(said, g_strdup_printf(_("An earlier check was interrupted; what it had "
                                                "left was removed (domains: %u)"),
                                              self->uuids->len));
    else
        g_ptr_array_add(said, g_strdup_printf(_("An earlier check was interrupted, and what it "
                                                "left in '%s' cannot be removed: %s"),
                                              self->directory, error->message));
}

gboolean
boot_scratch_recover(Hypervisor *hypervisor, GPtrArray *said, GError **error)
{
    g_autofree char *uri = uri_of(hypervisor, error);
    auto_fd records = -1;
    auto_fd lock = uri ? lock_records(&records, error) : -1;
    g_autoptr(GPtrArray) names = lock < 0 ? NULL : dir_list_at(records, ".", error);

    for (guint i = 0; names && i < names->len; i++) {
        if (g_str_has_suffix(g_ptr_array_index(names, i), SUFFIX))
            recover_one(records, g_ptr_array_index(names, i), uri, hypervisor, said);
    }

    return names != NULL;
}
