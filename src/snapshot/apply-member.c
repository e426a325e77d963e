/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor/drivers.h"
#include "hypervisor/snapshot-ops.h"
#include "snapshot/apply-files.h"
#include "snapshot/apply-kept.h"
#include "snapshot/apply-member.h"
#include "snapshot/image-rename.h"
#include "snapshot/snapshot-running.h"
#include "util/fd.h"
#include "util/xml.h"

/* --- the present state is kept -------------------------------------------------------- */

static gboolean
is_part(const ApplyMember *member, const char *target)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);

        if (g_str_equal(disk->target, target))
            return TRUE;
    }

    return FALSE;
}

/* Adds the disks that the domain has and the snapshot does not cover, as not to be snapshotted. */
static gboolean
add_other_disks(xmlNode *disks, const ApplyMember *member, GError **error)
{
    const char *xml = member->domain->xml;
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) nodes =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk/target/@dev") : NULL;

    for (guint i = 0; nodes && i < nodes->len; i++) {
        g_autofree char *target = xml_text(g_ptr_array_index(nodes, i), ".");
        xmlNode *node;

        if (is_part(member, target))
            continue;
        node = xml_add(disks, "disk", NULL);
        xml_set(node, "name", target);
        xml_set(node, "snapshot", "no");
    }

    return doc != NULL;
}

static void
add_new_layers(xmlNode *disks, const ApplyMember *member)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);
        xmlNode *node = xml_add(disks, "disk", NULL);

        xml_set(node, "name", disk->target);
        xml_set(node, "snapshot", "external");
        xml_set(xml_add(node, "driver", NULL), "type", "qcow2");
        xml_set(xml_add(node, "source", NULL), "file", disk->kept);
    }
}

static char *
describe_kept(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    g_autofree char *mark = set_record_mark(self->record);
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "domainsnapshot", NULL);
    xmlNode *memory, *disks;

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", self->plan->before);
    xml_add(root, "description", mark);
    if (member->internal)
        return xml_doc_to_string(doc);
    memory = xml_add(root, "memory", NULL);
    xml_set(memory, "snapshot", member->kept_memory ? "external" : "no");
    xml_set(memory, "file", member->kept_memory);
    disks = xml_add(root, "disks", NULL);
    add_new_layers(disks, member);

    return add_other_disks(disks, member, error) ? xml_doc_to_string(doc) : NULL;
}

static gboolean
check_free(const char *path, GError **error)
{
    if (!path || !g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("'%s' was made by somebody else meanwhile; try again"), path);

    return FALSE;
}

gboolean
apply_member_hold(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);

        if (!check_free(disk->kept, error))
            return FALSE;
    }
    if (!check_free(member->kept_memory, error))
        return FALSE;

    return !member->domain->running ||
           self->hypervisor->ops->layers->pause(self->hypervisor, member->domain->uuid, TRUE,
                                                error);
}

gboolean
apply_member_keep(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    g_autofree char *xml = describe_kept(self, member, error);

    if (!xml || !self->hypervisor->ops->layers->take_snapshot(
                    self->hypervisor, member->domain->uuid, xml,
                    !member->internal && !member->domain->active, error))
        return FALSE;

    return !member->domain->running ||
           snapshot_mark_running(self->hypervisor, member->domain->name, self->plan->before, error);
}

/* --- new layers ------------------------------------------------------------------------- */

/* The file is made first, for qemu-img would write over one that somebody else has made. */
static gboolean
claim_file(int dirfd, ApplyDisk *disk, const char *name, GError **error)
{
    auto_fd fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    disk->made = fd >= 0;
    if (!disk->made)
        virt_snap_error_set_errno(error, errno, _("Cannot create '%s'"), disk->overlay);

    return disk->made;
}

static gboolean
make_layer(ApplyDisk *disk, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(disk->overlay);
    g_autofree char *name = g_path_get_basename(disk->overlay);
    auto_fd dirfd = fd_open_dir(AT_FDCWD, directory, error);

    if (dirfd < 0 || !claim_file(dirfd, disk, name, error) ||
        !drivers_get()->create_overlay(dirfd, name, disk->base->path, disk->base->format,
                                       disk->base->capacity, error))
        return FALSE;

    return fd_sync(dirfd, directory, error);
}

