/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "hypervisor/domain-job.h"
#include "hypervisor/layer-ops.h"
#include "import/detach-plan.h"
#include "util/format.h"
#include "util/xml.h"

/* virDomainBlockJobType of a block pull. */
#define BLOCK_JOB_PULL 1

/* --- exports ------------------------------------------------------------------ */

/* How certain it is that an image is one of an export. */
typedef enum {
    EXPORT_NOT,
    EXPORT_PERHAPS, /* it lies as one, without a manifest: as the images of any import do */
    EXPORT_YES,
} OfExport;

/* Looks at a path, which is "EXPORT/layers/NAME", beside a manifest, if it is an image's of an
 * export. What is in the manifest does not matter here. */
static OfExport
is_path_of_export(const char *path)
{
    g_autofree char *layers = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *name = layers ? g_path_get_basename(layers) : NULL;
    g_autofree char *export = layers ? g_path_get_dirname(layers) : NULL;
    g_autofree char *manifest = export ? g_build_filename(export, "manifest.xml", NULL) : NULL;

    if (g_strcmp0(name, "layers") != 0)
        return EXPORT_NOT;

    return g_file_test(manifest, G_FILE_TEST_EXISTS) ? EXPORT_YES : EXPORT_PERHAPS;
}

/* Returns: whether there are images of an export below @top. */
static OfExport
stands_on_export(const Layer *top)
{
    OfExport found = EXPORT_NOT;

    for (const Layer *layer = top ? top->backing : NULL; layer; layer = layer->backing)
        found = MAX(found, is_path_of_export(layer->path));

    return found;
}

/* Returns: whether a <disk> names an image of an export below its own image. That of an import in
 * place keeps libvirt from changing the owner of these images, by which it is told also when the
 * manifest is gone. */
static OfExport
names_export_below(xmlNode *disk)
{
    OfExport found = EXPORT_NOT;

    for (xmlNode *node = xml_child(disk, "backingStore", NULL); node;
         node = xml_child(node, "backingStore", NULL)) {
        g_autofree char *file = xml_text(node, "./source/@file");
        OfExport one = is_path_of_export(file);

        if (one == EXPORT_PERHAPS && xml_node(node, "./source/seclabel[@relabel='no']"))
            one = EXPORT_YES;
        found = MAX(found, one);
    }

    return found;
}

/* --- disks ---------------------------------------------------------------------- */

static void
detach_disk_free(gpointer data)
{
    DetachDisk *disk = data;

    g_free(disk->target);
    g_free(disk->path);
    g_free(disk);
}

static const Layer *
find_top(const DetachPlan *self, const char *target, gboolean persistent)
{
    for (guint i = 0; i < self->users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(self->users->users, i);

        if (user->domain == self->domain && !user->snapshot && user->persistent == persistent &&
            g_strcmp0(user->target, target) == 0)
            return user->top;
    }

    return NULL;
}

static guint64
bytes_below(const Layer *top)
{
    guint64 bytes = 0;

    for (const Layer *layer = top->backing; layer; layer = layer->backing)
        bytes += layer->allocated;

    return MIN(bytes, top->capacity);
}

static gboolean
has_disk(const DetachPlan *self, const char *path)
{
    for (guint i = 0; i < self->disks->len; i++) {
        if (g_str_equal(((const DetachDisk *)g_ptr_array_index(self->disks, i))->path, path))
            return TRUE;
    }

    return FALSE;
}

static void
add_detach_disk(DetachPlan *self, const char *target, const Layer *top, DetachMethod method)
{
    DetachDisk *disk = g_new0(DetachDisk, 1);

    disk->target = g_strdup(target);
    disk->path = g_strdup(top->path);
    disk->method = method;
    disk->top = top;
    disk->bytes = method == DETACH_MEND ? 0 : bytes_below(top);
    self->bytes += disk->bytes;
    g_ptr_array_add(self->disks, disk);
}

static gboolean
set_in_export(const DetachPlan *self, const char *target, const char *path, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' has its disk '%s' in an export itself ('%s'), which it does not "
                  "own; copy the image, and let the domain have the copy"),
                self->domain->name, target, path);

    return FALSE;
}

