/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/import-collections.h"
#include "util/error-private.h"

static VirtSnapCollection *
read_exported_collection(const ImportSource *source, const ManifestFile *file, GError **error)
{
    g_autofree char *text = import_source_text(source, file->path, error);
    VirtSnapCollection *collection =
        text ? virt_snap_collection_parse(text, strlen(text), error) : NULL;

    /* An invalid document means that the export is corrupt, not that a parameter is invalid. */
    if (!collection) {
        error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);
        g_prefix_error(error, "%s: ", file->path);
    }

    return collection;
}

/* Returns: (element-type VirtSnapCollection): all collections of the export with their old
 * names. */
static GPtrArray *
read_exported_collections(const ImportSource *source, GError **error)
{
    GPtrArray *files = import_source_manifest(source)->files;
    g_autoptr(GPtrArray) all =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);

    for (guint i = 0; i < files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(files, i);
        VirtSnapCollection *one;

        if (!g_str_equal(file->role, "collection"))
            continue;
        one = read_exported_collection(source, file, error);
        if (!one)
            return NULL;
        g_ptr_array_add(all, one);
    }

    return g_steal_pointer(&all);
}

gboolean
import_collections_has(const ImportSource *source, const char *name)
{
    g_autoptr(GPtrArray) all = read_exported_collections(source, NULL);

    for (guint i = 0; all && i < all->len; i++) {
        if (g_str_equal(virt_snap_collection_get_name(g_ptr_array_index(all, i)), name))
            return TRUE;
    }

    return g_strcmp0(import_source_manifest(source)->collection, name) == 0;
}

/* --- new names --------------------------------------------------------------- */

static gboolean
is_exported_domain(const Manifest *manifest, const char *name)
{
    for (guint i = 0; i < manifest->domains->len; i++) {
        if (g_str_equal(((const ManifestDomain *)g_ptr_array_index(manifest->domains, i))->name,
                        name))
            return TRUE;
    }

    return FALSE;
}

/* A member that is not in the export is left out, since a domain of that name on this host may be a
 * different one. */
static gboolean
add_members(ImportPlan *plan, const Manifest *manifest, VirtSnapCollection *to,
            const VirtSnapCollection *from, VirtSnapMember kind, GError **error)
{
    g_auto(GStrv) names = virt_snap_collection_dup_members(from, kind);

    for (char **name = names; *name; name++) {
        g_autofree char *new = import_settings_name(plan->settings, *name);

        if (kind == VIRT_SNAP_MEMBER_DOMAIN && !is_exported_domain(manifest, *name)) {
            import_plan_warn(plan,
                             _("Collection '%s': its member '%s' is not in the export, and is left "
                               "out"),
                             virt_snap_collection_get_name(to), *name);
            continue;
        }
        if (!virt_snap_collection_add(to, kind, new, error))
            return FALSE;
    }

    return TRUE;
}

static VirtSnapCollection *
rename_collection(ImportPlan *plan, const Manifest *manifest, const VirtSnapCollection *from,
                  GError **error)
{
    g_autofree char *name =
        import_settings_name(plan->settings, virt_snap_collection_get_name(from));
    g_autoptr(VirtSnapCollection) to = virt_snap_collection_new(name, error);

    if (!to || !add_members(plan, manifest, to, from, VIRT_SNAP_MEMBER_DOMAIN, error) ||
        !add_members(plan, manifest, to, from, VIRT_SNAP_MEMBER_COLLECTION, error))
        return NULL;

    return g_steal_pointer(&to);
}

/* --- order of definition ------------------------------------------------------- */

static gboolean
has_known_members(const VirtSnapCollection *collection, GHashTable *known)
{
    g_auto(GStrv) names =
        virt_snap_collection_dup_members(collection, VIRT_SNAP_MEMBER_COLLECTION);

    for (char **name = names; *name; name++) {
        if (!g_hash_table_contains(known, *name))
            return FALSE;
    }

    return TRUE;
}

static gboolean
sort_for_definition(ImportPlan *plan, GPtrArray *all, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    guint before;

    do {
        before = plan->collections->len;
        for (guint i = 0; i < all->len; i++) {
            VirtSnapCollection *one = g_ptr_array_index(all, i);

            if (g_hash_table_contains(known, virt_snap_collection_get_name(one)) ||
                !has_known_members(one, known))
                continue;
            g_ptr_array_add(plan->collections, virt_snap_collection_copy(one));
            g_hash_table_add(known, (gpointer)virt_snap_collection_get_name(one));
        }
    } while (plan->collections->len > before);
    if (plan->collections->len == all->len)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The collections of the export have one that it does not hold as a member, or "
                  "are members of one another"));

    return FALSE;
}

gboolean
import_collections_write(ImportPlan *plan, const ImportSource *source, GError **error)
{
    const Manifest *manifest = import_source_manifest(source);
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GPtrArray) renamed =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);

    if (manifest->collection)
        plan->collection = import_settings_name(plan->settings, manifest->collection);
    if (!plan->settings->define || plan->settings->domains->len > 0)
        return TRUE;
    all = read_exported_collections(source, error);
    for (guint i = 0; all && i < all->len; i++) {
        VirtSnapCollection *one =
            rename_collection(plan, manifest, g_ptr_array_index(all, i), error);

        if (!one)
            return FALSE;
        g_ptr_array_add(renamed, one);
    }

    return all && sort_for_definition(plan, renamed, error);
}
