/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/domain-gate.h"
#include "import/gate-findings.h"
#include "import/gate-table.h"
#include "import/gate-value.h"
#include "util/xml.h"

/* Limits far above what any guest has. The host needs memory for each element. */
#define MOST_ALIKE 1024
#define MOST_ELEMENTS 20000

/* Maximal size of the metadata of other programs; that of oVirt takes some ten KiB. */
#define METADATA_BYTES (256 * 1024)
#define METADATA_DEPTH 64

typedef struct {
    const char *member;
    const char *document;
    const GateRules *rules;
    GPtrArray *findings;
    guint elements; /* number of elements checked so far */
    gboolean full;  /* a limit is exceeded, and no more is checked */
} Gate;

static void check_element(Gate *gate, xmlNode *node, const char *path);

static void
add_refusal(Gate *gate, xmlNode *node, const char *attribute, const char *value, const char *reason)
{
    if (!gate_findings_add(gate->findings, gate->member, gate->document, node, attribute, value,
                           reason))
        gate->full = TRUE;
}

/* --- reasons for elements that are not in the table ----------------------- */

static const char *
unknown_reason(const xmlNode *node)
{
    static const struct {
        const char *name;
        const char *reason;
    } known[] = {
        {"hostdev", N_("it gives a device of the host to the guest")},
        {"filesystem", N_("it gives files of the host to the guest")},
        {"shmem", N_("it shares memory of the host with the guest")},
        {"lease", N_("it uses a lock of the host")},
        {"pstore", N_("it writes to a file of the host")},
        {"mirror", N_("it belongs to a copy that was under way on another host")},
        {"auth", N_("it uses a secret of the host")},
        {"encryption", N_("it uses a secret of the host")},
        {"launchSecurity", N_("it asks for keys and features of one host's processor")},
        {"slices", N_("it changes what the guest sees of an image")},
        {"dataStore", N_("it names another file of the host")},
        {"log", N_("it writes to a file of the host")},
        {"script", N_("it runs a program of the host")},
        {"downscript", N_("it runs a program of the host")},
        {"portForward", N_("it opens ports of the host")},
    };

    if (node->ns)
        return _("it is not one of libvirt's own elements");
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_str_equal(known[i].name, node->name))
            return _(known[i].reason);
    }

    return _("it is not among the elements that are taken from an export");
}

/* --- metadata ------------------------------------------------------------- */

/* The size of the content of @node; G_MAXSIZE if it has anything but elements, attributes and
 * text. */
static gsize
metadata_bytes(const xmlNode *node, guint depth)
{
    gsize bytes = strlen((const char *)(node->name ? node->name : BAD_CAST ""));

    if (depth > METADATA_DEPTH || (node->type != XML_ELEMENT_NODE && !xmlNodeIsText(node) &&
                                   node->type != XML_CDATA_SECTION_NODE &&
                                   node->type != XML_COMMENT_NODE))
        return G_MAXSIZE;
    if (node->type != XML_ELEMENT_NODE)
        return bytes + (node->content ? strlen((const char *)node->content) : 0);
    if (node->ns && g_strcmp0((const char *)node->ns->href, "http://www.w3.org/2001/XInclude") == 0)
        return G_MAXSIZE;
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next)
        bytes += strlen((const char *)attr->name) +
                 (attr->children && attr->children->content
                      ? strlen((const char *)attr->children->content)
                      : 0);
    for (const xmlNode *child = node->children; child; child = child->next) {
        gsize below = metadata_bytes(child, depth + 1);

        if (below > METADATA_BYTES || bytes > METADATA_BYTES)
            return G_MAXSIZE;
        bytes += below;
    }

    return bytes;
}

static void
check_metadata(Gate *gate, xmlNode *node)
{
    if (metadata_bytes(node, 0) > METADATA_BYTES)
        add_refusal(gate, node, NULL, "",
                    _("it is larger than 256 KiB, deeper than 64 elements, or no plain data"));
}

/* --- disks ---------------------------------------------------------------- */

/* Returns: the target of the disk to which @node, a <source> or <backingStore>, belongs; owned by
 * the caller. */
static char *
disk_target(xmlNode *node)
{
    xmlNode *target = xml_child(node->parent, "target", NULL);

    return target ? xml_attr(target, "dev") : xml_attr(node->parent, "name");
}

