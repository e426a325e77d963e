/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/collection-store.h"
#include "hypervisor/host-security.h"
#include "import/import-free.h"
#include "tests/unit/harness.h"

/* What an import asks of the host: whether what it is to make is there already, and what may keep
 * QEMU from its files. */

#define UUID "ef861801-45b9-11cb-88e3-afbfe5370491"
#define CARD "<interface type='user'><mac address='%s'/></interface>"

/* --- a host ------------------------------------------------------------------------ */

/* With one domain. */
typedef struct {
    Hypervisor parent;
    const char *name;
    const char *uuid;
    const char *mac;
    const char *model; /* by which it confines domains */
} Host;

static GPtrArray *
list_domains(Hypervisor *hypervisor, G_GNUC_UNUSED GError **error)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(names, g_strdup(((Host *)hypervisor)->name));

    return names;
}

static DomainRecord *
describe(Hypervisor *hypervisor, const char *word, G_GNUC_UNUSED gboolean *running,
         G_GNUC_UNUSED GError **error)
{
    const Host *self = (Host *)hypervisor;
    DomainRecord *record;

    if (!g_str_equal(word, self->name) && !g_str_equal(word, self->uuid))
        return NULL;
    record = g_new0(DomainRecord, 1);
    record->name = g_strdup(self->name);
    record->xml = g_strdup_printf("<domain><devices>" CARD "</devices></domain>", self->mac);
    record->snapshots = g_ptr_array_new();

    return record;
}

static char *
capabilities(Hypervisor *hypervisor, G_GNUC_UNUSED GError **error)
{
    const char *model = ((Host *)hypervisor)->model;

    return model ? g_strdup_printf("<capabilities><host><secmodel><model>%s</model></secmodel>"
                                   "<secmodel><model>dac</model></secmodel></host>"
                                   "</capabilities>",
                                   model)
                 : NULL;
}

static const HypervisorOps ops = {
    .list_domains = list_domains, .describe = describe, .capabilities = capabilities,
};

/* --- an import ---------------------------------------------------------------------- */

typedef struct {
    Scratch *scratch;
    ManifestDomain from;
    ImportPlan *plan; /* of the domain "web", which is called "old" in the export */
    Host host;        /* which has none of it */
    VirtSnapCollectionStore *store;
} Fixture;

static VirtSnapCollection *
shop_of(const char *member)
{
    g_autoptr(GError) error = NULL;
    VirtSnapCollection *shop = virt_snap_collection_new("shop", &error);

    g_assert_true(virt_snap_collection_add(shop, VIRT_SNAP_MEMBER_DOMAIN, member, &error));
    g_assert_no_error(error);

    return shop;
}

static void
set_up(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(ImportSettings) settings = import_settings_new();
    ImportDomain *domain = import_domain_new();

    self->scratch = scratch_new();
    g_setenv("VIRTSNAP_CONFIG_DIR", self->scratch, TRUE);
    self->store = virt_snap_collection_store_new(NULL);
    self->from.name = g_strdup("old");
    domain->from = &self->from;
    domain->name = g_strdup("web");
    domain->uuid = g_strdup(UUID);
    domain->xml = g_strdup_printf("<domain><devices>" CARD "</devices></domain>",
                                  "52:54:00:aa:bb:cc");
    domain->tpm = g_build_filename(self->scratch, "state", NULL);
    domain->variables = g_build_filename(self->scratch, "web_VARS", NULL);
    domain->saved = g_build_filename(self->scratch, "web.save", NULL);
    self->plan = import_plan_new(settings, "/to/shop/s");
    g_ptr_array_add(self->plan->domains, domain);
    g_ptr_array_add(self->plan->collections, shop_of("web"));
    self->host = (Host){{&ops}, "db", "none", "52:54:00:00:00:01", NULL};
}

static void
tear_down(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    import_plan_free(self->plan);
    virt_snap_collection_store_free(self->store);
    g_free(self->from.name);
    scratch_free(self->scratch);
}

static void
take_name(Fixture *self)
{
    self->host.name = "web";
}

static void
take_uuid(Fixture *self)
{
    self->host.uuid = UUID;
}

/* libvirt writes them as the user did. */
static void
take_mac(Fixture *self)
{
    self->host.mac = "52:54:00:AA:BB:CC";
}

static void
take_file(Fixture *self, const char *name)
{
    g_autofree char *path = g_build_filename(self->scratch, name, NULL);

    write_file(path, "another's", -1);
}

static void
take_state(Fixture *self)
{
    take_file(self, "state");
}

static void
take_variables(Fixture *self)
{
    take_file(self, "web_VARS.qcow2");
}

static void
take_saved(Fixture *self)
{
    take_file(self, "web.save");
}

static void
take_collection(Fixture *self)
{
    g_autoptr(VirtSnapCollection) other = shop_of("another");
    g_autoptr(GError) error = NULL;

    g_assert_true(virt_snap_collection_store_create(self->store, other, &error));
    g_assert_no_error(error);
}

/* Everything that can be taken, and what is said of it, in the order in which it is said. @ stands
 * for the scratch directory, HOST for the domain of the host. */
