/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "job/job-record-xml.h"
#include "util/error-private.h"
#include "util/xml.h"

/* The type of work in records without a type attribute. */
#define FIRST_TYPE "export"

JobRecord *
job_record_new(guint number, guint uid, JobInfo *info)
{
    JobRecord *self = g_new0(JobRecord, 1);

    *self = (JobRecord){number, uid, info};

    return self;
}

void
job_record_free(JobRecord *self)
{
    if (!self)
        return;
    job_info_free(self->info);
    g_free(self);
}

/* --- writing ------------------------------------------------------------------- */

static void
add_record_number(xmlNode *parent, const char *name, gint64 value)
{
    g_autofree char *text = g_strdup_printf("%" PRId64, value);

    xml_add(parent, name, text);
}

static void
add_record_amount(xmlNode *parent, const char *name, guint64 value)
{
    g_autofree char *text = g_strdup_printf("%" PRIu64, value);

    xml_add(parent, name, text);
}

static void
add_record_texts(xmlNode *parent, const char *name, GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++)
        xml_add(parent, name, g_ptr_array_index(texts, i));
}

static void
add_text_if_set(xmlNode *parent, const char *name, const char *text)
{
    if (text && *text)
        xml_add(parent, name, text);
}

static void
add_work(xmlNode *root, const JobWork *work)
{
    xmlNode *node = xml_add(root, "subject", NULL);

    xml_set(node, "work", work->type->name);
    work->type->format(work, node);
}

static void
add_record_disks(xmlNode *root, GPtrArray *disks)
{
    for (guint i = 0; i < disks->len; i++) {
        const JobDisk *disk = g_ptr_array_index(disks, i);
        xmlNode *node = xml_add(root, "disk", NULL);

        xml_set(node, "domain", disk->domain);
        xml_set(node, "target", disk->target);
        xml_set(node, "path", disk->path);
        xml_set_uint(node, "cur", disk->figures.cur);
        xml_set_uint(node, "end", disk->figures.end);
    }
}

static void
add_findings(xmlNode *parent, GVariant *findings)
{
    g_autofree char *text = findings ? g_variant_print(findings, TRUE) : NULL;

    add_text_if_set(parent, "findings", text);
}

static void
add_report(xmlNode *root, const JobReport *report)
{
    xmlNode *node;

    if (!report)
        return;
    node = xml_add(root, "report", NULL);
    add_text_if_set(node, "directory", report->directory);
    add_text_if_set(node, "base", report->base);
    add_record_texts(node, "domain", report->domains);
    add_record_texts(node, "disk", report->disks);
    add_record_texts(node, "config", report->config);
    add_record_texts(node, "memory", report->memory);
    add_record_texts(node, "guestState", report->guest_state);
    add_findings(node, report->findings);
}

static void
add_times(xmlNode *root, const JobInfo *info)
{
    add_record_number(root, "submitted", info->submitted);
    add_record_number(root, "started", info->started);
    add_record_number(root, "changed", info->changed);
    add_record_number(root, "ended", info->ended);
    add_record_amount(root, "timeBeforeRemoval", info->time_before_removal);
}

char *
job_record_format(const JobRecord *self)
{
    const JobInfo *info = self->info;
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "job");

    xmlDocSetRootElement(doc, root);
    xml_set_uint(root, "number", self->number);
    xml_set_uint(root, "uid", self->uid);
    xml_add(root, "id", info->id);
    xml_add(root, "name", info->name);
    xml_add(root, "owner", info->owner);
    add_record_number(root, "type", info->type);
    xml_add(root, "state", job_state_name(info->state));
    add_record_number(root, "percent", info->percent);
    add_times(root, info);
    add_record_number(root, "errorCode", info->error_code);
    add_text_if_set(root, "error", info->error);
    xml_add(root, "resumable", info->resumable ? "yes" : "no");
    add_record_amount(root, "bandwidth", info->figures.bandwidth);
    add_record_amount(root, "cur", info->figures.cur);
    add_record_amount(root, "end", info->figures.end);
    add_work(root, info->work);
    add_record_disks(root, info->disks);
    add_report(root, info->report);
    add_record_texts(root, "warning", info->warnings);

    return xml_doc_to_string(doc);
}

/* --- reading a document that is valid against the schema ------------------------ */

