/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "collection/members.h"
#include "export/set-info-variant.h"
#include "hypervisor/drivers.h"
#include "library/service-ask.h"
#include "library/service-info.h"
#include "snapshot/reference-variant.h"

/* What there is of snapshots and reference points, with more than names. */

static Hypervisor *
connect_service(VirtSnapService *self, GError **error)
{
    return drivers_get()->open_hypervisor(virt_snap_service_get_uri(self), error);
}

/* --- all of a collection ------------------------------------------------------- */

static GVariant *
read_snapshots(VirtSnapService *self, const char *collection, G_GNUC_UNUSED const char *second,
               GError **error)
{
    g_autoptr(Hypervisor) hypervisor = connect_service(self, error);

    return hypervisor ? set_info_list(hypervisor, collection, error) : NULL;
}

GVariant *
virt_snap_service_get_snapshots(VirtSnapService *self, const char *collection, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return read_snapshots(self, collection, NULL, error);
}

void
virt_snap_service_get_snapshots_async(VirtSnapService *self, const char *collection,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    service_ask(self, read_snapshots, collection, NULL, virt_snap_service_get_snapshots_async,
                cancellable, callback, user_data);
}

GVariant *
virt_snap_service_get_snapshots_finish(VirtSnapService *self, GAsyncResult *result,
                                       GError **error)
{
    return service_answer(self, result, error);
}

/* --- one of them --------------------------------------------------------------- */

static GVariant *
read_snapshot(VirtSnapService *self, const char *collection, const char *snapshot, GError **error)
{
    g_autoptr(Hypervisor) hypervisor = connect_service(self, error);
    g_autoptr(SetInfo) info =
        hypervisor ? set_info_new(hypervisor, collection, snapshot, error) : NULL;

    return info ? g_variant_ref_sink(set_info_format(info, snapshot)) : NULL;
}

GVariant *
virt_snap_service_get_snapshot_info(VirtSnapService *self, const char *collection,
                                    const char *snapshot, GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(snapshot != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return read_snapshot(self, collection, snapshot, error);
}

void
virt_snap_service_get_snapshot_info_async(VirtSnapService *self, const char *collection,
                                          const char *snapshot, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(snapshot != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    service_ask(self, read_snapshot, collection, snapshot,
                virt_snap_service_get_snapshot_info_async, cancellable, callback, user_data);
}

GVariant *
virt_snap_service_get_snapshot_info_finish(VirtSnapService *self, GAsyncResult *result,
                                           GError **error)
{
    return service_answer(self, result, error);
}

/* --- reference points ---------------------------------------------------------- */

static GVariant *
read_points(VirtSnapService *self, const char *collection, G_GNUC_UNUSED const char *second,
            GError **error)
{
    g_autoptr(Members) members = members_new(collection, NULL, error);
    g_autoptr(Hypervisor) hypervisor = members ? connect_service(self, error) : NULL;
    g_autoptr(GPtrArray) points =
        hypervisor ? reference_point_list(hypervisor, members->domains, error) : NULL;

    return points ? g_variant_ref_sink(reference_points_format(points)) : NULL;
}

GVariant *
virt_snap_service_get_reference_points(VirtSnapService *self, const char *collection,
                                       GError **error)
{
    g_return_val_if_fail(VIRT_SNAP_IS_SERVICE(self), NULL);
    g_return_val_if_fail(collection != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return read_points(self, collection, NULL, error);
}

void
virt_snap_service_get_reference_points_async(VirtSnapService *self, const char *collection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(VIRT_SNAP_IS_SERVICE(self));
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    service_ask(self, read_points, collection, NULL,
                virt_snap_service_get_reference_points_async, cancellable, callback, user_data);
}

GVariant *
virt_snap_service_get_reference_points_finish(VirtSnapService *self, GAsyncResult *result,
                                              GError **error)
{
    return service_answer(self, result, error);
}
