/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>

#include "util/error-private.h"

/* All error codes, one line for each: its value, its short name and its name on D-Bus. */
static const struct {
    VirtSnapError code;
    const char *name;
    const char *dbus_name;
} known_codes[] = {
    {VIRT_SNAP_ERROR_NOT_SUPPORTED, "not-supported", "org.virtsnap1.Error.NotSupported"},
    {VIRT_SNAP_ERROR_FAILED, "failed", "org.virtsnap1.Error.Failed"},
    {VIRT_SNAP_ERROR_TIMEOUT, "timeout", "org.virtsnap1.Error.Timeout"},
    {VIRT_SNAP_ERROR_INVALID_PARAMETER, "invalid-parameter",
     "org.virtsnap1.Error.InvalidParameter"},
    {VIRT_SNAP_ERROR_INVALID_STATE, "invalid-state", "org.virtsnap1.Error.InvalidState"},
    {VIRT_SNAP_ERROR_INVALID_TYPE, "invalid-type", "org.virtsnap1.Error.InvalidType"},
    {VIRT_SNAP_ERROR_ACCESS_DENIED, "access-denied", "org.virtsnap1.Error.AccessDenied"},
    {VIRT_SNAP_ERROR_IN_USE, "in-use", "org.virtsnap1.Error.InUse"},
    {VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE, "system-not-available",
     "org.virtsnap1.Error.SystemNotAvailable"},
    {VIRT_SNAP_ERROR_OUT_OF_MEMORY, "out-of-memory", "org.virtsnap1.Error.OutOfMemory"},
    {VIRT_SNAP_ERROR_NOT_FOUND, "not-found", "org.virtsnap1.Error.NotFound"},
    {VIRT_SNAP_ERROR_ALREADY_EXISTS, "already-exists", "org.virtsnap1.Error.AlreadyExists"},
    {VIRT_SNAP_ERROR_NO_SPACE, "no-space", "org.virtsnap1.Error.NoSpace"},
    {VIRT_SNAP_ERROR_CORRUPT, "corrupt", "org.virtsnap1.Error.Corrupt"},
    {VIRT_SNAP_ERROR_INTERRUPTED, "interrupted", "org.virtsnap1.Error.Interrupted"},
    {VIRT_SNAP_ERROR_CANCELLED, "cancelled", "org.virtsnap1.Error.Cancelled"},
};

static const struct {
    int errsv;
    VirtSnapError code;
} errnos[] = {
    {EACCES, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {EPERM, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {EROFS, VIRT_SNAP_ERROR_ACCESS_DENIED},
    {EMEDIUMTYPE, VIRT_SNAP_ERROR_NOT_SUPPORTED},
    {EBUSY, VIRT_SNAP_ERROR_IN_USE},
    {ETXTBSY, VIRT_SNAP_ERROR_IN_USE},
    {ENOMEM, VIRT_SNAP_ERROR_OUT_OF_MEMORY},
    {EMFILE, VIRT_SNAP_ERROR_OUT_OF_MEMORY},
    {ENFILE, VIRT_SNAP_ERROR_OUT_OF_MEMORY},
    {ENOENT, VIRT_SNAP_ERROR_NOT_FOUND},
    {EEXIST, VIRT_SNAP_ERROR_ALREADY_EXISTS},
    {ENOTEMPTY, VIRT_SNAP_ERROR_ALREADY_EXISTS},
    {ENOSPC, VIRT_SNAP_ERROR_NO_SPACE},
    {EDQUOT, VIRT_SNAP_ERROR_NO_SPACE},
    {EFBIG, VIRT_SNAP_ERROR_NO_SPACE},
    {ENOTDIR, VIRT_SNAP_ERROR_INVALID_PARAMETER},
    {ELOOP, VIRT_SNAP_ERROR_INVALID_PARAMETER},
    {ENAMETOOLONG, VIRT_SNAP_ERROR_INVALID_PARAMETER},
    {ETIMEDOUT, VIRT_SNAP_ERROR_TIMEOUT},
    {ECANCELED, VIRT_SNAP_ERROR_CANCELLED},
};

GQuark
virt_snap_error_quark(void)
{
    static GDBusErrorEntry entries[G_N_ELEMENTS(known_codes)];
    static gsize quark;

    if (quark == 0) {
        for (gsize i = 0; i < G_N_ELEMENTS(known_codes); i++) {
            entries[i].error_code = known_codes[i].code;
            entries[i].dbus_error_name = known_codes[i].dbus_name;
        }
        g_dbus_error_register_error_domain("virt-snap-error-quark", &quark, entries,
                                           G_N_ELEMENTS(entries));
    }

    return (GQuark)quark;
}

guint
virt_snap_error_result_code(const GError *error)
{
    g_return_val_if_fail(error != NULL, VIRT_SNAP_ERROR_FAILED);

    if (error->domain == VIRT_SNAP_ERROR)
        return (guint)error->code;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return VIRT_SNAP_ERROR_CANCELLED;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        return VIRT_SNAP_ERROR_NOT_FOUND;
    if (error->domain == G_OPTION_ERROR)
        return VIRT_SNAP_ERROR_INVALID_PARAMETER;

    return VIRT_SNAP_ERROR_FAILED;
}

const char *
virt_snap_error_result_name(guint code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(known_codes); i++) {
        if ((guint)known_codes[i].code == code)
            return known_codes[i].name;
    }

    return "failed";
}

gboolean
virt_snap_error_is(const GError *error, const VirtSnapError *codes, gsize n_codes)
{
    g_return_val_if_fail(codes != NULL || n_codes == 0, FALSE);

    for (gsize i = 0; i < n_codes; i++) {
        if (g_error_matches(error, VIRT_SNAP_ERROR, (gint)codes[i]))
            return TRUE;
    }

    return FALSE;
}

gboolean
error_recode(GError **error, VirtSnapError from, VirtSnapError to)
{
    if (!error || !g_error_matches(*error, VIRT_SNAP_ERROR, (gint)from))
        return FALSE;
    (*error)->code = (gint)to;

    return TRUE;
}

static VirtSnapError
code_of_errno(int errsv)
{
    for (gsize i = 0; i < G_N_ELEMENTS(errnos); i++) {
        if (errnos[i].errsv == errsv)
            return errnos[i].code;
    }

    return VIRT_SNAP_ERROR_FAILED;
}

/* Advice to append to the text of strerror() where that names a limit but not where the limit is
 * set; "" for all other errors. */
static const char *
way_out_of(int errsv)
{
    if (errsv == EFBIG)
        return _("neither the file system's limit nor that of the process (ulimit -f) may be "
                 "exceeded: raise it or use another file system");
    if (errsv == EMFILE)
        return _("raise the limit of open files (ulimit -n, or LimitNOFILE= of the service)");

    return "";
}

void
(virt_snap_error_set_errno)(GError **error, int errsv, const char *format, ...)
{
    g_return_if_fail(format != NULL);
    g_return_if_fail(error == NULL || *error == NULL);

    const char *way_out = way_out_of(errsv);
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);

    g_set_error(error, VIRT_SNAP_ERROR, code_of_errno(errsv), "%s: %s%s%s", what,
                g_strerror(errsv), *way_out ? "; " : "", way_out);
}
