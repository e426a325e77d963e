/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "util/xml.h"

static xmlDoc *
parse(const char *text, GError **error)
{
    return xml_parse(text, strlen(text), "test", error);
}

static void
test_refused(void)
{
    static const char *const table[] = {
        "",
        "<a>",
        "<a/><b/>",
        "not xml",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;&x;&x;'>]><a b='&z;&z;'/>",
        "<a>&undefined;</a>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc = parse(table[i], &error);

        g_assert_null(doc);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* What would take libxml2 hours, or the machine's memory, is refused at once. */
static void
test_complex(void)
{
    static const struct {
        const char *before;
        const char *repeated;
        guint times;
        gboolean refused;
    } table[] = {
        {"<a ", "b='' ", 1000000, TRUE},
        {"<a>", "<b/>", 5000000, TRUE},
        {"<a>", "<b c='' d=''/>", 1000000, TRUE},
        {"<a>", "<b c='' d=''/>", 500000, FALSE},
        {"<a>", "it's \"text\" ", 5000, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(table[i].before);
        g_autoptr(xmlDoc) doc = NULL;

        for (guint n = 0; n < table[i].times; n++)
            g_string_append(text, table[i].repeated);
        g_string_append(text, "</a>");
        doc = parse(text->str, &error);
        g_assert_true((doc == NULL) == table[i].refused);
        g_assert_true(!error || strstr(error->message, "too many"));
    }
}

/* The encoding is seen, not believed: EBCDIC and UTF-7 would hide what is counted. */
static void
test_encoding(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc =
        parse("<?xml version='1.0' encoding='UTF-7'?><a>+ADw-b/+AD4-</a>", NULL);
    g_autofree char *text = doc ? xml_text(xmlDocGetRootElement(doc), ".") : NULL;

    g_assert_cmpstr(text, ==, "+ADw-b/+AD4-");
    g_assert_null(parse("\x4c\x6f\xa7\x94\x93\x6e", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
}

static void
test_read(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = parse("<a x='1'><b>one &amp; two</b><c/><b>3</b></a>", &error);
    xmlNode *root = xmlDocGetRootElement(doc);
    g_autoptr(GPtrArray) all = xml_nodes(root, "./b");
    g_autofree char *text = xml_text(root, "./b");
    g_autofree char *attr = xml_attr(root, "x");

    g_assert_no_error(error);
    g_assert_cmpuint(all->len, ==, 2);
    g_assert_cmpstr(text, ==, "one & two");
    g_assert_cmpstr(attr, ==, "1");
    g_assert_null(xml_attr(root, "y"));
    g_assert_null(xml_text(root, "./none"));
    g_assert_true(xml_child(root, "b", NULL) == g_ptr_array_index(all, 0));
    g_assert_true(xml_child(root, "b", g_ptr_array_index(all, 0)) == g_ptr_array_index(all, 1));
    g_assert_null(xml_child(root, "b", g_ptr_array_index(all, 1)));
}

static void
test_write_escapes(void)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    g_autoptr(xmlDoc) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *back = NULL;
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "a");

    xmlDocSetRootElement(doc, root);
    xml_set(xml_add(root, "b", "1 < 2 & \"3\" é"), "n", "'\"<&>");
    xml_set_uint(root, "big", G_MAXUINT64);
    text = xml_doc_to_string(doc);
    again = parse(text, NULL);
    g_assert_nonnull(again);
    back = xml_text(xmlDocGetRootElement(again), "./b[@n]");
    g_assert_cmpstr(back, ==, "1 < 2 & \"3\" é");
    g_assert_nonnull(strstr(text, "18446744073709551615"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xml/refused", test_refused);
    g_test_add_func("/xml/complex", test_complex);
    g_test_add_func("/xml/encoding", test_encoding);
    g_test_add_func("/xml/read", test_read);
    g_test_add_func("/xml/write", test_write_escapes);
    return g_test_run();
}
