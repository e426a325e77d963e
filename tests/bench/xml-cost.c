/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/xml.h"

/* usage: xml-cost N...
 *
 * Does what src/util/xml.c can do with documents of N and more parts, and says for each work and
 * each N how many microseconds of the processor that took. xml-cost.sh counts instructions. */

typedef struct {
    const char *name;
    const char *before;
    const char *repeated; /* %u: a number */
    const char *after;
    void (*work)(xmlDoc *doc, guint n); /* NULL: parse only */
} Work;

static void
select_nodes(xmlDoc *doc, guint n)
{
    static const char *const paths[] = {".//*", "./b", "./b/c", "./b/@c", ".//c"};
    xmlNode *root = xmlDocGetRootElement(doc);

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GPtrArray) nodes = xml_nodes(root, paths[i]);

        g_free(xml_text(root, paths[i]));
        g_assert_cmpuint(nodes->len, >=, n);
    }
}

static void
walk(xmlDoc *doc, guint n)
{
    xmlNode *child = NULL;

    while ((child = xml_child(xmlDocGetRootElement(doc), "b", child)))
        g_free(xml_attr(child, "c"));
}

static void
write_text(xmlDoc *doc, guint n)
{
    for (guint i = 0; i < n; i++) {
        xmlNode *child = xml_add(xmlDocGetRootElement(doc), "added", "a < b");

        xml_set(child, "c", "'\"<&>");
        xml_set_uint(child, "d", i);
    }
    g_free(xml_doc_to_string(doc));
    g_free(xml_node_to_string(xmlDocGetRootElement(doc)));
}

static void
validate(xmlDoc *doc, guint n)
{
    g_autoptr(GError) error = NULL;

    if (!xml_validate(doc, "collection.rng", "a document", &error))
        g_error("%s", error->message);
}

/* What must be seen to be of another kind. */
static void
square(xmlDoc *doc, guint n)
{
    volatile guint steps = 0;

    for (guint i = 0; i < n; i++) {
        for (guint j = 0; j < i; j++)
            steps++;
    }
}

#define WORDS "<a>", "<b c='d' e='f'>g &amp; h<c/></b>", "</a>"

static const Work works[] = {
    {"elements", "<a>", "<b/>", "</a>", NULL},
    {"words", WORDS, NULL},
    {"names", "<a>", "<b%u/>", "</a>", NULL},
    {"namespaces", "<a>", "<b xmlns='u' xmlns:n='v' n:c='d'/>", "</a>", NULL},
    {"comments", "<a>", "<!-- b --><?c d?><![CDATA[<e>]]>", "</a>", NULL},
    {"text", "<a>", "it's &lt;text&gt; ", "</a>", NULL},
    {"value", "<a><b c='", "it&apos;s &lt;text&gt; ", "'/></a>", NULL},
    {"torn", "<a>", "<b c='d'/>< ", "</a>", NULL},
    {"unended", "<a>", "<b c='", "", NULL},
    {"select", WORDS, select_nodes},
    {"walk", WORDS, walk},
    {"write", WORDS, write_text},
    {"validate", "<collection><name>n</name>", "<domain>d%u</domain>", "</collection>", validate},
    {"square", "<a/>", "", "", square},
};

static GString *
make_text(const Work *self, guint n)
{
    GString *text = g_string_new(self->before);
    const char *number = strstr(self->repeated, "%u");

    for (guint i = 0; i < n; i++) {
        g_string_append_len(text, self->repeated, number ? number - self->repeated : -1);
        if (number)
            g_string_append_printf(text, "%u%s", i, number + 2);
    }

    return g_string_append(text, self->after);
}

/* What is counted: valgrind finds it by its name, so it has to be a function of its own. */
G_NO_INLINE void do_work(const Work *self, const GString *text, guint n);

G_NO_INLINE void
do_work(const Work *self, const GString *text, guint n)
{
    g_autoptr(xmlDoc) doc = xml_parse(text->str, text->len, "a document", NULL);

    if (self->work)
        self->work(doc, n);
}

static gint64
processor_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

    return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

int
main(int argc, char **argv)
{
    for (gsize w = 0; w < G_N_ELEMENTS(works); w++) {
        printf("%s", works[w].name);
        for (int i = 1; i < argc; i++) {
            guint n = (guint)strtoul(argv[i], NULL, 10);
            g_autoptr(GString) text = make_text(&works[w], n);
            gint64 start = processor_us();

            do_work(&works[w], text, n);
            printf(" %" G_GINT64_FORMAT, processor_us() - start);
        }
        printf("\n");
    }

    return 0;
}
