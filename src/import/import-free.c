/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "collection/collection-store.h"
#include "import/import-free.h"
#include "util/xml.h"

typedef struct {
    Hypervisor *hypervisor;
    ImportPlan *plan;
    GString *taken;    /* a line for each thing that exists */
    GHashTable *names; /* char*: names of all domains of the host */
} Look;

G_GNUC_PRINTF(2, 3)
static void
take_note(Look *self, const char *format, ...)
{
    va_list args;

    g_string_append(self->taken, "\n  ");
    va_start(args, format);
    g_string_append_vprintf(self->taken, format, args);
    va_end(args);
}

/* --- domains ---------------------------------------------------------------- */

static GHashTable *
names_of(Hypervisor *hypervisor, GError **error)
{
    g_autoptr(GPtrArray) list = hypervisor->ops->list_domains(hypervisor, error);
    GHashTable *names =
        list ? g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) : NULL;

    for (guint i = 0; list && i < list->len; i++)
        g_hash_table_add(names, g_strdup(g_ptr_array_index(list, i)));

    return names;
}

static gboolean
look_for_domain(Look *self, const ImportDomain *domain, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean running;
    g_autoptr(DomainRecord) other = NULL;

    if (g_hash_table_contains(self->names, domain->name))
        take_note(self, _("there is a domain '%s'; --rename '%s=NEW' or --suffix gives it another "
                          "name"),
                  domain->name, domain->from->name);
    other = self->hypervisor->ops->describe(self->hypervisor, domain->uuid, &running, &why);
    if (other)
        take_note(self, _("the domain '%s' has the UUID %s of '%s'; --new-uuid gives it another"),
                  other->name, domain->uuid, domain->name);
    if (!why)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* libvirt would take a state that somebody left under this UUID for that of the domain, and so give
 * what another guest kept in its TPM to this one. */
static void
look_for_state(Look *self, const ImportDomain *domain)
{
    struct stat st;

    if (domain->tpm && (lstat(domain->tpm, &st) == 0 || errno != ENOENT))
        take_note(self, _("there is a state of a TPM in '%s', which would be that of '%s'; "
                          "--new-uuid gives it another, or move that away"),
                  domain->tpm, domain->name);
}

/* The endings of the file that libvirt makes. */
static const char *const variables_endings[] = {".fd", ".qcow2", ".raw"};

/* Where one cannot look there may be some, which are another's. */
gboolean
import_makes_variables(const ImportDomain *domain)
{
    for (gsize i = 0; domain->variables && i < G_N_ELEMENTS(variables_endings); i++) {
        g_autofree char *path = g_strconcat(domain->variables, variables_endings[i], NULL);
        struct stat st;

        if (lstat(path, &st) == 0 || errno != ENOENT)
            return FALSE;
    }

    return domain->variables != NULL;
}

/* Whether it is seen to be there: not everybody who may define domains may look into all of
 * libvirt's directories. */
static gboolean
is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* What another guest's firmware keeps, keys and what it boots, would be kept for this one. */
static void
look_for_variables(Look *self, const ImportDomain *domain)
{
    for (gsize i = 0; domain->variables && i < G_N_ELEMENTS(variables_endings); i++) {
        g_autofree char *path = g_strconcat(domain->variables, variables_endings[i], NULL);

        if (!is_there(path))
            continue;
        take_note(self, _("there are variables of firmware in '%s', which would be those of '%s'; "
                          "--rename '%s=NEW' or --suffix gives it another name, or move that away"),
                  path, domain->name, domain->from->name);
        return;
    }
}

/* libvirt would start another guest's memory, on the disks that this one had. */
static void
look_for_saved(Look *self, const ImportDomain *domain)
{
    if (domain->saved && is_there(domain->saved))
        take_note(self, _("there is a saved state in '%s', with which '%s' would start; --rename "
                          "'%s=NEW' or --suffix gives it another name, or move that away"),
                  domain->saved, domain->name, domain->from->name);
}

/* --- network cards ------------------------------------------------------------ */

/* Adds the MAC addresses in @xml, in lower case, to @macs with the value @name. */
static void
add_macs(GHashTable *macs, const char *xml, const char *name)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), name, NULL);
    g_autoptr(GPtrArray) nodes =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/interface/mac/@address") : NULL;

    for (guint i = 0; nodes && i < nodes->len; i++) {
        g_autofree char *mac = xml_text(g_ptr_array_index(nodes, i), ".");

        if (mac)
            g_hash_table_insert(macs, g_ascii_strdown(mac, -1), g_strdup(name));
    }
}