static gint64
read_record_number(xmlNode *node, const char *path)
{
    g_autofree char *text = xml_text(node, path);

    return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static guint64
read_record_amount(xmlNode *node, const char *path)
{
    g_autofree char *text = xml_text(node, path);

    return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

static guint64
read_attribute_text(xmlNode *node, const char *name)
{
    g_autofree char *text = xml_attr(node, name);

    return text ? g_ascii_strtoull(text, NULL, 10) : 0;
}

static void
read_texts(GPtrArray *texts, xmlNode *node, const char *path)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(node, path);

    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(texts, xml_text(g_ptr_array_index(nodes, i), "."));
}

static void
read_record_disks(JobInfo *info, xmlNode *root)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(root, "disk");

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        g_autofree char *domain = xml_attr(node, "domain");
        g_autofree char *target = xml_attr(node, "target");
        g_autofree char *path = xml_attr(node, "path");
        JobDisk *disk = job_disk_new(domain, target, path);

        disk->figures.type = info->figures.type;
        disk->figures.cur = read_attribute_text(node, "cur");
        disk->figures.end = read_attribute_text(node, "end");
        g_ptr_array_add(info->disks, disk);
    }
}

static gboolean
read_findings(JobReport *report, xmlNode *node, GError **error)
{
    g_autofree char *text = xml_text(node, "findings");
    g_autoptr(GError) why = NULL;

    if (!text)
        return TRUE;
    report->findings = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &why);
    if (!report->findings)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("the findings of the job cannot be read: %s"), why->message);

    return report->findings != NULL;
}

static gboolean
read_report(JobInfo *info, xmlNode *root, GError **error)
{
    xmlNode *node = xml_node(root, "report");
    JobReport *report;

    if (!node)
        return TRUE;
    info->report = report = job_report_new();
    report->directory = xml_text(node, "directory");
    report->base = xml_text(node, "base");
    read_texts(report->domains, node, "domain");
    read_texts(report->disks, node, "disk");
    read_texts(report->config, node, "config");
    read_texts(report->memory, node, "memory");
    read_texts(report->guest_state, node, "guestState");

    return read_findings(report, node, error);
}

static void
read_times(JobInfo *info, xmlNode *root)
{
    info->submitted = read_record_number(root, "submitted");
    info->started = read_record_number(root, "started");
    info->changed = read_record_number(root, "changed");
    info->ended = read_record_number(root, "ended");
    info->time_before_removal = read_record_amount(root, "timeBeforeRemoval");
}

static void
read_record_state(JobInfo *info, xmlNode *root)
{
    g_autofree char *state = xml_text(root, "state");

    info->type = (guint)read_record_number(root, "type");
    info->state = job_state_from_name(state);
    info->percent = (guint)read_record_number(root, "percent");
    info->error_code = (guint)read_record_number(root, "errorCode");
    info->error = xml_text(root, "error");
    info->resumable = xml_is_yes(root, "./resumable", FALSE);
    info->cancellable = !job_state_is_final(info->state);
}

static gboolean
read_info(JobInfo *info, const JobWorkType *type, xmlNode *root, GError **error)
{
    info->id = xml_text(root, "id");
    info->name = xml_text(root, "name");
    info->owner = xml_text(root, "owner");
    read_record_state(info, root);
    read_times(info, root);
    info->figures = (JobFigures){
        .type = type->block_type,
        .bandwidth = read_record_amount(root, "bandwidth"),
        .cur = read_record_amount(root, "cur"),
        .end = read_record_amount(root, "end"),
    };
    read_record_disks(info, root);
    read_texts(info->warnings, root, "warning");
    if (!read_report(info, root, error))
        return FALSE;
    info->work = type->parse(xml_node(root, "subject"), error);

    return info->work != NULL;
}

/* The type of the record's work; records of the first version have none and are exports. It is
 * looked up before validation, because the schema only allows the types that this version knows. */
static const JobWorkType *
type_of(xmlNode *root, GError **error)
{
    xmlNode *node = xml_node(root, "subject");
    g_autofree char *name = node ? xml_attr(node, "work") : NULL;
    const JobWorkType *type = job_work_type_find(name ? name : FIRST_TYPE);

    if (!type)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the job is of the type '%s', which this version of virtsnap does not know; "
                      "the version that made it does, or a later one"),
                    name ? name : FIRST_TYPE);

    return type;
}

static JobRecord *
parse_valid_record(const char *text, gsize length, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(text, length, _("the job's record"), error);
    g_autoptr(JobInfo) info = job_info_new();
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    const JobWorkType *type = root ? type_of(root, error) : NULL;

    if (!type || !xml_validate(doc, JOB_RECORD_SCHEMA, _("the job's record"), error) ||
        !read_info(info, type, root, error))
        return NULL;

    return job_record_new((guint)read_attribute_text(root, "number"),
                          (guint)read_attribute_text(root, "uid"),
                          g_steal_pointer(&info));
}

JobRecord *
job_record_parse(const char *text, gsize length, GError **error)
{
    JobRecord *self = parse_valid_record(text, length, error);

    /* No user writes these files, so an invalid one has been damaged. */
    if (!self)
        error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);

    return self;
}
