/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "hypervisor/hypervisor.h"
#include "import/host-taken.h"
#include "util/xml.h"

/** Who has what: value → name of a domain. */
typedef struct {
    GHashTable *names;
    GHashTable *uuids;
    GHashTable *macs;
    GHashTable *files;
} Owners;

static GHashTable *
new_table(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
owners_clear(Owners *self)
{
    g_hash_table_unref(self->names);
    g_hash_table_unref(self->uuids);
    g_hash_table_unref(self->macs);
    g_hash_table_unref(self->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Owners, owners_clear)

static void
own(GHashTable *table, const char *value, const char *owner, gboolean lower)
{
    char *key = lower ? g_ascii_strdown(value, -1) : g_strdup(value);

    g_hash_table_replace(table, key, g_strdup(owner));
}

static void
own_values(GHashTable *table, xmlNode *domain, const char *path, const char *owner, gboolean lower)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, path);

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *value = xml_text(g_ptr_array_index(nodes, i), ".");

        if (*g_strstrip(value))
            own(table, value, owner, lower);
    }
}

/* What cannot be read as XML has a name and a UUID even so. */
static void
own_domain(Owners *self, const DomainRecord *record)
{
    g_autoptr(xmlDoc) doc =
        record->xml ? xml_parse(record->xml, strlen(record->xml), "domain", NULL) : NULL;
    xmlNode *domain = doc ? xmlDocGetRootElement(doc) : NULL;

    own(self->names, record->name, record->name, FALSE);
    if (record->uuid)
        own(self->uuids, record->uuid, record->name, TRUE);
    if (!domain)
        return;
    own_values(self->macs, domain, "./devices/interface/mac/@address", record->name, TRUE);
    own_values(self->files, domain,
               "./devices/disk//source/@file | ./devices/disk//source/@dev | ./os/nvram/text() | "
               "./os/nvram/source/@file",
               record->name, FALSE);
}

/* --- one domain ------------------------------------------------------------------- */

static char *
who_has(const char *owner)
{
    return g_strdup_printf(_("the domain '%s' has it"), owner);
}

static void
claim_value(GHashTable *table, const char *member, const char *kind, const char *value,
            gboolean lower, const char *option, GPtrArray *findings)
{
    g_autofree char *key = lower ? g_ascii_strdown(value, -1) : g_strdup(value);
    const char *owner = g_hash_table_lookup(table, key);

    if (owner)
        host_findings_add(findings, member, kind, value, who_has(owner), NULL, g_strdup(option));
    else
        own(table, key, member, FALSE);
}

static void
claim_file(Owners *self, const char *member, const char *kind, const char *path,
           GPtrArray *findings)
{
    const char *owner = g_hash_table_lookup(self->files, path);
    struct stat st;

    if (owner)
        host_findings_add(findings, member, kind, path, who_has(owner), NULL,
                          g_strdup(_("--to with another directory")));
    else if (lstat(path, &st) == 0)
        host_findings_add(findings, member, kind, path, g_strdup(_("it exists")), NULL,
                          g_strdup(_("--to with another directory")));
    else
        own(self->files, path, member, FALSE);
}

static void
claim_name(Owners *self, const HostClaim *claim, GPtrArray *findings)
{
    g_autofree char *option =
        g_strdup_printf(_("--rename '%s=NEW', or --suffix"), claim->member);

    claim_value(self->names, claim->member, "name", claim->name, FALSE, option, findings);
}

static void
claim_all(Owners *self, const HostClaim *claim, GPtrArray *findings)
{
    claim_name(self, claim, findings);
    if (claim->uuid)
        claim_value(self->uuids, claim->member, "uuid", claim->uuid, TRUE, "--new-uuid", findings);
    for (guint i = 0; claim->macs && i < claim->macs->len; i++)
        claim_value(self->macs, claim->member, "mac", g_ptr_array_index(claim->macs, i), TRUE,
                    "--mac new", findings);
    for (guint i = 0; claim->disks && i < claim->disks->len; i++)
        claim_file(self, claim->member, "disk", g_ptr_array_index(claim->disks, i), findings);
    if (claim->nvram)
        claim_file(self, claim->member, "nvram", claim->nvram, findings);
}

void
host_taken_find(const HostFacts *facts, GPtrArray *claims, GPtrArray *findings)
{
    g_auto(Owners) owners = {new_table(), new_table(), new_table(), new_table()};

    for (guint i = 0; i < facts->domains->len; i++)
        own_domain(&owners, g_ptr_array_index(facts->domains, i));
    for (guint i = 0; i < claims->len; i++)
        claim_all(&owners, g_ptr_array_index(claims, i), findings);
}

/* --- pools and collections ---------------------------------------------------------- */

static gboolean
has_string(GPtrArray *strings, const char *string)
{
    for (guint i = 0; strings && i < strings->len; i++) {
        if (g_str_equal(g_ptr_array_index(strings, i), string))
            return TRUE;
    }

    return FALSE;
}

void
host_taken_volume(const HostFacts *facts, const char *member, const char *pool, GPtrArray *volumes,
                  const char *name, GPtrArray *findings)
{
    const HostThing *thing = host_thing_find(facts->pools, pool);

    if (!thing) {
        host_findings_add(findings, member, "pool", pool, g_strdup(_("no such storage pool")), NULL,
                          g_strdup(_("--pool with another one, or --to")));
    } else if (!thing->active) {
        host_findings_add(findings, member, "pool", pool, g_strdup(_("it is not active")), NULL,
                          g_strdup_printf("virsh pool-start '%s'", pool));
    } else if (has_string(volumes, name)) {
        host_findings_add(findings, member, "volume", name,
                          g_strdup_printf(_("the pool '%s' has it"), pool), NULL,
                          g_strdup(_("--pool with another one, or --to")));
    }
}

void
host_taken_collection(GPtrArray *collections, const char *name, GPtrArray *findings)
{
    if (has_string(collections, name))
        host_findings_add(findings, NULL, "collection", name, g_strdup(_("it exists")), NULL,
                          g_strdup("--suffix"));
}