/* Says why the images below a disk cannot be seen. */
static gboolean
set_export_unseen(const DetachPlan *self, xmlNode *node, const char *target, GError **error)
{
    g_autoptr(StorageDef) storage = storage_def_parse(node);
    g_autoptr(GError) why = NULL;

    if (storage_def_resolve(storage, self->users->chains, &why))
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The disk '%s' of the domain '%s' was changed meanwhile; try again"), target,
                    self->domain->name);
    else
        g_set_error(error, why->domain, why->code,
                    _("Cannot see what the domain '%s' has in an export, which is below its disk "
                      "'%s': %s; put the export back to where it was, as it was, and try again"),
                    self->domain->name, target, why->message);

    return FALSE;
}

/* Looks at a disk of the running domain, or of the persistent definition, with which it is started
 * next. */
static gboolean
look_at_disk(DetachPlan *self, xmlNode *node, gboolean persistent, GError **error)
{
    g_autofree char *target = xml_text(node, "./target/@dev");
    g_autofree char *file = xml_text(node, "./source/@file");
    const Layer *top = target ? find_top(self, target, persistent) : NULL;
    OfExport named = names_export_below(node);
    OfExport below = stands_on_export(top);

    if (is_path_of_export(file) == EXPORT_YES ||
        (top && is_path_of_export(top->path) == EXPORT_YES))
        return set_in_export(self, target, file, error);
    if (named != EXPORT_YES && below != EXPORT_YES)
        return TRUE;
    if (!top)
        return set_export_unseen(self, node, target ? target : "-", error);
    if (!has_disk(self, top->path))
        add_detach_disk(self, target, top,
                        !persistent           ? DETACH_PULL
                        : below != EXPORT_NOT ? DETACH_FLATTEN
                                              : DETACH_MEND);

    return TRUE;
}

static gboolean
look_at_document(DetachPlan *self, const char *xml, gboolean persistent, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk") : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        if (!look_at_disk(self, g_ptr_array_index(disks, i), persistent, error))
            return FALSE;
    }

    return doc != NULL;
}

/* --- what is in the way ------------------------------------------------------------ */

static gboolean
check_states(const DetachPlan *self, GError **error)
{
    const DomainSurvey *domain = self->domain;

    if (domain->snapshots->len > 0) {
        const SnapshotRecord *first = g_ptr_array_index(domain->snapshots, 0);

        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The snapshot '%s' of the domain '%s' needs the images of the export, too; "
                      "delete its snapshots first"),
                    first->name, domain->name);
        return FALSE;
    }
    if (!domain->saved)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' is to go on from a saved state, which names the images of the "
                  "export; start it, and detach it while it runs"),
                domain->name);

    return FALSE;
}

/* An internal snapshot in the image would lose the data that it has in the images below. */
static gboolean
check_image(const DetachPlan *self, const DetachDisk *disk, GError **error)
{
    if (disk->top->n_snapshots > 0 && disk->method != DETACH_MEND) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("'%s', disk '%s' of the domain '%s', has internal snapshots, which need the "
                      "images of the export, too; delete them first"),
                    disk->path, disk->target, self->domain->name);
        return FALSE;
    }
    if (!disk->top->encrypted || disk->method != DETACH_FLATTEN)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s', disk '%s' of the domain '%s', is encrypted; start the domain, and detach "
                  "it while it runs"),
                disk->path, disk->target, self->domain->name);

    return FALSE;
}

static gboolean
check_job(const DetachPlan *self, Hypervisor *hypervisor, DetachDisk *disk, GError **error)
{
    guint type;
    guint64 cur, end;

    if (disk->method != DETACH_PULL)
        return TRUE;
    if (!hypervisor->ops->layers->block_job(hypervisor, self->domain->uuid, disk->target, &type,
                                            &cur, &end, error))
        return FALSE;
    disk->adopt = type == BLOCK_JOB_PULL;
    if (type == 0 || disk->adopt)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("The disk '%s' of the domain '%s' has another block job; wait for it or end it "
                  "('virsh blockjob')"),
                disk->target, self->domain->name);

    return FALSE;
}

static guint64
device_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_dev : 0;
}