static GHashTable *
mac_table(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* The MAC addresses of all domains of the host. A domain that was undefined meanwhile is
 * ignored. */
static GHashTable *
macs_of_host(const Look *self)
{
    GHashTable *macs = mac_table();
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        gboolean running;
        g_autoptr(DomainRecord) record =
            self->hypervisor->ops->describe(self->hypervisor, name, &running, NULL);

        if (record)
            add_macs(macs, record->xml, name);
    }

    return macs;
}

static void
look_for_macs(Look *self)
{
    g_autoptr(GHashTable) there = macs_of_host(self);
    g_autoptr(GHashTable) ours = mac_table();
    GHashTableIter iter;
    gpointer mac, domain;

    for (guint i = 0; i < self->plan->domains->len; i++) {
        const ImportDomain *one = g_ptr_array_index(self->plan->domains, i);

        add_macs(ours, one->xml, one->name);
    }
    g_hash_table_iter_init(&iter, ours);
    while (g_hash_table_iter_next(&iter, &mac, &domain)) {
        const char *other = g_hash_table_lookup(there, mac);

        if (other)
            take_note(self, _("the domain '%s' has a network card with the address %s of '%s'; "
                              "--mac new gives it another"),
                      other, (const char *)mac, (const char *)domain);
    }
}

/* --- collections ---------------------------------------------------------------- */

static gboolean
look_for_collection(Look *self, VirtSnapCollectionStore *store, guint *index, GError **error)
{
    const VirtSnapCollection *wanted = g_ptr_array_index(self->plan->collections, *index);
    const char *name = virt_snap_collection_get_name(wanted);
    g_autoptr(GError) why = NULL;
    g_autoptr(VirtSnapCollection) there = virt_snap_collection_store_load(store, name, &why);
    g_autofree char *is = there ? virt_snap_collection_format(there) : NULL;
    g_autofree char *will_be = virt_snap_collection_format(wanted);

    if (is && g_str_equal(is, will_be)) {
        g_ptr_array_remove_index(self->plan->collections, *index);
        return TRUE;
    }
    (*index)++;
    if (there)
        take_note(self, _("there is a collection '%s' with other members; --rename '%s=NEW' gives "
                          "it another name"),
                  name, name);
    if (there || g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static gboolean
look_for_collections(Look *self, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    for (guint i = 0; i < self->plan->collections->len;) {
        if (!look_for_collection(self, store, &i, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
look_for_all(Look *self, GError **error)
{
    for (guint i = 0; i < self->plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(self->plan->domains, i);

        if (!look_for_domain(self, domain, error))
            return FALSE;
        look_for_state(self, domain);
        look_for_variables(self, domain);
        look_for_saved(self, domain);
    }
    look_for_macs(self);

    return look_for_collections(self, error);
}

gboolean
import_check_free(Hypervisor *hypervisor, ImportPlan *plan, GError **error)
{
    g_autoptr(GString) taken = g_string_new(NULL);
    g_autoptr(GHashTable) names = NULL;
    Look self = {hypervisor, plan, taken, NULL};

    if (!plan->settings->define)
        return TRUE;
    self.names = names = names_of(hypervisor, error);
    if (!names || !look_for_all(&self, error))
        return FALSE;
    if (taken->len == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("What is to be imported is there already, and nothing is ever overwritten:%s"),
                taken->str);

    return FALSE;
}