static const struct {
    void (*take)(Fixture *self);
    const char *said;
} table[] = {
    {take_name,
     "there is a domain 'web'; --rename 'old=NEW' or --suffix gives it another name"},
    {take_uuid, "the domain 'HOST' has the UUID " UUID " of 'web'; --new-uuid gives it another"},
    {take_state, "there is a state of a TPM in '@/state', which would be that of 'web'; --new-uuid "
                 "gives it another, or move that away"},
    {take_variables, "there are variables of firmware in '@/web_VARS.qcow2', which would be those "
                     "of 'web'; --rename 'old=NEW' or --suffix gives it another name, or move that "
                     "away"},
    {take_saved, "there is a saved state in '@/web.save', with which 'web' would start; --rename "
                 "'old=NEW' or --suffix gives it another name, or move that away"},
    {take_mac, "the domain 'HOST' has a network card with the address 52:54:00:aa:bb:cc of 'web'; "
               "--mac new gives it another"},
    {take_collection, "there is a collection 'shop' with other members; --rename 'shop=NEW' gives "
                      "it another name"},
};

static void
add_said(GString *all, gsize row, const Fixture *self)
{
    g_autoptr(GString) line = g_string_new(table[row].said);

    g_string_replace(line, "@", self->scratch, 0);
    g_string_replace(line, "HOST", self->host.name, 0);
    g_string_append_printf(all, "\n  %s", line->str);
}

/* Takes what is in the rows from @row up to @end, and checks that the answer has exactly that. */
static void
assert_taken(Fixture *self, gsize row, gsize end)
{
    g_autoptr(GString) all = g_string_new("What is to be imported is there already, and nothing "
                                          "is ever overwritten:");
    g_autoptr(GError) error = NULL;

    for (gsize i = row; i < end; i++)
        table[i].take(self);
    for (gsize i = row; i < end; i++)
        add_said(all, i, self);
    g_assert_false(import_check_free(&self->host.parent, self->plan, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_assert_cmpstr(error->message, ==, all->str);
}

static void
test_free(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(import_check_free(&self->host.parent, self->plan, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(self->plan->collections->len, ==, 1);
}

static void
test_taken(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        Fixture fixture = {NULL};

        set_up(&fixture, NULL);
        assert_taken(&fixture, i, i + 1);
        tear_down(&fixture, NULL);
    }
}

static char *
listing(const Fixture *self)
{
    return run("find", self->scratch, "-type", "f", "-printf", "%P %s %i %T@ %C@\n", NULL);
}

/* Nobody is told of the next thing only after having helped the one before, and a look changes
 * nothing. */
static void
test_all_taken(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autoptr(GError) error = NULL;

    assert_taken(self, 0, G_N_ELEMENTS(table));
    before = listing(self);
    g_assert_nonnull(strstr(before, "shop"));
    g_assert_false(import_check_free(&self->host.parent, self->plan, &error));
    after = listing(self);
    g_assert_cmpstr(after, ==, before);
}

/* One that is as it will be stays, and is not made again. */
static void
test_same_collection(Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(VirtSnapCollection) same = shop_of("web");
    g_autoptr(GError) error = NULL;

    g_assert_true(virt_snap_collection_store_create(self->store, same, &error));
    g_assert_true(import_check_free(&self->host.parent, self->plan, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(self->plan->collections->len, ==, 0);
}

/* --- what QEMU may not open ---------------------------------------------------------- */

#define DENIED "Could not open '/to/x.qcow2': Permission denied"
#define MODES                                                                                      \
    "; the user of QEMU may not open a file of the domain: see owners, modes and ACLs of '/to', "  \
    "and of the directories above ('namei -l')"
#define SELINUX                                                                                    \
    "; or SELinux denies it ('ausearch -m avc -ts recent'): 'semanage fcontext' and 'restorecon' " \
    "give the directory the type virt_image_t"
#define APPARMOR                                                                                   \
    "; or AppArmor denies it ('journalctl -k -g apparmor'): what is allowed in "                   \
    "/etc/apparmor.d/local/abstractions/libvirt-qemu counts for all domains"

static void
test_denied(void)
{
    static const struct {
        const char *model;
        const char *said;
        const char *explained;
    } rows[] = {
        {"selinux", DENIED, DENIED MODES SELINUX},
        {"apparmor", DENIED, DENIED MODES APPARMOR},
        {"none", DENIED, DENIED MODES},
        {NULL, DENIED, DENIED MODES},
        {"selinux", "No such file or directory", "No such file or directory"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Host host = {.parent = {&ops}, .model = rows[i].model};
        g_autoptr(GError) error =
            g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, rows[i].said);

        host_explain_denied(&host.parent, "/to", error);
        g_assert_cmpstr(error->message, ==, rows[i].explained);
    }
}

#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    ADD("/import-host/free", test_free);
    g_test_add_func("/import-host/taken", test_taken);
    ADD("/import-host/all-taken", test_all_taken);
    ADD("/import-host/same-collection", test_same_collection);
    g_test_add_func("/import-host/denied", test_denied);

    return g_test_run();
}
