/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>

#include "util/error.h"

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlXPathObject, xmlXPathFreeObject)

/**
 * xml_parse:
 * @data: the document
 * @length: its length in bytes
 * @what: what the document is, for the error ("settings file 'x.xml'")
 *
 * Parses an untrusted document: without network, without external entities, and without any
 * document type declaration, in which entity bombs would be defined. A document that would take
 * more time or memory than its size justifies is refused (xml-bounds.h). The encoding is UTF-8 or
 * UTF-16, whatever the document declares.
 *
 * Returns: the document, owned by the caller; NULL with INVALID_PARAMETER naming line and reason.
 */
xmlDoc *xml_parse(const char *data, gsize length, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** What libxml2 allocates for a mark, at most, in bytes: the node of an element, and a text beside
 * it. */
#define XML_MARK_BYTES 250

/**
 * xml_parse_within:
 * @marks: (inout): how many marks the document may have (xml-bounds.h); set to how many it has
 *
 * Parses a document as xml_parse() does, if it is to take no more memory than that.
 */
xmlDoc *xml_parse_within(const char *data, gsize length, const char *what, gsize *marks,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * xml_validate:
 * @schema: file name of a RelaxNG schema, as "collection.rng"
 * @what: what @doc is, for the error
 *
 * The schema is looked for in VIRTSNAP_SCHEMA_DIR if that is set, else where it was installed.
 * Returns: FALSE with INVALID_PARAMETER and the first complaint if @doc is not valid.
 */
gboolean xml_validate(xmlDoc *doc, const char *schema, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** xml_check_schema: Returns: FALSE with FAILED if @schema cannot be loaded. Then the installation
 * is broken, and xml_validate() would fail for every document. */
gboolean xml_check_schema(const char *schema, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** xml_nodes: Returns: (element-type xmlNode): the nodes that the XPath @path selects below @node.
 * The caller owns the array, the document owns the nodes. */
GPtrArray *xml_nodes(xmlNode *node, const char *path);

/** xml_node: Returns: (transfer none) (nullable): the first node that @path selects. */
xmlNode *xml_node(xmlNode *node, const char *path);

/** xml_text: Returns: (nullable): the text of the first node that @path selects, owned by the
 * caller. */
char *xml_text(xmlNode *node, const char *path);

/** xml_is_yes: Returns: whether what @path selects ("./start", "./@complete") says "yes" or "true",
 * which are the words of the schemas; @otherwise if it is not there. As for them, space around a
 * word does not count. */
gboolean xml_is_yes(xmlNode *node, const char *path, gboolean otherwise);

/** xml_attr: Returns: (nullable): attribute @name of @node, owned by the caller. */
char *xml_attr(xmlNode *node, const char *name);

/** xml_child: Returns: (transfer none) (nullable): the next child element of @parent with @name
 * after the child @after; with NULL for @after the first one. */
xmlNode *xml_child(xmlNode *parent, const char *name, xmlNode *after);

/** xml_add: Appends the element @name to @parent, with the text @text, which is escaped; NULL for
 * no text. Returns: (transfer none): the new element. */
xmlNode *xml_add(xmlNode *parent, const char *name, const char *text);

/** xml_set: Sets attribute @name of @node; a NULL @value sets none. */
void xml_set(xmlNode *node, const char *name, const char *value);

/** xml_set_uint: Sets attribute @name of @node to a decimal number. */
void xml_set_uint(xmlNode *node, const char *name, guint64 value);

/** xml_doc_to_string: Returns: @doc, indented, as UTF-8, owned by the caller. */
char *xml_doc_to_string(xmlDoc *doc);

/** xml_node_to_string: Returns: @node and all below it, owned by the caller. */
char *xml_node_to_string(xmlNode *node);

G_END_DECLS