/* Checks the space for all disks on the file system of @disk. */
static gboolean
check_detach_room(const DetachPlan *self, const DetachDisk *disk, GError **error)
{
    guint64 device = device_of(disk->path);
    guint64 needed = 0, there;
    struct statvfs vfs;
    g_autofree char *needs = NULL;
    g_autofree char *has = NULL;

    for (guint i = 0; i < self->disks->len; i++) {
        const DetachDisk *one = g_ptr_array_index(self->disks, i);

        if (!one->adopt && device_of(one->path) == device)
            needed += one->bytes;
    }
    if (disk->top->block || statvfs(disk->path, &vfs) < 0)
        return TRUE;
    there = (guint64)vfs.f_bavail * vfs.f_frsize;
    if (needed <= there)
        return TRUE;
    needs = format_bytes(needed);
    has = format_bytes(there);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE,
                _("What the domain '%s' has in the export may need %s, and the file system of '%s' "
                  "has %s left; make room"),
                self->domain->name, needs, disk->path, has);

    return FALSE;
}

static gboolean
check_disks(const DetachPlan *self, Hypervisor *hypervisor, GError **error)
{
    for (guint i = 0; i < self->disks->len; i++) {
        DetachDisk *disk = g_ptr_array_index(self->disks, i);

        if (!check_image(self, disk, error) || !check_job(self, hypervisor, disk, error))
            return FALSE;
    }
    for (guint i = 0; i < self->disks->len; i++) {
        if (!check_detach_room(self, g_ptr_array_index(self->disks, i), error))
            return FALSE;
    }

    return TRUE;
}

/* --- the plan ------------------------------------------------------------------------ */

static gboolean
survey_for(DetachPlan *self, Hypervisor *hypervisor, const char *word, GError **error)
{
    g_autofree char *name = hypervisor->ops->find_domain(hypervisor, word, error);

    self->domains = name ? hypervisor->ops->layers->survey(hypervisor, error) : NULL;
    self->users = self->domains ? image_users_find(self->domains, error) : NULL;
    if (!self->users)
        return FALSE;
    self->domain = domain_survey_find(self->domains, name);
    if (self->domain)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("The domain '%s' was undefined meanwhile"), name);

    return FALSE;
}

DetachPlan *
detach_plan_make(Hypervisor *hypervisor, const char *word, GError **error)
{
    g_autoptr(DetachPlan) self = g_new0(DetachPlan, 1);
    const DomainSurvey *domain;

    self->disks = g_ptr_array_new_with_free_func(detach_disk_free);
    if (!hypervisor->ops->sees(hypervisor, NULL, error) ||
        !survey_for(self, hypervisor, word, error))
        return NULL;
    domain = self->domain;
    if ((domain->active && !look_at_document(self, domain->xml, FALSE, error)) ||
        (domain->persistent && !look_at_document(self, domain->persistent, TRUE, error)))
        return NULL;
    if (self->disks->len > 0 &&
        (!domain_job_check(hypervisor, domain->uuid, domain->name, error) ||
         !check_states(self, error) || !check_disks(self, hypervisor, error)))
        return NULL;

    return g_steal_pointer(&self);
}

static gboolean
mend_disk(const DetachPlan *self, xmlNode *node)
{
    g_autofree char *target = xml_text(node, "./target/@dev");
    const Layer *top = target ? find_top(self, target, TRUE) : NULL;
    xmlNode *below;

    if (!top || top->backing || names_export_below(node) != EXPORT_YES)
        return FALSE;
    while ((below = xml_child(node, "backingStore", NULL))) {
        xmlUnlinkNode(below);
        xmlFreeNode(below);
    }
    xml_add(node, "backingStore", NULL);

    return TRUE;
}

char *
detach_plan_mend(const DetachPlan *self, GError **error)
{
    const char *text = self->domain->persistent;
    g_autoptr(xmlDoc) doc = text ? xml_parse(text, strlen(text), _("domain XML"), error) : NULL;
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk") : NULL;
    gboolean changed = FALSE;

    for (guint i = 0; disks && i < disks->len; i++)
        changed = mend_disk(self, g_ptr_array_index(disks, i)) || changed;

    return changed ? xml_doc_to_string(doc) : NULL;
}

const char *
detach_method_name(DetachMethod method)
{
    static const char *const names[] = {
        [DETACH_PULL] = "pull",
        [DETACH_FLATTEN] = "flatten",
        [DETACH_MEND] = "mend",
    };

    return names[method];
}

void
detach_plan_free(DetachPlan *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->disks);
    image_users_free(self->users);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_free(self);
}