static gboolean
is_disk_replaced(Gate *gate, xmlNode *node)
{
    g_autofree char *target = disk_target(node);

    return target && gate->rules->disks && g_strv_contains(gate->rules->disks, target);
}

/* Whether the disk is a drive with a removable medium, which is empty after the import. */
static gboolean
is_removable_drive(xmlNode *node)
{
    g_autofree char *device = xml_attr(node->parent, "device");

    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

/* Checks a <source> or <backingStore> that will be replaced: it may only have what does not change
 * the content of the disk. */
static void
check_replaced_source(Gate *gate, xmlNode *node)
{
    static const char *const attributes[] = {
        "file", "dev",    "dir",  "protocol", "name",      "query",   "tls",   "tlsHostname",
        "pool", "volume", "mode", "type",     "namespace", "managed", "index", NULL};
    static const char *const children[] = {
        "seclabel",  "reservations", "privateData", "host", "auth",    "initiator",
        "address",   "config",       "ssl",         "cookies", "readahead", "timeout",
        "identity",  "knownHosts",   "reconnect",   NULL};

    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        g_autofree char *value = xml_attr(node, (const char *)attr->name);

        if (attr->ns || !g_strv_contains(attributes, (const char *)attr->name))
            add_refusal(gate, node, (const char *)attr->name, value ? value : "",
                        _("it is not among the attributes that are taken from an export"));
    }
    for (xmlNode *child = xmlFirstElementChild(node); child; child = xmlNextElementSibling(child)) {
        if (child->ns || !g_strv_contains(children, (const char *)child->name))
            add_refusal(gate, child, NULL, NULL, unknown_reason(child));
    }
}

static void
check_image_element(Gate *gate, xmlNode *node)
{
    gboolean in_snapshot = !g_str_equal(node->parent->parent->name, "devices");

    if (g_str_equal(node->name, "backingStore")) {
        if (!is_disk_replaced(gate, node) && !is_removable_drive(node) &&
            xmlFirstElementChild(node))
            add_refusal(gate, node, NULL, NULL, _("the export does not hold these images"));
    } else if (in_snapshot || is_disk_replaced(gate, node)) {
        check_replaced_source(gate, node);
    } else if (!is_removable_drive(node)) {
        add_refusal(gate, node, NULL, NULL, _("the export does not hold this image"));
    }
}

/* --- elements ------------------------------------------------------------- */

static void
check_attribute(Gate *gate, xmlNode *node, const xmlAttr *attr, const GateElement *element)
{
    const char *name = (const char *)attr->name;
    const GateValue *known = attr->ns ? NULL : gate_table_attribute(element, name);
    g_autofree char *value = attr->ns ? g_strdup("") : xml_attr(node, name);
    GateContext context = {gate->rules, (const char *)node->name, TRUE};

    if (!known)
        add_refusal(gate, node, name, value,
                    _("it is not among the attributes that are taken from an export"));
    else if (!gate_value_allowed(known->rule, value, &context))
        add_refusal(gate, node, name, value, gate_value_reason(known->rule));
}

/* Whether an attribute that decides about the whole element has a value that is refused. */
static gboolean
is_of_refused_kind(Gate *gate, xmlNode *node, const GateElement *element)
{
    GateContext context = {gate->rules, (const char *)node->name, TRUE};

    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        const GateValue *known = gate_table_attribute(element, (const char *)attr->name);
        g_autofree char *value = attr->ns ? NULL : xml_attr(node, (const char *)attr->name);

        if (value && known && known->decides && !gate_value_allowed(known->rule, value, &context))
            return TRUE;
    }

    return FALSE;
}

/* The text of @node, without that of its children. */
static char *
get_own_text(const xmlNode *node)
{
    GString *text = g_string_new(NULL);

    for (const xmlNode *child = node->children; child; child = child->next) {
        if ((xmlNodeIsText(child) || child->type == XML_CDATA_SECTION_NODE) && child->content)
            g_string_append(text, (const char *)child->content);
    }

    return g_string_free(text, FALSE);
}

static void
check_element_text(Gate *gate, xmlNode *node, const GateElement *element)
{
    g_autofree char *text = get_own_text(node);
    GateContext context = {gate->rules, (const char *)node->name, FALSE};

    if (!gate_value_allowed(element->text.rule, text, &context))
        add_refusal(gate, node, NULL, text, gate_value_reason(element->text.rule));
}

