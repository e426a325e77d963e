/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
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

/* Appends @repeated @times times, each with its own number in the place of a %u. */
static void
append_repeated(GString *text, const char *repeated, guint times)
{
    const char *number = strchr(repeated, '%');

    for (guint n = 0; n < times; n++) {
        g_string_append_len(text, repeated, number ? number - repeated : -1);
        if (number)
            g_string_append_printf(text, "%u%s", n, number + 2);
    }
}

/* Documents that would take libxml2 hours, or all memory of the machine, are refused at once;
 * documents just below a limit are accepted. */
static void
test_bounds(void)
{
    static const struct {
        const char *before;
        const char *repeated; /* %u: a number */
        const char *after;
        guint times;
        const char *reason; /* NULL: taken */
    } table[] = {
        {"<a ", "b='' ", "/>", 1000000, "too many attributes"},
        {"<a ", "b%u='' ", "/>", 8000, "too many attributes"},
        {"<a ", "b%u='' ", "/>", 257, "too many attributes"},
        {"<a ", "b%u='' ", "/>", 256, NULL},
        {"<a><c ", "b%u='>' ", "/></a>", 257, "too many attributes"},
        {"<a>", "<b/>", "</a>", 5000000, "too many elements"},
        {"<a>", "<b c='' d=''/>", "</a>", 1000000, "too many elements"},
        {"<a>", "<b c='' d=''/>", "</a>", 500000, NULL},
        {"<a>", "<!-- -->", "</a>", 5000000, "too many elements"},
        {"<a>", "it's \"text\" ", "</a>", 50000, NULL},
        {"<a><!-- ", "<b c='", " --></a>", 300000, NULL},
        {"<a><![CDATA[ ", "<b c='", "]]></a>", 300000, NULL},
        {"<a>", "<a xmlns:n%u='u'>", "", 600000, "too many namespaces"},
        {"<a>", "<a>", "", 100000, "nested too deeply"},
        {"<a>", "<a>", "", 512, "nested too deeply"},
        {"<a>", "<b></b>", "</a>", 100000, NULL},
        {"<a>", "<a xmlns:n%u='u'>", "", 300, "too many namespaces"},
        {"<a ", "xmlns:n%u='u' ", "/>", 256, NULL},
        {"<a xmlns='u'><b ", "xmlns:n%u='u' ", "/></a>", 256, "too many namespaces"},
        {"<a>", "<b xmlns:n%u='u' xmlns='v'/>", "</a>", 4000, NULL},
        {"<a>", "<b xmlns='u' xmlns:n='u'></b>", "</a>", 20000, NULL},
        {"<a>", "<a%u/>", "</a>", 1000000, "too many different names"},
        {"<a>", "<b c%u=''/>", "</a>", 1000000, "too many different names"},
        {"<a>", "<?b%u?>", "</a>", 1000000, "too many different names"},
        {"<a>", "<a%u/>", "</a>", 4095, NULL},
        {"<a", "a", "/>", 4000000, "name that is too long"},
        {"<a>", "<b xml:id='i%u'/>", "</a>", 500000, "too many identifiers"},
        {"<a>", "&lt;", "</a>", 1000000, NULL},
        {"<a b='", "&lt;", "'/>", 1000000, NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(table[i].before);
        g_autoptr(xmlDoc) doc = NULL;

        g_test_message("%s%s", table[i].before, table[i].repeated);
        append_repeated(text, table[i].repeated, table[i].times);
        g_string_append(text, table[i].after);
        doc = parse(text->str, &error);
        g_assert_true((doc == NULL) == (table[i].reason != NULL));
        if (table[i].reason) {
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
            g_assert_nonnull(strstr(error->message, table[i].reason));
        }
    }
}

/* Whatever hides elements from the code that counts them also hides them from the parser, because
 * such a text is no XML. */
static void
test_hidden(void)
{
    static const char *const before[] = {
        "<a b><c d=\"", "<a b='<'>", "<a <!-- >", "<a/></b>", "<a></a ", "<a>< ", "<a><!x ",
        "<a/>\n<![CDATA[", "<a b=c ", "<a></a><", "<a><b></ ", "<!-->", "<a/ >", "<a><b =''",
        "<?x", "<a b='", "<a><![cdata[", "<a \xc2\xa0>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(before); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(before[i]);
        g_autoptr(xmlDoc) doc = NULL;

        g_test_message("%s", before[i]);
        for (guint n = 0; n < 300000; n++)
            g_string_append_printf(text, "<x xmlns:n%u=''>", n);
        doc = parse(text->str, &error);
        g_assert_null(doc);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* Where the parser reports an error it reports the line, too. */
static void
test_complaint(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(parse("<a>\n<b c='<'/>\n</a>", &error));
    g_assert_nonnull(strstr(error->message, "line 2"));
    g_clear_error(&error);
    g_assert_null(parse("<a/><b/>", &error));
    g_assert_nonnull(strstr(error->message, "line 1"));
    g_clear_error(&error);
    g_assert_null(parse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", &error));
    g_assert_nonnull(strstr(error->message, "DOCTYPE"));
}

/* The encoding is detected and not taken from the declaration: EBCDIC and UTF-7 would hide what is
 * counted. */
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

/* In UTF-16 the limits are the same, and nothing is hidden behind a NUL character. */
static void
test_utf16(void)
{
    static const struct {
        const char *text;
        gsize length;
        gboolean taken;
    } table[] = {
        {"\xff\xfe<\0a\0/\0>\0", 10, TRUE},
        {"\xfe\xff\0<\0a\0/\0>", 10, TRUE},
        {"\xff\xfe<\0a\0/\0>\0\0\0<\0", 14, FALSE},
        {"\xff\xfe<\0a\0/\0>", 9, FALSE},
        {"\xff\xfe\0\xd8<\0a\0/\0>\0", 12, FALSE},
        {"\xff\xfe", 2, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc = xml_parse(table[i].text, table[i].length, "test", &error);

        g_assert_true((doc != NULL) == table[i].taken);
        g_assert_true(doc || error);
    }
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

static void G_GNUC_PRINTF(2, 3)
count_text(void *data, const char *format, ...)
{
    g_test_message("libxml2: %s", format);
    (*(guint *)data)++;
}

static void
validate_bad(const char *schema, VirtSnapError code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc = parse("<a><b c='d'/></a>", &error);

    g_assert_no_error(error);
    g_assert_false(xml_validate(doc, schema, "test", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, (int)code);
    g_test_message("%s", error->message);
}

/* Schemas that are no XML, no schema, and not there. */
static void
validate_by_bad_schemas(void)
{
    g_autofree char *dir = g_dir_make_tmp("virtsnap-XXXXXX", NULL);
    g_autofree char *broken = g_build_filename(dir, "broken.rng", NULL);
    g_autofree char *other = g_build_filename(dir, "other.rng", NULL);
    g_autofree char *before = g_strdup(g_getenv("VIRTSNAP_SCHEMA_DIR"));

    g_assert_true(g_file_set_contents(broken, "<grammar>", -1, NULL));
    g_assert_true(g_file_set_contents(other, "<grammar/>", -1, NULL));
    g_setenv("VIRTSNAP_SCHEMA_DIR", dir, TRUE);
    validate_bad("broken.rng", VIRT_SNAP_ERROR_FAILED);
    validate_bad("other.rng", VIRT_SNAP_ERROR_FAILED);
    validate_bad("nowhere.rng", VIRT_SNAP_ERROR_FAILED);
    g_setenv("VIRTSNAP_SCHEMA_DIR", before, TRUE);
    g_unlink(broken);
    g_unlink(other);
    g_rmdir(dir);
}

/* Only the caller gets the errors; libxml2 would print those for which there is no context. */
static void
test_quiet(void)
{
    static const char *const texts[] = {"<a>", "<a b='1' b='2'/>", "<n:a/>", "<a xmlns:b='::'/>"};
    static const char *const paths[] = {"./b[", "nowhere:b", "$x", "count()"};
    g_autoptr(xmlDoc) sound = parse("<a/>", NULL);
    guint heard = 0;

    xmlSetGenericErrorFunc(&heard, count_text);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc = parse(texts[i], &error);

        g_assert_true(doc || error);
    }
    validate_bad("collection.rng", VIRT_SNAP_ERROR_INVALID_PARAMETER);
    validate_by_bad_schemas();
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
        g_assert_null(xml_node(xmlDocGetRootElement(sound), paths[i]));
    g_assert_cmpuint(heard, ==, 0);
    g_assert_true(xmlGenericError == count_text && xmlGenericErrorContext == &heard);
    xmlSetGenericErrorFunc(NULL, NULL);
}

/* Who holds several documents says what one may take, and is told what it takes. */
static void
test_within(void)
{
    static const struct {
        const char *text;
        gsize marks;
    } table[] = {
        {"<a/>", 1},
        {"<a><b c='d' e='f'/></a>", 7},
        {"<a><!-- b --><?c d?></a>", 4},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const char *text = table[i].text;
        gsize marks = table[i].marks;
        g_autoptr(GError) error = NULL;
        g_autoptr(xmlDoc) doc = xml_parse_within(text, strlen(text), "test", &marks, &error);

        g_assert_no_error(error);
        g_assert_nonnull(doc);
        g_assert_cmpuint(marks, ==, table[i].marks);
        marks--;
        g_assert_null(xml_parse_within(text, strlen(text), "test", &marks, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_nonnull(strstr(error->message, "too many elements"));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xml/refused", test_refused);
    g_test_add_func("/xml/bounds", test_bounds);
    g_test_add_func("/xml/within", test_within);
    g_test_add_func("/xml/hidden", test_hidden);
    g_test_add_func("/xml/complaint", test_complaint);
    g_test_add_func("/xml/encoding", test_encoding);
    g_test_add_func("/xml/utf16", test_utf16);
    g_test_add_func("/xml/read", test_read);
    g_test_add_func("/xml/write", test_write_escapes);
    g_test_add_func("/xml/quiet", test_quiet);
    return g_test_run();
}
