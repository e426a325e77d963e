/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "job/job-info.h"
#include "util/xml.h"

/* Values of ErrorType in Msvm_Error, which is a CIM_Error. */
enum {
    TYPE_COMMUNICATIONS = 2,
    TYPE_SOFTWARE = 4,
    TYPE_SECURITY = 7,
    TYPE_UNAVAILABLE_RESOURCE = 9,
    TYPE_UNSUPPORTED_OPERATION = 10,
};

/* Values of CIMStatusCode in Msvm_Error (DMTF DSP0200). */
enum {
    STATUS_FAILED = 1,
    STATUS_ACCESS_DENIED = 2,
    STATUS_INVALID_PARAMETER = 4,
    STATUS_NOT_FOUND = 6,
    STATUS_NOT_SUPPORTED = 7,
    STATUS_ALREADY_EXISTS = 11,
};

/* Value of ErrorSourceFormat in Msvm_Error. */
#define SOURCE_OBJECT_PATH 2

/* The error codes that have a more specific ErrorType or CIMStatusCode than the general ones. */
static const struct {
    guint code;
    guint type;
    guint status;
} kinds[] = {
    {VIRT_SNAP_ERROR_NOT_SUPPORTED, TYPE_UNSUPPORTED_OPERATION, STATUS_NOT_SUPPORTED},
    {VIRT_SNAP_ERROR_INVALID_PARAMETER, TYPE_SOFTWARE, STATUS_INVALID_PARAMETER},
    {VIRT_SNAP_ERROR_ACCESS_DENIED, TYPE_SECURITY, STATUS_ACCESS_DENIED},
    {VIRT_SNAP_ERROR_IN_USE, TYPE_UNAVAILABLE_RESOURCE, STATUS_FAILED},
    {VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE, TYPE_COMMUNICATIONS, STATUS_FAILED},
    {VIRT_SNAP_ERROR_OUT_OF_MEMORY, TYPE_UNAVAILABLE_RESOURCE, STATUS_FAILED},
    {VIRT_SNAP_ERROR_NOT_FOUND, TYPE_SOFTWARE, STATUS_NOT_FOUND},
    {VIRT_SNAP_ERROR_ALREADY_EXISTS, TYPE_SOFTWARE, STATUS_ALREADY_EXISTS},
    {VIRT_SNAP_ERROR_NO_SPACE, TYPE_UNAVAILABLE_RESOURCE, STATUS_FAILED},
};

static void
add_property(xmlNode *instance, const char *name, const char *type, const char *value)
{
    xmlNode *property = xml_add(instance, "PROPERTY", NULL);

    xml_set(property, "NAME", name);
    xml_set(property, "TYPE", type);
    xml_add(property, "VALUE", value);
}

static void
add_number_property(xmlNode *instance, const char *name, const char *type, guint value)
{
    g_autofree char *text = g_strdup_printf("%u", value);

    add_property(instance, name, type, text);
}

static void
add_kind(xmlNode *instance, guint code)
{
    guint type = TYPE_SOFTWARE;
    guint status = STATUS_FAILED;

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].code == code) {
            type = kinds[i].type;
            status = kinds[i].status;
        }
    }
    add_number_property(instance, "ErrorType", "uint16", type);
    add_number_property(instance, "CIMStatusCode", "uint32", status);
}

GError *
job_info_error(const JobInfo *self)
{
    if (!job_state_is_final(self->state) || job_state_is_success(self->state))
        return NULL;

    return g_error_new_literal(
        VIRT_SNAP_ERROR, self->error_code ? (gint)self->error_code : VIRT_SNAP_ERROR_CANCELLED,
        self->error ? self->error : _(self->work->type->cancelled));
}

char *
job_info_error_xml(const JobInfo *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *instance = xmlNewDocNode(doc, NULL, BAD_CAST "INSTANCE", NULL);
    g_autofree char *source = g_strdup_printf("Msvm_ConcreteJob.InstanceID=\"%s\"", self->id);

    xmlDocSetRootElement(doc, instance);
    if (self->error_code == 0)
        return NULL;
    xml_set(instance, "CLASSNAME", "Msvm_Error");
    add_kind(instance, self->error_code);
    add_property(instance, "ErrorSource", "string", source);
    add_number_property(instance, "ErrorSourceFormat", "uint16", SOURCE_OBJECT_PATH);
    add_number_property(instance, "MessageID", "string", self->error_code);
    add_property(instance, "Message", "string", self->error ? self->error : "");
    add_property(instance, "OwningEntity", "string", PACKAGE_NAME);

    return xml_node_to_string(instance);
}
