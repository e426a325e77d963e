/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "snapshot/image-users.h"
#include "util/xml.h"

/* --- layers ------------------------------------------------------------------ */

gboolean
layer_is_same(const Layer *one, const Layer *other)
{
    return one->block == other->block && one->device == other->device &&
           one->inode == other->inode;
}

const Layer *
layer_in(const Layer *top, const Layer *layer)
{
    for (; top; top = top->backing) {
        if (layer_is_same(top, layer))
            return top;
    }

    return NULL;
}

const Layer *
layer_above(const Layer *top, const Layer *layer)
{
    for (; top && top->backing; top = top->backing) {
        if (layer_is_same(top->backing, layer))
            return top;
    }

    return NULL;
}

/* --- looking at them ---------------------------------------------------------- */

/* A disk as one document has it. */
typedef struct {
    const char *target;
    const StorageDef *storage;
    gboolean removable;
} UsedDisk;

static gboolean
is_removable(const char *device)
{
    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

static void
image_user_free(gpointer data)
{
    ImageUser *user = data;

    g_free(user->target);
    g_free(user);
}

static void
image_trace_free(gpointer data)
{
    ImageTrace *trace = data;

    g_free(trace->target);
    image_set_free(trace->files);
    g_clear_error(&trace->why);
    g_clear_error(&trace->problem);
    g_free(trace);
}

static void
image_snapshot_free(gpointer data)
{
    ImageSnapshot *snapshot = data;

    snapshot_def_free(snapshot->def);
    g_free(snapshot);
}

static char *
describe(const DomainSurvey *domain, const char *snapshot)
{
    if (snapshot)
        return g_strdup_printf(_("the snapshot '%s' of the domain '%s'"), snapshot, domain->name);

    return g_strdup_printf(_("the domain '%s'"), domain->name);
}

char *
image_user_describe(const ImageUser *user)
{
    return describe(user->domain, user->snapshot);
}

char *
image_trace_describe(const ImageTrace *trace)
{
    return describe(trace->domain, trace->snapshot);
}

/* Returns: the image's chain as the headers have it, or where they do not as the XML has it. */
static const Layer *
resolve_used_image(ImageUsers *self, const StorageDef *storage, GError **error)
{
    const ChainImage image = {storage->path, storage->format, storage->encryption != NULL,
                              IMAGE_ON_ANY};
    g_autoptr(GError) ignored = NULL;
    const Layer *top = chain_resolve(self->chains, &image, 1, FALSE, &ignored);

    return top ? top : storage_def_resolve(storage, self->chains, error);
}

static void
warn_once(ImageUsers *self, char *text)
{
    if (g_ptr_array_find_with_equal_func(self->warnings, text, g_str_equal, NULL))
        g_free(text);
    else
        g_ptr_array_add(self->warnings, text);
}

/* Keeps what hides more than what was kept before: an image that does not exist needs nothing as
 * long as nobody brings it back. */
static void
keep_worst(ImageTrace *trace, GError *problem)
{
    if (trace->problem &&
        !g_error_matches(trace->problem, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND)) {
        g_error_free(problem);
        return;
    }
    g_clear_error(&trace->problem);
    trace->problem = problem;
}

/* What libvirt does not know cannot be started. But a domain that runs has its images open, also
 * those that libvirt has forgotten. */
static gboolean
is_gone(const ImageTrace *trace, const GError *missing)
{
    return g_error_matches(missing, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND) &&
           (trace->snapshot || !trace->domain->active);
}

/* A volume that is on another server is no local image, and one that does not exist is as a file
 * that does not. */
static void
trace_volume(ImageTrace *trace, const StorageDef *storage)
{
    const GError *missing = storage->missing;

    if (missing && g_error_matches(missing, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED))
        return;
    if (missing)
        keep_worst(trace, g_error_new_literal(VIRT_SNAP_ERROR,
                                              is_gone(trace, missing)
                                                  ? VIRT_SNAP_ERROR_NOT_FOUND
                                                  : VIRT_SNAP_ERROR_INVALID_STATE,
                                              missing->message));
    else
        keep_worst(trace, g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                                      _("where the volume '%s' of the storage pool '%s' is, is "
                                        "not known"),
                                      storage->volume, storage->pool));
}

