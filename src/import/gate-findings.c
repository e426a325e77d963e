/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/gate-findings.h"
#include "util/xml.h"

/* Maximal number of characters of a value in a message. */
#define SHOWN_CHARACTERS 120

void
gate_finding_free(GateFinding *finding)
{
    if (!finding)
        return;
    g_free(finding->member);
    g_free(finding->document);
    g_free(finding->path);
    g_free(finding->value);
    g_free(finding->trust);
    g_free(finding);
}

GPtrArray *
gate_findings_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)gate_finding_free);
}

/* --- names and paths ------------------------------------------------------ */

/* The usual prefix of a namespace; a document may use any other. */
static const char *
known_prefix(const char *uri)
{
    static const struct {
        const char *uri;
        const char *prefix;
    } known[] = {
        {"http://libvirt.org/schemas/domain/qemu/1.0", "qemu"},
        {"http://libvirt.org/schemas/domain/lxc/1.0", "lxc"},
        {"http://libvirt.org/schemas/domain/bhyve/1.0", "bhyve"},
        {"http://libvirt.org/schemas/domain/xen/1.0", "xen"},
        {"http://www.w3.org/2001/XInclude", "xi"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_str_equal(known[i].uri, uri))
            return known[i].prefix;
    }

    return NULL;
}

static char *
prefixed_name(const xmlNs *ns, const char *name)
{
    const char *prefix = ns && ns->href ? known_prefix((const char *)ns->href) : NULL;

    if (!ns)
        return g_strdup(name);
    if (!prefix)
        prefix = ns->prefix ? (const char *)ns->prefix : "xmlns";

    return g_strconcat(prefix, ":", name, NULL);
}

char *
gate_node_name(const xmlNode *node)
{
    if (node->type == XML_PI_NODE)
        return g_strconcat("?", (const char *)node->name, NULL);
    if (node->type != XML_ELEMENT_NODE)
        return g_strdup("&");

    return prefixed_name(node->ns, (const char *)node->name);
}

static gboolean
is_same_finding(const xmlNode *one, const xmlNode *other)
{
    return one->type == other->type && xmlStrEqual(one->name, other->name) &&
           xmlStrEqual(one->ns ? one->ns->href : NULL, other->ns ? other->ns->href : NULL);
}

/* The number of @node among its siblings of the same name, from 1; 0 if there are no others. */
static guint
node_number(const xmlNode *node)
{
    guint before = 0;
    gboolean more = FALSE;

    for (const xmlNode *other = node->prev; other; other = other->prev)
        before += is_same_finding(node, other);
    for (const xmlNode *other = node->next; other && !more; other = other->next)
        more = is_same_finding(node, other);

    return before > 0 || more ? before + 1 : 0;
}

static gboolean
is_root(const xmlNode *node)
{
    const xmlNode *parent = node->parent;

    if (!parent || parent->type != XML_ELEMENT_NODE)
        return TRUE;
    return g_str_equal(parent->name, "domainsnapshot") && !node->ns &&
           (g_str_equal(node->name, "domain") || g_str_equal(node->name, "inactiveDomain"));
}

char *
gate_node_path(const xmlNode *node, const char *attribute)
{
    GString *path = g_string_new(NULL);

    for (; !is_root(node); node = node->parent) {
        g_autofree char *name = gate_node_name(node);
        g_autofree char *step = NULL;
        guint number = node_number(node);

        step = number ? g_strdup_printf("%s[%u]", name, number) : g_strdup(name);
        if (path->len > 0)
            g_string_prepend_c(path, '/');
        g_string_prepend(path, step);
    }
    if (path->len == 0 || g_str_equal(node->name, "domainsnapshot")) {
        if (path->len > 0)
            g_string_prepend_c(path, '/');
        g_string_prepend(path, (const char *)node->name);
    }
    if (attribute)
        g_string_append_printf(path, "/@%s", attribute);

    return g_string_free(path, FALSE);
}

/* --- findings ------------------------------------------------------------- */

/* Removes line breaks and the white space between elements. */
static char *
to_one_line(const char *text)
{
    GString *line = g_string_new(NULL);
    gboolean blank = FALSE;

    for (; *text; text++) {
        if (g_ascii_isspace(*text)) {
            blank = line->len > 0;
            continue;
        }
        if (blank && !(*text == '<' && line->str[line->len - 1] == '>'))
            g_string_append_c(line, ' ');
        blank = FALSE;
        g_string_append_c(line, g_ascii_iscntrl(*text) ? '?' : *text);
    }

    return g_string_free(line, FALSE);
}

/* A value for messages. A long one is cut off and gets a digest of the whole value, so that
 * different values are distinguishable. */
static char *
shown_value(xmlNode *node, const char *value)
{
    g_autofree char *whole = value ? g_strdup(value) : xml_node_to_string(node);
    g_autofree char *line = to_one_line(whole);
    g_autofree char *start = NULL;
    g_autofree char *digest = NULL;

    if (g_utf8_strlen(line, -1) <= SHOWN_CHARACTERS)
        return g_steal_pointer(&line);
    start = g_utf8_substring(line, 0, SHOWN_CHARACTERS);
    digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whole, -1);
    digest[12] = '\0';

    return g_strdup_printf("%s… (%zu bytes, sha256 %s…)", start, strlen(whole), digest);
}