/* Makes the new overlays, unless libvirt reverts the member: then it makes overlays of its own. */
gboolean
apply_member_make(const ApplyMember *member, GError **error)
{
    for (guint i = 0; member->method == APPLY_BY_OVERLAY && i < member->disks->len; i++) {
        if (!make_layer(g_ptr_array_index(member->disks, i), error))
            return FALSE;
    }

    return TRUE;
}

/* --- going back --------------------------------------------------------------------- */

/* Returns: (transfer full): the domain XML @xml, with the new overlays of @member as its disks. */
static char *
with_layers(const ApplyMember *member, const char *xml, GError **error)
{
    g_autofree char *result = g_strdup(xml);

    for (guint i = 0; result && i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);
        char *next = image_replace(result, disk->target, disk->overlay, error);

        g_free(result);
        result = next;
    }

    return g_steal_pointer(&result);
}

/* Returns: (transfer full): the domain XML @xml under the present name of the domain, which may
 * have been renamed since the snapshot. */
static char *
with_name(const ApplyMember *member, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    xmlNode *name = doc ? xml_node(xmlDocGetRootElement(doc), "./name") : NULL;
    g_autofree xmlChar *escaped = NULL;

    if (!name)
        return NULL;
    escaped = xmlEncodeSpecialChars(doc, BAD_CAST member->domain->name);
    xmlNodeSetContent(name, escaped);

    return xml_doc_to_string(doc);
}

static gboolean
wants_to_run(const ApplyPlan *plan, const ApplyMember *member)
{
    if (plan->state == APPLY_AS_IT_WAS)
        return member->def->memory != SNAPSHOT_LOCATION_NO && member->ran;

    return plan->state == APPLY_RUNNING;
}

const char *
apply_member_after(const ApplyPlan *plan, const ApplyMember *member)
{
    if (plan->state == APPLY_AS_IT_WAS && member->def->memory == SNAPSHOT_LOCATION_NO)
        return "shutoff";

    return wants_to_run(plan, member) ? "running" : "paused";
}

/* Brings the domain up with its processors paused: from the memory of the snapshot if it has
 * one, otherwise by a start if it is to run or to be paused. */
static gboolean
start_paused(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
             GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    g_autofree char *saved = NULL;
    g_autofree char *xml = NULL;

    if (member->def->memory == SNAPSHOT_LOCATION_EXTERNAL) {
        saved = ops->saved_xml(hypervisor, member->def->memory_file, error);
        xml = saved ? with_layers(member, saved, error) : NULL;
        return xml && ops->restore_with(hypervisor, member->def->memory_file, xml, TRUE, error);
    }

    return plan->state == APPLY_AS_IT_WAS ||
           ops->start(hypervisor, member->domain->uuid, TRUE, error);
}

/* Makes @snapshot the domain's current one, so that libvirt makes the next snapshot its child. */
static gboolean
make_current(Hypervisor *hypervisor, const ApplyMember *member, const char *snapshot,
             GError **error)
{
    const SnapshotRecord *record =
        snapshot ? domain_survey_snapshot(member->domain, snapshot) : NULL;

    return !record || hypervisor->ops->redefine_snapshot(hypervisor, member->domain->name,
                                                         record->xml, TRUE, error);
}

static gboolean
switch_by_overlay(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    Hypervisor *hypervisor = self->hypervisor;
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    g_autofree char *named = with_name(member, member->def->domain_xml, error);
    g_autofree char *xml = named ? with_layers(member, named, error) : NULL;

    return xml && ops->stop(hypervisor, member->domain->uuid, error) &&
           ops->redefine(hypervisor, xml, error) &&
           make_current(hypervisor, member, self->plan->snapshot, error) &&
           start_paused(hypervisor, self->plan, member, error);
}

/* Reverts the domain by libvirt. A domain that is to run is left paused, so that all members are
 * resumed together. */
