/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor/drivers.h"
#include "hypervisor/snapshot-ops.h"
#include "snapshot/apply-member.h"
#include "snapshot/image-rename.h"
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
describe_kept(const ApplyPlan *plan, const ApplyMember *member, GError **error)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "domainsnapshot", NULL);
    xmlNode *memory, *disks;

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", plan->before);
    if (member->internal)
        return xml_doc_to_string(doc);
    memory = xml_add(root, "memory", NULL);
    xml_set(memory, "snapshot", member->kept_memory ? "external" : "no");
    xml_set(memory, "file", member->kept_memory);
    disks = xml_add(root, "disks", NULL);
    add_new_layers(disks, member);

    return add_other_disks(disks, member, error) ? xml_doc_to_string(doc) : NULL;
}

/* The domain was paused only while the snapshot was taken, so the snapshot is recorded as one of
 * a running domain. */
static gboolean
mark_running(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
             GError **error)
{
    g_autoptr(DomainRecord) record = hypervisor->ops->resolve(
        hypervisor, member->domain->name, plan->before, FALSE, TRUE, error);
    const SnapshotRecord *kept = record ? g_ptr_array_index(record->snapshots, 0) : NULL;
    g_autoptr(xmlDoc) doc =
        kept ? xml_parse(kept->xml, strlen(kept->xml), _("snapshot XML"), error) : NULL;
    xmlNode *state = doc ? xml_node(xmlDocGetRootElement(doc), "./state") : NULL;
    g_autofree char *xml = NULL;

    if (!state)
        return FALSE;
    xmlNodeSetContent(state, BAD_CAST "running");
    xml = xml_doc_to_string(doc);

    return hypervisor->ops->redefine_snapshot(hypervisor, member->domain->name, xml, TRUE, error);
}

gboolean
apply_member_keep(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                  GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    const char *uuid = member->domain->uuid;
    g_autofree char *xml = describe_kept(plan, member, error);

    if (!xml || (member->domain->running && !ops->pause(hypervisor, uuid, TRUE, error)))
        return FALSE;

    if (!ops->take_snapshot(hypervisor, uuid, xml, !member->internal && !member->domain->active,
                            error))
        return FALSE;

    return !member->domain->running || mark_running(hypervisor, plan, member, error);
}

/* --- new layers ------------------------------------------------------------------------- */

