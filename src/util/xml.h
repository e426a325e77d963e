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
 * @data: the text
 * @length: its bytes
 * @what: what it is, for the error ("settings file 'x.xml'")
 *
 * Parses a text that nobody vouches for: no network, no external entities, and no document type
 * declaration at all, so that entity bombs have nowhere to live; and nothing that would take more
 * time or memory than its size accounts for (xml-bounds.h). It is in UTF-8 or UTF-16, whatever it
 * declares.
 *
 * Returns: the document, owned by the caller; INVALID_PARAMETER naming line and reason if not.
 */
xmlDoc *xml_parse(const char *data, gsize length, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

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

/** xml_check_schema: Returns: FALSE with FAILED if @schema cannot be loaded, and so xml_validate()
 * takes nothing: the installation is broken. */
gboolean xml_check_schema(const char *schema, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** xml_nodes: Returns: (element-type xmlNode): what @path selects below @node; nodes not owned. */
GPtrArray *xml_nodes(xmlNode *node, const char *path);

/** xml_node: Returns: (transfer none) (nullable): the first node that @path selects. */
xmlNode *xml_node(xmlNode *node, const char *path);

/** xml_text: Returns: (nullable): the text of what @path selects first, owned by the caller. */
char *xml_text(xmlNode *node, const char *path);

/** xml_attr: Returns: (nullable): attribute @name of @node, owned by the caller. */
char *xml_attr(xmlNode *node, const char *name);

/** xml_child: Returns: the next element child with @name, from @after on (NULL: the first). */
xmlNode *xml_child(xmlNode *parent, const char *name, xmlNode *after);

/** xml_add: Appends the element @name with the text @text (escaped; NULL for none). */
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