static gboolean
switch_by_libvirt(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    const ApplyPlan *plan = self->plan;
    gboolean on = plan->state != APPLY_AS_IT_WAS || member->def->memory != SNAPSHOT_LOCATION_NO;

    return self->hypervisor->ops->layers->revert(self->hypervisor, member->domain->uuid,
                                                 plan->snapshot,
                                                 on ? REVERT_PAUSED : REVERT_AS_IT_WAS, error);
}

gboolean
apply_member_switch(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    return member->method == APPLY_BY_OVERLAY ? switch_by_overlay(self, member, error)
                                              : switch_by_libvirt(self, member, error);
}

gboolean
apply_member_start(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    return !wants_to_run(self->plan, member) ||
           self->hypervisor->ops->layers->pause(self->hypervisor, member->domain->uuid, FALSE,
                                                error);
}

/* --- putting back ------------------------------------------------------------------ */

/* Undoes what libvirt has changed in its description of the snapshot while it reverted to it. */
static gboolean
put_snapshot_back(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                  GError **error)
{
    const SnapshotRecord *record = domain_survey_snapshot(member->domain, plan->snapshot);

    return hypervisor->ops->redefine_snapshot(hypervisor, member->domain->name, record->xml,
                                              FALSE, error);
}

/* Returns: (transfer full) (nullable): the image of the disk in @xml if it is a layer that libvirt
 * has made for the way back: directly on what the snapshot froze. */
static char *
layer_made_in(const char *xml, const ImageUsers *users, const ApplyDisk *disk)
{
    g_autofree char *path = image_of(xml, disk->target);
    const Layer *layer = NULL;

    if (path && !layer_is_at(disk->present, path) && !g_str_equal(path, disk->kept))
        layer = image_users_resolve(users, path, "qcow2", NULL);

    return layer && layer->backing && layer_is_same(layer->backing, disk->base)
               ? g_steal_pointer(&path)
               : NULL;
}

/* Replaces the planned layers of the member by those that libvirt has made. */
static void
find_made(Hypervisor *hypervisor, const ApplyMember *member)
{
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, NULL);
    g_autoptr(ImageUsers) users = domains ? image_users_find(domains, NULL) : NULL;
    const DomainSurvey *now =
        users ? domain_survey_find_uuid(domains, member->domain->uuid) : NULL;

    for (guint i = 0; now && i < member->disks->len; i++) {
        ApplyDisk *disk = g_ptr_array_index(member->disks, i);
        char *path = layer_made_in(now->xml, users, disk);

        if (!path)
            continue;
        g_free(disk->overlay);
        disk->overlay = path;
        disk->made = TRUE;
    }
}

static gboolean
exchange_back(Hypervisor *hypervisor, const ApplyMember *member, GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    const DomainSurvey *domain = member->domain;

    if (!ops->stop(hypervisor, domain->uuid, error) ||
        !ops->redefine(hypervisor, domain->persistent, error))
        return FALSE;

    return !member->kept_memory || ops->restore_with(hypervisor, member->kept_memory, NULL,
                                                     !domain->running, error);
}

/* After the domain is back, for which snapshot is the current one is not worth its standing still
 * where libvirt cannot write that down. */
static void
put_current_back(const ApplyContext *self, const ApplyMember *member)
{
    g_autoptr(GError) error = NULL;

    if (!make_current(self->hypervisor, member, member->domain->current, &error))
        g_ptr_array_add(self->warnings, g_strdup(error->message));
}

static gboolean
put_back_internal(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                  GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    RevertState state = !member->domain->active   ? REVERT_AS_IT_WAS
                        : member->domain->running ? REVERT_RUNNING
                                                  : REVERT_PAUSED;

    return ops->revert(hypervisor, member->domain->uuid, plan->before, state, error) &&
           make_current(hypervisor, member, member->domain->current, error);
}

/* Removes what was made for @member. An overlay that it has written to, though its state was to be
 * kept as it is below, is left. */
