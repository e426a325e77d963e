/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-error.h"

/* The error codes of libvirt that have a corresponding VirtSnapError; all others become FAILED. */
static const struct {
    int libvirt;
    VirtSnapError code;
} codes[] = {
    {VIR_ERR_NO_SUPPORT, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {VIR_ERR_OPERATION_UNSUPPORTED, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {VIR_ERR_CONFIG_UNSUPPORTED, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {VIR_ERR_NO_MEMORY, VIRT_SNAP_ERROR_OUT_OF_MEMORY},
    {VIR_ERR_INVALID_ARG, VIRT_SNAP_ERROR_INVALID_PARAMETER},
    {VIR_ERR_OPERATION_INVALID, VIRT_SNAP_ERROR_INVALID_STATE},
    {VIR_ERR_OPERATION_TIMEOUT, VIRT_SNAP_ERROR_TIMEOUT},
    {VIR_ERR_NO_DOMAIN, VIRT_SNAP_ERROR_NOT_FOUND},
    {VIR_ERR_NO_DOMAIN_SNAPSHOT, VIRT_SNAP_ERROR_NOT_FOUND},
    {VIR_ERR_NO_STORAGE_POOL, VIRT_SNAP_ERROR_NOT_FOUND},
    {VIR_ERR_NO_STORAGE_VOL, VIRT_SNAP_ERROR_NOT_FOUND},
    {VIR_ERR_STORAGE_VOL_EXIST, VIRT_SNAP_ERROR_ALREADY_EXISTS},
    {VIR_ERR_ACCESS_DENIED, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {VIR_ERR_AUTH_FAILED, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {VIR_ERR_AUTH_CANCELLED, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {VIR_ERR_AUTH_UNAVAILABLE, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {VIR_ERR_OPERATION_DENIED, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {VIR_ERR_NO_CONNECT, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE},
    {VIR_ERR_INVALID_CONN, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE},
    {VIR_ERR_RPC, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE},
    {VIR_ERR_LIBSSH, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE},
    {VIR_ERR_SSH, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE},
};

static VirtSnapError
map_libvirt_code(const virError *last)
{
    /* A missing daemon, or one that goes away, is a system error of libvirt's RPC layer. */
    if (last->domain == VIR_FROM_RPC)
        return VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE;
    /* virReportSystemError() puts errno there. */
    if (last->code == VIR_ERR_SYSTEM_ERROR && (last->int1 == ENOSPC || last->int1 == EDQUOT))
        return VIRT_SNAP_ERROR_NO_SPACE;
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (codes[i].libvirt == last->code)
            return codes[i].code;
    }

    return VIRT_SNAP_ERROR_FAILED;
}

void
libvirt_error_take(GError **error, virErrorPtr last, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);

    if (!last || last->code == VIR_ERR_OK)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("%s: libvirt gives no reason"), what);
    else
        g_set_error(error, VIRT_SNAP_ERROR, map_libvirt_code(last),
                    _("%s: %s (libvirt error %d of domain %d)"), what,
                    last->message ? last->message : "?", last->code, last->domain);
    virFreeError(last);
}
