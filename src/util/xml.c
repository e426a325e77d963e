/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <libxml/relaxng.h>
#include <string.h>

#include "util/xml-bounds.h"
#include "util/xml.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNG, xmlRelaxNGFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* The argument of libxml2's error callback is const since 2.12. */
#if LIBXML_VERSION >= 21200
typedef const xmlError Complaint;
#else
typedef xmlError Complaint;
#endif

/* Keeps the first complaint of libxml2, which would print it otherwise, for the text of the
 * error. */
static void
keep_first_complaint(void *data, Complaint *complaint)
{
    char **first = data;
    int line;

    if (*first || !complaint->message)
        return;
    line = complaint->line > 0 || !complaint->node ? complaint->line
                                                   : (int)xmlGetLineNo(complaint->node);
    *first = g_strdup_printf("line %d: %s", line, complaint->message);
    g_strchomp(*first);
}

static void
set_invalid(GError **error, const char *what, const char *complaint)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER, "%s: %s", what,
                complaint ? complaint : _("not well-formed XML"));
}

/* What the callbacks find while a document is read. They are set for one parser context, never for
 * the whole process, because the program that loaded the library may use libxml2 itself. */
typedef struct {
    char *complaint;  /* the first one */
    gboolean doctype; /* there is a document type declaration */
} Reading;

static void
keep_complaint(void *data, Complaint *complaint)
{
    xmlParserCtxt *context = data;
    Reading *reading = context->_private;

    keep_first_complaint(&reading->complaint, complaint);
}

/* Entities are declared in a document type declaration, and libxml2 expands them in attribute
 * values even when told not to. So parsing stops at the declaration, before anything in it is
 * read. */
static void
refuse_doctype(void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    xmlParserCtxt *context = data;
    Reading *reading = context->_private;

    reading->doctype = TRUE;
    xmlStopParser(context);
}

/* Converts UTF-8, or UTF-16 as Windows writes it, to UTF-8; NULL if it is neither. libxml2 would
 * accept many more encodings, and xml_bounds_check() cannot find the tags in some of them. */
static char *
to_utf8(const char *data, gsize *length)
{
    g_autofree char *text = NULL;
    gsize converted = *length;

    if (*length >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0))
        text = g_convert(data, (gssize)*length, "UTF-8", "UTF-16", NULL, &converted, NULL);
    else
        text = g_strndup(data, *length);
    if (!text || !g_utf8_validate_len(text, converted, NULL))
        return NULL;
    *length = converted;

    return g_steal_pointer(&text);
}

static char *
prepare_document(const char *data, gsize *length, gsize *marks, const char **reason)
{
    g_autofree char *text = NULL;

    if (*length == 0)
        *reason = _("it is empty");
    else if (*length > G_MAXINT)
        *reason = _("it is too large");
    else if (!(text = to_utf8(data, length)))
        *reason = _("it is neither UTF-8 nor UTF-16");
    else
        *reason = xml_bounds_check(text, length, marks);

    return g_steal_pointer(&text);
}

static xmlDoc *
parse_memory(const char *text, gsize length, Reading *reading)
{
    g_autoptr(xmlParserCtxt) context = xmlNewParserCtxt();

    context->_private = reading;
    context->sax->serror = keep_complaint;
    context->sax->internalSubset = refuse_doctype;

    /* XML_PARSE_HUGE lifts libxml2's limit on the length of one text node, which the digest nodes
     * of a 20 TiB disk in a manifest exceed. The size of a document is limited by whoever reads
     * it. */
    return xmlCtxtReadMemory(context, text, (int)length, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_HUGE |
                                 XML_PARSE_IGNORE_ENC);
}

xmlDoc *
xml_parse_within(const char *data, gsize length, const char *what, gsize *marks, GError **error)
{
    gsize sound = length;
    const char *reason = NULL;
    g_autofree char *text = prepare_document(data, &sound, marks, &reason);
    g_autofree char *complaint = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    Reading reading = {NULL, FALSE};

    if (reason) {
        set_invalid(error, what, reason);
        return NULL;
    }
    doc = parse_memory(text, sound, &reading);
    complaint = reading.complaint;
    if (reading.doctype) {
        set_invalid(error, what, _("a document type declaration (<!DOCTYPE>) is not allowed"));
        return NULL;
    }
    /* A document that was cut at a fault is not well-formed, even if the parser accepted the part
     * before it. */
    if (!doc || sound < strlen(text)) {
        set_invalid(error, what, complaint);
        return NULL;
    }

    return g_steal_pointer(&doc);
}

xmlDoc *
xml_parse(const char *data, gsize length, const char *what, GError **error)
{
    gsize marks = XML_MARKS_MAX;

    return xml_parse_within(data, length, what, &marks, error);
}

static char *
schema_path(const char *schema)
{
    const char *dir = g_getenv("VIRTSNAP_SCHEMA_DIR");

    return g_build_filename(dir && *dir ? dir : SCHEMADIR, schema, NULL);
}

/* Reads the schema's file. libxml2's schema parser would open it with a context of its own and
 * report errors through the process-wide handler. Schemas that it includes lie in the same
 * directory. */