/* Adds the files of one image that the XML names. @below: and what its header leads to. */
static void
trace_storage(ImageTrace *trace, const StorageDef *storage, gboolean below)
{
    GError *problem = NULL;
    const char *format = storage->format ? storage->format : "raw";

    if (!storage->path) {
        if (storage->pool)
            trace_volume(trace, storage);
        return;
    }
    if (below ? !image_set_trace(trace->files, storage->path, format, &problem)
              : !image_set_add(trace->files, storage->path, &problem))
        keep_worst(trace, problem);
}

static void
trace_chain(ImageTrace *trace, const StorageDef *storage)
{
    trace_storage(trace, storage, TRUE);
    for (storage = storage->backing; storage; storage = storage->backing)
        trace_storage(trace, storage, !storage->backing && !storage->ends);
}

static void
warn_missing(ImageUsers *self, const ImageTrace *trace)
{
    g_autofree char *who = image_trace_describe(trace);

    if (g_error_matches(trace->problem, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        warn_once(self, g_strdup_printf(_("Which layers %s needs could not be seen: %s"), who,
                                        trace->problem->message));
}

/* Notes the files of a disk whose chain cannot be resolved (@why), or for which the XML has a chain
 * of its own. What is in a removable drive, and gone or out of sight, is installation media that
 * nobody cares for any more, and no disk that could be destroyed. */
static gboolean
add_trace(ImageUsers *self, const ImageUser *model, const UsedDisk *disk, const GError *why,
          GError **error)
{
    ImageTrace *trace = g_new0(ImageTrace, 1);
    g_autofree char *who = NULL;

    g_ptr_array_add(self->traces, trace);
    trace->domain = model->domain;
    trace->snapshot = model->snapshot;
    trace->target = g_strdup(disk->target);
    trace->files = image_set_new();
    if (!why && g_error_matches(disk->storage->missing, VIRT_SNAP_ERROR,
                                VIRT_SNAP_ERROR_NOT_FOUND))
        why = disk->storage->missing;
    trace->why = why ? g_error_copy(why) : NULL;
    trace_chain(trace, disk->storage);
    if (disk->removable)
        g_clear_error(&trace->problem);
    warn_missing(self, trace);
    if (!g_error_matches(trace->problem, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED))
        return TRUE;
    who = image_trace_describe(trace);
    g_propagate_prefixed_error(error, g_error_copy(trace->problem),
                               _("Cannot see which layers %s needs: "), who);

    return FALSE;
}

static gboolean
add_user(ImageUsers *self, const ImageUser *model, const UsedDisk *disk, GError **error)
{
    const StorageDef *storage = disk->storage;
    g_autoptr(GError) problem = NULL;
    const Layer *top = storage->path ? resolve_used_image(self, storage, &problem) : NULL;
    ImageUser *user;

    if (top) {
        user = g_memdup2(model, sizeof *model);
        user->target = g_strdup(disk->target);
        user->top = top;
        g_ptr_array_add(self->users, user);
    }
    /* The XML of a snapshot is not changed when layers below it are merged. */
    if (top && (model->snapshot || !storage->backing))
        return TRUE;

    return add_trace(self, model, disk, problem, error);
}

static gboolean
add_document(ImageUsers *self, const ImageUser *model, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk") : NULL;

    if (!doc)
        return FALSE;
    for (guint i = 0; i < disks->len; i++) {
        xmlNode *node = g_ptr_array_index(disks, i);
        g_autoptr(StorageDef) storage = storage_def_parse(node);
        g_autofree char *target = xml_text(node, "./target/@dev");
        g_autofree char *device = xml_text(node, "./@device");
        const UsedDisk disk = {target ? target : "?", storage, is_removable(device)};

        if (model->domain->volumes)
            storage_def_find_volumes(storage, model->domain->volumes);
        if (!add_user(self, model, &disk, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
add_user_disks(ImageUsers *self, const ImageUser *model, GPtrArray *disks, GError **error)
{
    for (guint i = 0; disks && i < disks->len; i++) {
        const DiskDef *def = g_ptr_array_index(disks, i);
        const UsedDisk disk = {def->target, def->storage, is_removable(def->device)};

        if (!add_user(self, model, &disk, error))
            return FALSE;
    }

    return TRUE;
}

/* Adds the images of one domain. An image that cannot be read has no chain that could be found. */
static gboolean
add_user_snapshot(ImageUsers *self, const DomainSurvey *domain, const SnapshotRecord *record,
                  GError **error)
{
    const ImageUser model = {.domain = domain, .snapshot = record->name};
    g_autoptr(GError) problem = NULL;
    SnapshotDef *def = snapshot_def_parse(record->xml, record->name, &problem);
    ImageSnapshot *snapshot;

    if (!def) {
        warn_once(self, g_strdup(problem->message));
        return TRUE;
    }
    if (domain->volumes)
        snapshot_def_find_volumes(def, domain->volumes);
    snapshot = g_new0(ImageSnapshot, 1);
    snapshot->domain = domain;
    snapshot->def = def;
    g_ptr_array_add(self->snapshots, snapshot);

    return add_user_disks(self, &model, def->disks, error) &&
           add_user_disks(self, &model, def->inactive_disks, error);
}

static gboolean
add_user_domain(ImageUsers *self, const DomainSurvey *domain, GError **error)
{
    const ImageUser now = {.domain = domain};
    const ImageUser next = {.domain = domain, .persistent = TRUE};

    if (!add_document(self, &now, domain->xml, error) ||
        (domain->persistent && !add_document(self, &next, domain->persistent, error)))
        return FALSE;
    for (guint i = 0; i < domain->snapshots->len; i++) {
        if (!add_user_snapshot(self, domain, g_ptr_array_index(domain->snapshots, i), error))
            return FALSE;
    }

    return TRUE;
}

ImageUsers *
image_users_find(GPtrArray *domains, GError **error)
{
    g_autoptr(ImageUsers) self = g_new0(ImageUsers, 1);

    self->chains = chain_cache_new();
    self->users = g_ptr_array_new_with_free_func(image_user_free);
    self->traces = g_ptr_array_new_with_free_func(image_trace_free);
    self->snapshots = g_ptr_array_new_with_free_func(image_snapshot_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < domains->len; i++) {
        if (!add_user_domain(self, g_ptr_array_index(domains, i), error))
            return NULL;
    }

    return g_steal_pointer(&self);
}

void
image_users_free(ImageUsers *self)
{
    if (!self)
        return;
    chain_cache_free(self->chains);
    g_ptr_array_unref(self->users);
    g_ptr_array_unref(self->traces);
    g_ptr_array_unref(self->snapshots);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

/* --- questions ----------------------------------------------------------------- */

const SnapshotDef *
image_users_snapshot(const ImageUsers *self, const DomainSurvey *domain, const char *name)
{
    for (guint i = 0; i < self->snapshots->len; i++) {
        const ImageSnapshot *snapshot = g_ptr_array_index(self->snapshots, i);

        if (snapshot->domain == domain && g_str_equal(snapshot->def->name, name))
            return snapshot->def;
    }

    return NULL;
}

static gboolean
is_blind(const ImageTrace *trace)
{
    return trace->problem &&
           !g_error_matches(trace->problem, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

static void
add_blind(GPtrArray *list, const ImageTrace *trace)
{
    g_autofree char *who = image_trace_describe(trace);
    char *text =
        g_strdup_printf(_("%s, disk '%s': %s"), who, trace->target, trace->problem->message);

    if (g_ptr_array_find_with_equal_func(list, text, g_str_equal, NULL))
        g_free(text);
    else
        g_ptr_array_add(list, text);
}

/* The domains may be those of an earlier survey. */
static gboolean
is_of_any(const ImageTrace *trace, GPtrArray *domains, const char *snapshot)
{
    return domains && g_strcmp0(trace->snapshot, snapshot) == 0 &&
           domain_survey_find_uuid(domains, trace->domain->uuid);
}

gboolean
image_users_check(const ImageUsers *self, GPtrArray *domains, const char *snapshot,
                  GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;

    for (guint i = 0; i < self->traces->len; i++) {
        const ImageTrace *trace = g_ptr_array_index(self->traces, i);

        if (is_blind(trace) && !is_of_any(trace, domains, snapshot))
            add_blind(list, trace);
    }
    if (list->len == 0)
        return TRUE;
    g_ptr_array_add(list, NULL);
    text = g_strjoinv("; ", (char **)list->pdata);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Which images are needed by others cannot be seen (%s), so none is merged or "
                  "removed. Mend that, or undefine the domain or remove the snapshot that names "
                  "it; or remove only what libvirt knows of the set, with --metadata"),
                text);

    return FALSE;
}

gboolean
image_trace_is_of(const ImageTrace *trace, const DomainSurvey *domain, const char *snapshot)
{
    return snapshot && trace->domain == domain && g_strcmp0(trace->snapshot, snapshot) == 0;
}

const Layer *
image_users_resolve(const ImageUsers *self, const char *path, const char *format, GError **error)
{
    const ChainImage image = {path, format, FALSE, IMAGE_ON_ANY};

    return chain_resolve(self->chains, &image, 1, FALSE, error);
}
