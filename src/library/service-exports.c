/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "archive/export-protect.h"
#include "archive/export-variant.h"
#include "library/service-ask.h"
#include "library/service-info.h"
#include "util/path.h"

/* What there is of exports, and which of them rules must not remove. */

/* --- a list -------------------------------------------------------------------- */

static GVariant *
list_below(G_GNUC_UNUSED VirtSnapService *self, const char *directory,
           G_GNUC_UNUSED const char *second, GError **error)
{
    g_autofree char *path = path_canonical(directory);
    g_autoptr(GPtrArray) exports = export_list(path, error);

    return exports ? g_variant_ref_sink(export_list_format(exports)) : NULL;
}

GVariant *
virt_snap_service_list_exports(VirtSnapService *self, const char *directory, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return list_below(self, directory, NULL, error);
}

void
virt_snap_service_list_exports_async(VirtSnapService *self, const char *directory,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    service_ask(self, list_below, directory, NULL, virt_snap_service_list_exports_async,
                cancellable, callback, user_data);
}

GVariant *
virt_snap_service_list_exports_finish(VirtSnapService *self, GAsyncResult *result, GError **error)
{
    return service_answer(self, result, error);
}

/* --- what one holds ------------------------------------------------------------ */

static GVariant *
read_info(G_GNUC_UNUSED VirtSnapService *self, const char *directory,
          G_GNUC_UNUSED const char *second, GError **error)
{
    g_autofree char *path = path_canonical(directory);

    return export_info_load(path, error);
}

GVariant *
virt_snap_service_get_export_info(VirtSnapService *self, const char *directory, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(directory != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return read_info(self, directory, NULL, error);
}

void
virt_snap_service_get_export_info_async(VirtSnapService *self, const char *directory,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    service_ask(self, read_info, directory, NULL, virt_snap_service_get_export_info_async,
                cancellable, callback, user_data);
}

GVariant *
virt_snap_service_get_export_info_finish(VirtSnapService *self, GAsyncResult *result,
                                         GError **error)
{
    return service_answer(self, result, error);
}

/* --- protection ---------------------------------------------------------------- */

gboolean
virt_snap_service_protect_export(VirtSnapService *self, const char *directory, gboolean protect,
                                 GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), FALSE);
    g_return_val_if_fail(directory != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    g_autofree char *path = path_canonical(directory);

    return export_set_protected(path, protect, error);
}

/* @protect: (nullable): NULL: not any more */
static GVariant *
set_protection(VirtSnapService *self, const char *directory, const char *protect, GError **error)
{
    return virt_snap_service_protect_export(self, directory, protect != NULL, error)
               ? g_variant_ref_sink(g_variant_new_boolean(TRUE))
               : NULL;
}

void
virt_snap_service_protect_export_async(VirtSnapService *self, const char *directory,
                                       gboolean protect, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(directory != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    service_ask(self, set_protection, directory, protect ? "" : NULL,
                virt_snap_service_protect_export_async, cancellable, callback, user_data);
}

gboolean
virt_snap_service_protect_export_finish(VirtSnapService *self, GAsyncResult *result,
                                        GError **error)
{
    g_autoptr(GVariant) done = service_answer(self, result, error);

    return done != NULL;
}
