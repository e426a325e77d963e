/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "util/xml-bounds.h"

/* libvirt's documents stay far below all of these limits. The deepest nesting is that of a backing
 * chain of 200 layers. */
#define ATTRIBUTES_MAX 256 /* of one element */
#define DEPTH_MAX 512
#define NAMESPACES_MAX 256 /* in force at once */
#define NAMES_MAX 4096     /* that are different */
#define NAME_BYTES_MAX 1024
#define IDS_MAX 4096

typedef struct {
    const char *at;
    const char *end;
    const char *reason; /* why the document is refused; NULL: no reason so far */
    gboolean broken;    /* the document is not well-formed at @at */
    gsize marks;     /* which bound the nodes that libxml2 allocates */
    gsize marks_max;
    guint depth;
    guint namespaces;
    guint declared[DEPTH_MAX]; /* namespaces declared by each open element */
    guint ids;
    GTree *names; /* Name */
} Scan;

typedef struct {
    const char *text; /* in the document */
    gsize length;
} Name;

/* The names are kept in a balanced tree, because names chosen to collide would make a hash table
 * slow. */
static gint
compare_tokens(gconstpointer a, gconstpointer b, gpointer data)
{
    const Name *one = a;
    const Name *two = b;
    int order = memcmp(one->text, two->text, MIN(one->length, two->length));

    return order != 0 ? order : (one->length > two->length) - (one->length < two->length);
}

static gboolean
refuse_document(Scan *self, const char *reason)
{
    self->reason = reason;

    return FALSE;
}

static gboolean
give_up_scan(Scan *self)
{
    self->broken = TRUE;
    self->at = MIN(self->at + 1, self->end);

    return FALSE;
}

static gboolean
add_marks(Scan *self, guint marks)
{
    self->marks += marks;

    return self->marks <= self->marks_max ||
           refuse_document(self, _("it has too many elements or attributes"));
}

static gboolean
scan_starts_with(const Scan *self, const char *text)
{
    gsize length = strlen(text);

    return (gsize)(self->end - self->at) >= length && memcmp(self->at, text, length) == 0;
}

/* Moves behind the terminator @text, which ends in '>', of a construct whose opening has @skip
 * bytes; to the end of the document if there is no terminator. It searches with memchr(), because
 * the memmem() of the sanitizers checks the whole rest of the document at each call. */
static gboolean
go_behind(Scan *self, gsize skip, const char *text)
{
    gsize before = strlen(text) - 1;
    const char *from = self->at + MIN(skip + before, (gsize)(self->end - self->at));
    const char *found = from;

    while (found && (found = memchr(found, '>', (gsize)(self->end - found))) &&
           memcmp(found - before, text, before) != 0)
        found++;
    self->at = found ? found + 1 : self->end;

    return TRUE;
}

static void
skip_xml_blanks(Scan *self)
{
    while (self->at < self->end && memchr(" \t\r\n", *self->at, 4))
        self->at++;
}

static gboolean
take_char(Scan *self, char c)
{
    if (self->at == self->end || *self->at != c)
        return FALSE;
    self->at++;

    return TRUE;
}

static gboolean
count_xml_name(Scan *self, Name *name)
{
    name->text = self->at;
    while (self->at < self->end && !memchr(" \t\r\n/<>='\"?", *self->at, 11))
        self->at++;
    name->length = (gsize)(self->at - name->text);
    if (name->length == 0)
        return give_up_scan(self);
    if (name->length > NAME_BYTES_MAX)
        return refuse_document(self, _("it has a name that is too long"));
    if (g_tree_lookup(self->names, name))
        return TRUE;
    g_tree_insert(self->names, g_memdup2(name, sizeof *name), GINT_TO_POINTER(1));

    return g_tree_nnodes(self->names) <= NAMES_MAX ||
           refuse_document(self, _("it has too many different names"));
}

static gboolean
is_namespace(const Name *name)
{
    return name->length >= 5 && memcmp(name->text, "xmlns", 5) == 0 &&
           (name->length == 5 || name->text[5] == ':');
}