static void
remove_made(const ApplyContext *self, const ApplyMember *member)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);

        if (apply_file_is_blank(disk->kept))
            g_ptr_array_add(paths, disk->kept);
        else
            g_ptr_array_add(self->warnings,
                            g_strdup_printf(_("'%s' is left: the domain '%s' has written to it "
                                              "meanwhile"),
                                            disk->kept, member->domain->name));
        if (disk->made)
            g_ptr_array_add(paths, disk->overlay);
    }
    if (member->kept_memory)
        g_ptr_array_add(paths, member->kept_memory);
    apply_files_remove(self->hypervisor, paths, self->warnings);
}

static gboolean
let_go_on(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    return !member->domain->running ||
           self->hypervisor->ops->snapshots->resume(self->hypervisor, member->domain->uuid, error);
}

/* The snapshot is not there. A domain that is on the overlays all the same is brought back to its
 * former layers. */
static gboolean
put_back_unkept(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    const SetMember *record = set_record_member(self->record, member->domain->uuid);

    if (!apply_unkept_put_back(self->hypervisor, record, self->warnings, error))
        return FALSE;
    remove_made(self, member);

    return TRUE;
}

/* Returns: FALSE with IN_USE if somebody has let the domain run since its state was kept: what it
 * has written since would be lost. */
static gboolean
check_stood_still(const ApplyContext *self, const ApplyMember *member, GError **error)
{
    DomainState state;
    gboolean still;

    if (!member->domain->active)
        return TRUE;
    if (!self->hypervisor->ops->snapshots->state(self->hypervisor, member->domain->uuid, &state,
                                                 error))
        return FALSE;
    still = state != DOMAIN_STATE_RUNNING;
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);

        still = still && apply_file_is_blank(disk->kept);
    }
    if (!still)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("somebody has resumed it meanwhile; the next command for its snapshots puts "
                      "it back with all that it has written since"));

    return still;
}

static gboolean
put_back_external(const ApplyContext *self, const ApplyMember *member, ApplyStep step,
                  GError **error)
{
    gboolean by_libvirt =
        step == APPLY_STEP_SWITCHED && member->method == APPLY_BY_LIBVIRT;

    if (step != APPLY_STEP_SWITCHED && !check_stood_still(self, member, error))
        return FALSE;
    if (by_libvirt)
        find_made(self->hypervisor, member);

    if ((by_libvirt && !put_snapshot_back(self->hypervisor, self->plan, member, error)) ||
        !exchange_back(self->hypervisor, member, error))
        return FALSE;
    if (step == APPLY_STEP_SWITCHED)
        put_current_back(self, member);

    return TRUE;
}

static gboolean
put_back_kept(const ApplyContext *self, const ApplyMember *member, ApplyStep step, GError **error)
{
    gboolean done = member->internal
                        ? put_back_internal(self->hypervisor, self->plan, member, error)
                        : put_back_external(self, member, step, error);

    if (!done || !self->hypervisor->ops->layers->delete_snapshot(
                     self->hypervisor, member->domain->uuid, self->plan->before,
                     !member->internal, error))
        return FALSE;
    if (!member->internal)
        remove_made(self, member);

    return TRUE;
}

gboolean
apply_member_put_back(const ApplyContext *self, const ApplyMember *member, ApplyStep step,
                      GError **error)
{
    ApplyKept kept;

    if (step == APPLY_STEP_NONE)
        return TRUE;
    if (step == APPLY_STEP_HELD)
        return let_go_on(self, member, error);
    if (!apply_kept_look(self->hypervisor, self->record, member->domain->uuid, &kept, error))
        return FALSE;
    if (kept == APPLY_KEPT_NOT && step == APPLY_STEP_KEPT)
        return put_back_unkept(self, member, error);
    if (kept != APPLY_KEPT_BY_OTHERS)
        return put_back_kept(self, member, step, error);
    apply_warn_of_others(self->record, member->domain->name, self->warnings);
    if (step == APPLY_STEP_KEPT)
        return let_go_on(self, member, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("its snapshot '%s' was made anew by somebody else"), self->plan->before);

    return FALSE;
}