static xmlDoc *
read_schema(const char *path, char **complaint)
{
    g_autoptr(xmlParserCtxt) context = xmlNewParserCtxt();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    Reading reading = {NULL, FALSE};
    gsize length;
    xmlDoc *doc;

    if (!g_file_get_contents(path, &text, &length, &error)) {
        *complaint = g_strdup(error->message);
        return NULL;
    }
    context->_private = &reading;
    context->sax->serror = keep_complaint;
    doc = xmlCtxtReadMemory(context, text, (int)length, path, NULL, XML_PARSE_NONET);
    *complaint = reading.complaint;

    return doc;
}

static xmlRelaxNG *
parse_schema(const char *path, char **complaint)
{
    g_autoptr(xmlDoc) doc = read_schema(path, complaint);
    g_autoptr(xmlRelaxNGParserCtxt) parser = doc ? xmlRelaxNGNewDocParserCtxt(doc) : NULL;

    if (!parser)
        return NULL;
    xmlRelaxNGSetParserStructuredErrors(parser, keep_first_complaint, complaint);

    return xmlRelaxNGParse(parser);
}

static xmlRelaxNG *
load_schema(const char *schema, GError **error)
{
    g_autofree char *path = schema_path(schema);
    g_autofree char *complaint = NULL;
    xmlRelaxNG *rng = parse_schema(path, &complaint);

    if (!rng)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("Cannot load the schema '%s': %s; install virtsnap again or set "
                      "VIRTSNAP_SCHEMA_DIR"),
                    path, complaint ? complaint : "?");

    return rng;
}

gboolean
xml_check_schema(const char *schema, GError **error)
{
    g_autoptr(xmlRelaxNG) rng = load_schema(schema, error);

    return rng != NULL;
}

gboolean
xml_validate(xmlDoc *doc, const char *schema, const char *what, GError **error)
{
    g_autoptr(xmlRelaxNG) rng = load_schema(schema, error);
    g_autoptr(xmlRelaxNGValidCtxt) context = NULL;
    g_autofree char *complaint = NULL;

    if (!rng)
        return FALSE;
    context = xmlRelaxNGNewValidCtxt(rng);
    xmlRelaxNGSetValidStructuredErrors(context, keep_first_complaint, &complaint);
    if (xmlRelaxNGValidateDoc(context, doc) == 0)
        return TRUE;

    set_invalid(error, what, complaint);
    return FALSE;
}

static void
ignore_complaint(void *data, Complaint *complaint)
{
}

static xmlXPathObject *
evaluate_xpath(xmlNode *node, const char *path)
{
    g_autoptr(xmlXPathContext) context = xmlXPathNewContext(node->doc);

    context->node = node;
    context->error = ignore_complaint;
    return xmlXPathEval(BAD_CAST path, context);
}

GPtrArray *
xml_nodes(xmlNode *node, const char *path)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    g_autoptr(xmlXPathObject) object = evaluate_xpath(node, path);

    if (object && object->nodesetval) {
        for (int i = 0; i < object->nodesetval->nodeNr; i++)
            g_ptr_array_add(nodes, object->nodesetval->nodeTab[i]);
    }

    return g_steal_pointer(&nodes);
}

xmlNode *
xml_node(xmlNode *node, const char *path)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(node, path);

    return nodes->len > 0 ? g_ptr_array_index(nodes, 0) : NULL;
}

/* Copies a string of libxml2, which xmlFree() has to free, to one that g_free() frees. */
static char *
take_xml_string(xmlChar *text)
{
    char *copy = g_strdup((const char *)text);

    if (text)
        xmlFree(text);
    return copy;
}

char *
xml_text(xmlNode *node, const char *path)
{
    xmlNode *found = xml_node(node, path);

    return found ? take_xml_string(xmlNodeGetContent(found)) : NULL;
}

char *
xml_attr(xmlNode *node, const char *name)
{
    return take_xml_string(xmlGetNoNsProp(node, BAD_CAST name));
}

gboolean
xml_is_yes(xmlNode *node, const char *path, gboolean otherwise)
{
    gboolean of_attribute = g_str_has_prefix(path, "./@");
    g_autofree char *text = of_attribute ? xml_attr(node, path + 3) : xml_text(node, path);

    if (!text)
        return otherwise;
    g_strstrip(text);

    return g_str_equal(text, "yes") || g_str_equal(text, "true");
}

xmlNode *
xml_child(xmlNode *parent, const char *name, xmlNode *after)
{
    xmlNode *node = after ? after->next : parent->children;

    while (node && (node->type != XML_ELEMENT_NODE || !g_str_equal(node->name, name)))
        node = node->next;

    return node;
}

xmlNode *
xml_add(xmlNode *parent, const char *name, const char *text)
{
    return xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST text);
}

void
xml_set(xmlNode *node, const char *name, const char *value)
{
    if (value)
        xmlNewProp(node, BAD_CAST name, BAD_CAST value);
}

void
xml_set_uint(xmlNode *node, const char *name, guint64 value)
{
    char digits[24];

    g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, value);
    xml_set(node, name, digits);
}

char *
xml_doc_to_string(xmlDoc *doc)
{
    xmlChar *text = NULL;

    xmlDocDumpFormatMemoryEnc(doc, &text, NULL, "UTF-8", 1);
    return take_xml_string(text);
}

char *
xml_node_to_string(xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text;

    xmlNodeDump(buffer, node->doc, node, 0, 1);
    text = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);

    return text;
}