static gboolean
count_attribute(Scan *self, const Name *name)
{
    if (is_namespace(name)) {
        self->declared[self->depth]++;
        if (++self->namespaces > NAMESPACES_MAX)
            return refuse_document(self, _("it has too many namespaces"));
    }
    if (name->length == 6 && memcmp(name->text, "xml:id", 6) == 0 && ++self->ids > IDS_MAX)
        return refuse_document(self, _("it has too many identifiers (xml:id)"));

    return add_marks(self, 2);
}

static gboolean
skim_value(Scan *self)
{
    const char *from = self->at + 1;
    const char *to;

    if (self->at == self->end || (*self->at != '"' && *self->at != '\''))
        return give_up_scan(self);
    to = memchr(from, *self->at, (gsize)(self->end - from));
    if (!to)
        to = self->end;
    self->at = to;
    if (memchr(from, '<', (gsize)(to - from)))
        return give_up_scan(self);
    self->at = MIN(to + 1, self->end);

    return TRUE;
}

static gboolean
take_attribute(Scan *self)
{
    Name name;

    if (!count_xml_name(self, &name) || !count_attribute(self, &name))
        return FALSE;
    skip_xml_blanks(self);
    if (!take_char(self, '='))
        return give_up_scan(self);
    skip_xml_blanks(self);

    return skim_value(self);
}

static void
leave_element(Scan *self)
{
    self->namespaces -= self->declared[self->depth];
}

static gboolean
take_start_tag(Scan *self)
{
    Name name;

    self->at++;
    if (self->depth == DEPTH_MAX)
        return refuse_document(self, _("its elements are nested too deeply"));
    self->declared[self->depth] = 0;
    if (!add_marks(self, 1) || !count_xml_name(self, &name))
        return FALSE;
    for (guint attributes = 0;; attributes++) {
        skip_xml_blanks(self);
        if (take_char(self, '>')) {
            self->depth++;
            return TRUE;
        }
        if (take_char(self, '/')) {
            leave_element(self);
            return take_char(self, '>') || give_up_scan(self);
        }
        if (attributes == ATTRIBUTES_MAX)
            return refuse_document(self, _("it has an element with too many attributes"));
        if (!take_attribute(self))
            return FALSE;
    }
}

static gboolean
take_end_tag(Scan *self)
{
    Name name;

    self->at += 2;
    if (self->depth == 0)
        return give_up_scan(self);
    self->depth--;
    leave_element(self);
    if (!add_marks(self, 1) || !count_xml_name(self, &name))
        return FALSE;
    skip_xml_blanks(self);

    return take_char(self, '>') || give_up_scan(self);
}

static gboolean
take_instruction(Scan *self)
{
    Name name;

    self->at += 2;

    return add_marks(self, 1) && count_xml_name(self, &name) && go_behind(self, 0, "?>");
}

/* Scans up to the character that shows what kind of declaration this is, and gives up there,
 * because the parser refuses all declarations. */
static gboolean
take_declaration(Scan *self)
{
    while (self->at < self->end && *self->at != '[' && *self->at != '>')
        self->at++;

    return give_up_scan(self);
}

static gboolean
take_markup(Scan *self)
{
    if (scan_starts_with(self, "<!--"))
        return add_marks(self, 1) && go_behind(self, 4, "-->");
    if (scan_starts_with(self, "<![CDATA["))
        return add_marks(self, 1) && go_behind(self, 9, "]]>");
    if (scan_starts_with(self, "<!"))
        return take_declaration(self);
    if (scan_starts_with(self, "<?"))
        return take_instruction(self);

    return scan_starts_with(self, "</") ? take_end_tag(self) : take_start_tag(self);
}

const char *
xml_bounds_check(const char *text, gsize *length, gsize *marks)
{
    Scan self = {.at = text, .end = text + *length, .marks_max = *marks};

    self.names = g_tree_new_full(compare_tokens, NULL, g_free, NULL);
    while (!self.broken && !self.reason &&
           (self.at = memchr(self.at, '<', (gsize)(self.end - self.at))))
        take_markup(&self);
    if (self.broken)
        *length = (gsize)(self.at - text);
    *marks = self.marks;
    g_tree_destroy(self.names);

    return self.reason;
}