static gboolean
make_layer(const ApplyDisk *disk, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(disk->overlay);
    g_autofree char *name = g_path_get_basename(disk->overlay);
    auto_fd dirfd = fd_open_dir(AT_FDCWD, directory, error);

    if (dirfd < 0 || !drivers_get()->create_overlay(dirfd, name, disk->base->path,
                                                    disk->base->format, disk->base->capacity,
                                                    error))
        return FALSE;

    return fchmodat(dirfd, name, 0600, 0) == 0 && fd_sync(dirfd, directory, error);
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
        return member->def->memory != SNAPSHOT_LOCATION_NO &&
               g_strcmp0(member->def->state, "paused") != 0;

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
switch_by_overlay(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                  GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    g_autofree char *named = with_name(member, member->def->domain_xml, error);
    g_autofree char *xml = named ? with_layers(member, named, error) : NULL;

    return xml && ops->stop(hypervisor, member->domain->uuid, error) &&
           ops->redefine(hypervisor, xml, error) &&
           make_current(hypervisor, member, plan->snapshot, error) &&
           start_paused(hypervisor, plan, member, error);
}

/* Reverts the domain by libvirt. A domain that is to run is left paused, so that all members are
 * resumed together. */
static gboolean
switch_by_libvirt(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                  GError **error)
{
    gboolean on = plan->state != APPLY_AS_IT_WAS || member->def->memory != SNAPSHOT_LOCATION_NO;

    return hypervisor->ops->layers->revert(hypervisor, member->domain->uuid, plan->snapshot,
                                           on ? REVERT_PAUSED : REVERT_AS_IT_WAS, error);
}

gboolean
apply_member_switch(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                    GError **error)
{
    return member->method == APPLY_BY_OVERLAY
               ? switch_by_overlay(hypervisor, plan, member, error)
               : switch_by_libvirt(hypervisor, plan, member, error);
}

gboolean
apply_member_start(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                   GError **error)
{
    return !wants_to_run(plan, member) ||
           hypervisor->ops->layers->pause(hypervisor, member->domain->uuid, FALSE, error);
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

/* Replaces the planned layers of the member by those that libvirt has made. */
static void
find_made(Hypervisor *hypervisor, const ApplyMember *member)
{
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, NULL);
    const DomainSurvey *now =
        domains ? domain_survey_find_uuid(domains, member->domain->uuid) : NULL;

    for (guint i = 0; now && i < member->disks->len; i++) {
        ApplyDisk *disk = g_ptr_array_index(member->disks, i);
        g_autofree char *path = image_of(now->xml, disk->target);

        if (!path || layer_is_at(disk->base, path) || layer_is_at(disk->present, path) ||
            g_str_equal(path, disk->kept))
            continue;
        g_free(disk->overlay);
        disk->overlay = g_steal_pointer(&path);
    }
}

static gboolean
put_back_external(Hypervisor *hypervisor, const ApplyMember *member, GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    const DomainSurvey *domain = member->domain;

    if (!ops->stop(hypervisor, domain->uuid, error) ||
        !ops->redefine(hypervisor, domain->persistent, error) ||
        !make_current(hypervisor, member, domain->current, error))
        return FALSE;

    return !member->kept_memory || ops->restore_with(hypervisor, member->kept_memory, NULL,
                                                     !domain->running, error);
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

/* Removes the overlays that were made for @member. No domain has written anything to them that
 * is to be kept. */
static void
remove_made(const ApplyMember *member)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);

        unlink(disk->kept);
        unlink(disk->overlay);
    }
    if (member->kept_memory)
        unlink(member->kept_memory);
}

/* Resumes a member that was paused and not changed otherwise. */
static gboolean
let_go_on(Hypervisor *hypervisor, const ApplyMember *member, GError **error)
{
    remove_made(member);

    return !member->domain->running ||
           hypervisor->ops->snapshots->resume(hypervisor, member->domain->uuid, error);
}

/* Returns: FALSE if the snapshot that keeps the present state of @member is known to be missing. */
static gboolean
is_kept(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member)
{
    g_autoptr(GPtrArray) names =
        hypervisor->ops->list_snapshots(hypervisor, member->domain->name, NULL);

    return !names ||
           g_ptr_array_find_with_equal_func(names, plan->before, g_str_equal, NULL);
}

gboolean
apply_member_put_back(Hypervisor *hypervisor, const ApplyPlan *plan, const ApplyMember *member,
                      ApplyStep step, GError **error)
{
    gboolean by_libvirt;
    gboolean done;

    if (step == APPLY_STEP_NONE)
        return TRUE;
    if (step == APPLY_STEP_KEPT && !is_kept(hypervisor, plan, member))
        return let_go_on(hypervisor, member, error);
    by_libvirt = step == APPLY_STEP_SWITCHED && !member->internal &&
                 member->method == APPLY_BY_LIBVIRT;
    if (by_libvirt)
        find_made(hypervisor, member);
    done = (!by_libvirt || put_snapshot_back(hypervisor, plan, member, error)) &&
           (member->internal ? put_back_internal(hypervisor, plan, member, error)
                             : put_back_external(hypervisor, member, error));
    if (!done || !hypervisor->ops->layers->delete_snapshot(hypervisor, member->domain->uuid,
                                                           plan->before, !member->internal,
                                                           error))
        return FALSE;
    if (!member->internal)
        remove_made(member);

    return TRUE;
}