static gboolean
is_named_element(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE;
}

/* libvirt takes one of several, and whoever rewrites the document has to know which. */
static void
check_single(Gate *gate, xmlNode *node, const char *path)
{
    const GateElement *element = gate_table_find(path);

    if (element && !element->repeated)
        add_refusal(gate, node, NULL, NULL, _("there can be only one of it"));
}

/* @count: number of children with this name so far, with this one */
static void
check_child(Gate *gate, xmlNode *child, const char *path, guint count)
{
    g_autofree char *below = NULL;

    if (xmlNodeIsText(child) || child->type == XML_CDATA_SECTION_NODE ||
        child->type == XML_COMMENT_NODE)
        return;
    if (!is_named_element(child) || child->ns) {
        add_refusal(gate, child, NULL, NULL, unknown_reason(child));
        return;
    }
    below = gate_table_below(path, (const char *)child->name);
    if (count > 1)
        check_single(gate, child, below);
    check_element(gate, child, below);
}

/* Returns: the number of children with the name of @child so far. */
static guint
count_child(const xmlNode *child, GHashTable *counts)
{
    guint count;

    if (!is_named_element(child) || child->ns)
        return 0;
    count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, child->name)) + 1;
    g_hash_table_insert(counts, (gpointer)child->name, GUINT_TO_POINTER(count));

    return count;
}

/* Checks that the firmware of the host is read-only. libvirt would let the guest write to a flash
 * image that is not. */
static void
check_loader(Gate *gate, xmlNode *node)
{
    g_autofree char *type = xml_attr(node, "type");
    g_autofree char *readonly = xml_attr(node, "readonly");
    g_autofree char *stateless = xml_attr(node, "stateless");

    if (g_strcmp0(type, "pflash") != 0 || g_strcmp0(readonly, "yes") == 0 ||
        g_strcmp0(stateless, "yes") == 0)
        return;
    if (!gate->rules->files || !g_strv_contains(gate->rules->files, "loader"))
        add_refusal(gate, node, NULL, NULL, _("the guest could write to firmware of the host"));
}

static void
check_children(Gate *gate, xmlNode *node, const char *path)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);

    for (xmlNode *child = node->children; child && !gate->full; child = child->next) {
        guint count = count_child(child, counts);

        if (count <= MOST_ALIKE)
            check_child(gate, child, path, count);
        else if (count == MOST_ALIKE + 1)
            add_refusal(gate, node, NULL, (const char *)child->name,
                        _("it has more than 1024 elements of this name"));
    }
}

static void
check_row(Gate *gate, xmlNode *node, const char *path, const GateElement *element)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next)
        check_attribute(gate, node, attr, element);
    if (element->metadata) {
        check_metadata(gate, node);
    } else if (!element->removed) {
        check_element_text(gate, node, element);
        if (g_str_equal(path, "os/loader"))
            check_loader(gate, node);
        check_children(gate, node, path);
    }
}

static void
check_element(Gate *gate, xmlNode *node, const char *path)
{
    const GateElement *element = gate_table_find(path);

    if (++gate->elements > MOST_ELEMENTS) {
        add_refusal(gate, node, NULL, "", _("the document has more than 20000 elements"));
        gate->full = TRUE;
        return;
    }
    if (!element)
        add_refusal(gate, node, NULL, NULL, unknown_reason(node));
    else if (element->image)
        check_image_element(gate, node);
    else if (is_of_refused_kind(gate, node, element))
        add_refusal(gate, node, NULL, NULL,
                    _("it is of a kind that reaches files, devices or the network of the host"));
    else
        check_row(gate, node, path, element);
}

void
domain_gate_check(xmlNode *root, const char *member, const char *document, const GateRules *rules,
                  GPtrArray *findings)
{
    Gate gate = {member, document, rules, findings, 0, FALSE};
    const char *name = (const char *)root->name;
    gboolean domain = g_str_equal(name, "domain") || g_str_equal(name, "inactiveDomain");

    if (root->ns || !(domain || g_str_equal(name, "domainsnapshot")))
        add_refusal(&gate, root, NULL, NULL, unknown_reason(root));
    else
        check_element(&gate, root, domain ? "" : name);
}