static gboolean
is_in_list(GPtrArray *findings, const GateFinding *finding)
{
    for (guint i = 0; i < findings->len; i++) {
        const GateFinding *other = g_ptr_array_index(findings, i);

        if (g_str_equal(other->member, finding->member) &&
            g_str_equal(other->path, finding->path) && g_str_equal(other->value, finding->value))
            return TRUE;
    }

    return FALSE;
}

static guint
count_member(GPtrArray *findings, const char *member)
{
    guint count = 0;

    for (guint i = 0; i < findings->len; i++) {
        const GateFinding *finding = g_ptr_array_index(findings, i);

        count += g_str_equal(finding->member, member);
    }

    return count;
}

static GateFinding *
finding_new(const char *member, const char *document, const char *reason)
{
    GateFinding *finding = g_new0(GateFinding, 1);

    finding->member = g_strdup(member);
    finding->document = g_strdup(document);
    finding->reason = reason;

    return finding;
}

static void
add_too_many(GPtrArray *findings, const char *member, const char *document)
{
    GateFinding *finding =
        finding_new(member, document, _("more is refused than is listed; nothing lets that pass"));

    finding->path = g_strdup("…");
    finding->value = g_strdup("");
    g_ptr_array_add(findings, finding);
}

gboolean
gate_findings_add(GPtrArray *findings, const char *member, const char *document, xmlNode *node,
                  const char *attribute, const char *value, const char *reason)
{
    g_autoptr(GateFinding) finding = NULL;
    guint count = count_member(findings, member);

    if (count > GATE_FINDINGS_MOST)
        return FALSE;
    if (count == GATE_FINDINGS_MOST) {
        add_too_many(findings, member, document);
        return FALSE;
    }
    finding = finding_new(member, document, reason);
    finding->path = gate_node_path(node, attribute);
    finding->value = shown_value(node, value);
    finding->trust = g_strconcat(member, ":", finding->path, NULL);
    if (!is_in_list(findings, finding))
        g_ptr_array_add(findings, g_steal_pointer(&finding));

    return TRUE;
}

char *
gate_finding_to_string(const GateFinding *finding)
{
    if (!finding->trust)
        return g_strdup_printf("%s (%s): %s", finding->member, finding->document, finding->reason);

    return g_strdup_printf(_("%s (%s): '%s' %s: %s; --trust '%s' lets it pass"), finding->member,
                           finding->document, finding->path, finding->value, finding->reason,
                           finding->trust);
}

gboolean
domain_gate_pass(GPtrArray *findings, GError **error)
{
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *line = gate_finding_to_string(g_ptr_array_index(findings, i));

        g_string_append_printf(lines, "\n  %s", line);
    }
    if (findings->len > 0)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                    _("The export has elements that are imported only if they are trusted:%s"),
                    lines->str);
    g_string_free(lines, TRUE);

    return findings->len == 0;
}

/* --- trust ---------------------------------------------------------------- */

/* Returns @path without the numbers of its elements. */
static char *
without_numbers(const char *path)
{
    GString *plain = g_string_new(NULL);
    gboolean inside = FALSE;

    for (; *path; path++) {
        inside = *path == '[' || (inside && path[-1] != ']');
        if (!inside)
            g_string_append_c(plain, *path);
    }

    return g_string_free(plain, FALSE);
}

static gboolean
is_meant(const GateFinding *finding, const char *word)
{
    g_autofree char *plain = NULL;
    const char *name;

    if (!finding->trust)
        return FALSE;
    if (g_str_equal(finding->trust, word) || g_str_equal(finding->path, word))
        return TRUE;
    plain = without_numbers(finding->path);
    name = strrchr(plain, '/');

    return g_str_equal(plain, word) || g_str_equal(name ? name + 1 : plain, word);
}

static gboolean
set_ambiguous(GPtrArray *findings, const char *word, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < findings->len; i++) {
        const GateFinding *finding = g_ptr_array_index(findings, i);

        if (is_meant(finding, word) && g_hash_table_add(seen, finding->trust))
            g_string_append_printf(names, "%s'%s'", names->len > 0 ? ", " : "", finding->trust);
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("--trust '%s' is the name of several elements; give one of %s"), word,
                names->str);

    return FALSE;
}

/* Finds the single element that @word means. @trust: (out) (transfer none): its trust. */
static gboolean
find_meant(GPtrArray *findings, const char *word, const char **trust, GError **error)
{
    *trust = NULL;
    for (guint i = 0; i < findings->len; i++) {
        const GateFinding *finding = g_ptr_array_index(findings, i);

        if (!is_meant(finding, word))
            continue;
        if (*trust && !g_str_equal(*trust, finding->trust))
            return set_ambiguous(findings, word, error);
        *trust = finding->trust;
    }
    if (!*trust)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("--trust '%s': nothing that would be refused has this name"), word);

    return *trust != NULL;
}

gboolean
domain_gate_trust(GPtrArray *findings, const char *const *words, GError **error)
{
    g_autoptr(GHashTable) trusted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (; words && *words; words++) {
        const char *trust;

        if (!find_meant(findings, *words, &trust, error))
            return FALSE;
        g_hash_table_add(trusted, g_strdup(trust));
    }
    for (guint i = findings->len; i > 0; i--) {
        const GateFinding *finding = g_ptr_array_index(findings, i - 1);

        if (finding->trust && g_hash_table_contains(trusted, finding->trust))
            g_ptr_array_remove_index(findings, i - 1);
    }

    return TRUE;
}
