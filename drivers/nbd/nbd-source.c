/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <libnbd.h>

#include "drivers/nbd/nbd-source.h"
#include "drivers/qemu/qemu-nbd.h"
#include "util/fd.h"

/* One for each worker of the engine, and one for the thread that reads the layout. */
#define CONNECTIONS_MAX 65
/* QEMU allocates memory for each request, and large allocations cost system time. For 2.4 GiB of a
 * running domain it used 9 s of system time with requests of 1 MiB, 3.9 s with 256 KiB, 2.2 s with
 * 128 KiB and 2.8 s with 64 KiB (medians of three, tests/bench/capture, 16 workers). */
#define REQUEST_BYTES ((gsize)128 << 10)
/* A server that answers no request for this long is given up. */
#define ANSWER_MS (10 * 60 * 1000)

typedef struct {
    Source parent;
    QemuNbd *server; /* owned; NULL: the server is somebody else's */
    char *socket;    /* socket of somebody else's server, else NULL */
    char *name;
    /* One connection for each worker, used by that worker only; NULL until it first reads. */
    struct nbd_handle *connections[CONNECTIONS_MAX];
} NbdSource;

typedef struct nbd_handle NbdHandle;

static void
nbd_handle_clear(NbdHandle *nbd)
{
    nbd_close(nbd);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(NbdHandle, nbd_handle_clear)

/* Whether the server has gone, rather than that it has refused. */
static gboolean
is_gone(int code)
{
    static const int codes[] = {0, ECONNRESET, ENOTCONN, EPIPE};

    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (code == codes[i])
            return TRUE;
    }

    return FALSE;
}

/* What qemu-nbd printed. Its exit may be noticed a while later than the end of the connection, so
 * wait for it if that has @ended; not for long where it has printed something and lives on. */
static char *
find_complaint(NbdSource *self, gboolean ended)
{
    g_autofree char *words = NULL;
    char *complaint = qemu_nbd_complaint(self->server);

    for (int i = 0; i < 500 && !complaint && !words && ended; i++) {
        g_usleep(G_USEC_PER_SEC / 100);
        complaint = qemu_nbd_complaint(self->server);
        words = i >= 50 && !complaint ? qemu_nbd_words(self->server) : NULL;
    }
    if (!complaint && !words)
        words = qemu_nbd_words(self->server);

    return complaint ? complaint : g_steal_pointer(&words);
}

/* Sets an error with the message of qemu-nbd, which usually has the cause; @said only if there is
 * no other. */
static void
set_said_error(NbdSource *self, const char *doing, const char *said, gboolean ended,
               GError **error)
{
    g_autofree char *complaint = self->server ? find_complaint(self, ended) : NULL;

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s '%s' %s: %s", doing,
                self->parent.what, _("through QEMU"),
                complaint && *complaint ? complaint : said ? said : "?");
}

/* The same, of what libnbd has failed to do. */
static void
set_nbd_error(NbdSource *self, const char *doing, GError **error)
{
    g_autofree char *said = g_strdup(nbd_get_error());

    set_said_error(self, doing, said, is_gone(nbd_get_errno()), error);
}

static gboolean
connect_by_name(NbdSource *self, NbdHandle *nbd, GError **error)
{
    if (nbd_set_export_name(nbd, self->name) == 0 && nbd_connect_unix(nbd, self->socket) == 0)
        return TRUE;
    set_nbd_error(self, _("Cannot open"), error);

    return FALSE;
}

static gboolean
connect_handle(NbdSource *self, NbdHandle *nbd, GError **error)
{
    g_autoptr(GError) why = NULL;
    auto_fd fd = -1;

    if (self->socket)
        return connect_by_name(self, nbd, error);
    fd = qemu_nbd_connect(self->server, &why);
    if (fd < 0) {
        /* libnbd knows nothing of it, and may still have what it said of another connection. */
        set_said_error(self, _("Cannot open"), why->message, TRUE, error);
        return FALSE;
    }
    if (nbd_connect_socket(nbd, fd_steal(&fd)) == 0)
        return TRUE;
    set_nbd_error(self, _("Cannot open"), error);

    return FALSE;
}

/* @context: the NBD metadata context of the block map. */
static NbdHandle *
connect_once(NbdSource *self, const char *context, GError **error)
{
    g_autoptr(NbdHandle) nbd = nbd_create();

    /* The buffer of a read is either filled completely or not used, so libnbd need not clear it. */
    if (!nbd || nbd_set_pread_initialize(nbd, false) < 0 ||
        nbd_add_meta_context(nbd, context) < 0) {
        set_nbd_error(self, _("Cannot open"), error);
        return NULL;
    }

    return connect_handle(self, nbd, error) ? g_steal_pointer(&nbd) : NULL;
}

static NbdHandle *
connection_of(NbdSource *self, guint worker, GError **error)
{
    g_return_val_if_fail(worker < CONNECTIONS_MAX, NULL);

    if (!self->connections[worker])
        self->connections[worker] = connect_once(self, LIBNBD_CONTEXT_BASE_ALLOCATION, error);

    return self->connections[worker];
}

/* Waits until @n requests are answered or one of them has failed. *@silent: the server did not
 * answer in time. */
static gboolean
await_answers(NbdHandle *nbd, gsize n, gboolean *silent)
{
    while (n > 0) {
        int64_t cookie = nbd_aio_peek_command_completed(nbd);
        int done;

        if (cookie <= 0) {
            int moved = nbd_poll(nbd, ANSWER_MS);

            *silent = moved == 0;
            if (moved <= 0)
                return FALSE;
            continue;
        }
        done = nbd_aio_command_completed(nbd, (uint64_t)cookie);
        if (done < 0)
            return FALSE;
        n -= (gsize)done;
    }

    return TRUE;
}

static gboolean
read_in_pieces(NbdHandle *nbd, gboolean *silent, guint8 *buffer, gsize length, guint64 offset)
{
    gsize n = 0;

    for (gsize at = 0; at < length; at += REQUEST_BYTES, n++) {
        gsize piece = MIN(REQUEST_BYTES, length - at);

        if (nbd_aio_pread(nbd, buffer + at, piece, offset + at, NBD_NULL_COMPLETION, 0) < 0)
            return FALSE;
    }

    return await_answers(nbd, n, silent);
}

static gboolean
nbd_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                GError **error)
{
    NbdSource *self = (NbdSource *)source;
    NbdHandle *nbd = connection_of(self, worker, error);
    gboolean silent = FALSE;

    if (!nbd)
        return FALSE;
    if (read_in_pieces(nbd, &silent, buffer, length, offset))
        return TRUE;
    if (silent)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("QEMU has not answered for ten minutes while '%s' was read; does its disk "
                      "answer?"),
                    source->what);
    else
        set_nbd_error(self, _("Cannot read"), error);
    /* The connection is closed, because outstanding answers would be written to a buffer that is no
     * longer there. */
    nbd_close(nbd);
    self->connections[worker] = NULL;

    return FALSE;
}

typedef struct {
    GArray *extents;
    guint64 from;
    guint64 end;
    uint32_t flag;  /* whether extents with the flag are data, or those without it */
    gboolean wanted;
} Window;

/* Adds the extents that a server reports, cut at the end of the window, since a server may report
 * more than was asked for. */
static int
take_extents(void *data, const char *context, uint64_t offset, uint32_t *entries,
             size_t n_entries, int *error)
{
    Window *window = data;

    for (size_t i = 0; i + 1 < n_entries && window->from < window->end; i += 2) {
        Extent extent = {.offset = window->from,
                         .length = MIN(entries[i], window->end - window->from),
                         .data = ((entries[i + 1] & window->flag) != 0) == window->wanted};

        if (extent.length == 0)
            continue;
        g_array_append_val(window->extents, extent);
        window->from += extent.length;
    }

    return 0;
}

/* The connection has one context only. */
static gboolean
read_map(NbdSource *self, NbdHandle *nbd, Window *window, GError **error)
{
    while (window->from < window->end) {
        guint64 before = window->from;
        /* The length of a request has 32 bits. */
        guint64 ask = MIN(window->end - window->from, (guint64)1 << 30);
        nbd_extent_callback callback = {.callback = take_extents, .user_data = window};

        if (nbd_block_status(nbd, ask, before, callback, 0) < 0) {
            set_nbd_error(self, _("Cannot read the block map of"), error);
            return FALSE;
        }
        if (window->from == before) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                        _("Cannot read the block map of '%s' through QEMU: it has a gap"),
                        self->parent.what);
            return FALSE;
        }
    }

    return TRUE;
}

static gboolean
nbd_source_extents(Source *source, guint worker, guint64 offset, guint64 length, GArray *extents,
                   GError **error)
{
    NbdSource *self = (NbdSource *)source;
    NbdHandle *nbd = connection_of(self, worker, error);
    Window window = {extents, offset, offset + length, LIBNBD_STATE_ZERO, FALSE};

    return nbd && read_map(self, nbd, &window, error);
}

static gboolean
nbd_source_check(Source *source, GError **error)
{
    NbdSource *self = (NbdSource *)source;
    g_autofree char *complaint = self->server ? qemu_nbd_complaint(self->server) : NULL;

    if (!complaint)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("qemu-nbd ended while '%s' was read: %s"), source->what, complaint);
    return FALSE;
}

static void
nbd_source_free(Source *source)
{
    NbdSource *self = (NbdSource *)source;

    for (gsize i = 0; i < CONNECTIONS_MAX; i++) {
        if (self->connections[i])
            nbd_close(self->connections[i]);
    }
    qemu_nbd_free(self->server);
    g_free(self->socket);
    g_free(self->name);
    g_free(source->what);
    g_free(self);
}

static const SourceOps nbd_source_ops = {
    .name = "nbd",
    .read = nbd_source_read,
    .extents = nbd_source_extents,
    .check = nbd_source_check,
    .free = nbd_source_free,
};

static NbdSource *
nbd_source_new(const char *what)
{
    NbdSource *self = g_new0(NbdSource, 1);

    self->parent.ops = &nbd_source_ops;
    self->parent.what = g_strdup(what);

    return self;
}

/* Reads the size and the capabilities through the first connection. */
static gboolean
read_export_info(NbdSource *self, GError **error)
{
    NbdHandle *nbd = connection_of(self, 0, error);
    int64_t size;

    if (!nbd)
        return FALSE;
    size = nbd_get_size(nbd);
    if (size < 0) {
        set_nbd_error(self, _("Cannot read the size of"), error);
        return FALSE;
    }
    if (!nbd_can_meta_context(nbd, LIBNBD_CONTEXT_BASE_ALLOCATION)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("QEMU gives no block map of '%s'; a newer QEMU is needed"),
                    self->parent.what);
        return FALSE;
    }
    self->parent.size = (guint64)size;
    if (!source_check_size(self->parent.size, self->parent.what, error))
        return FALSE;

    return TRUE;
}

Source *
nbd_source_open(const char *image, const char *snapshot, const char *what, GError **error)
{
    NbdSource *self = nbd_source_new(what);
    g_autoptr(Source) source = &self->parent;

    self->server = qemu_nbd_start(image, snapshot, what, error);
    if (!self->server || !read_export_info(self, error))
        return NULL;
    qemu_nbd_set_size(self->server, self->parent.size);

    return g_steal_pointer(&source);
}

Source *
nbd_source_connect(const char *socket, const char *name, const char *what, GError **error)
{
    NbdSource *self = nbd_source_new(what);
    g_autoptr(Source) source = &self->parent;

    self->socket = g_strdup(socket);
    self->name = g_strdup(name);
    if (!read_export_info(self, error))
        return NULL;

    return g_steal_pointer(&source);
}

/* --- dirty bitmaps ------------------------------------------------------------ */

/* Checks that the server has the bitmap, because a server without it answers as if it had not been
 * asked for. */
static gboolean
check_bitmap(NbdSource *self, NbdHandle *nbd, const char *context, GError **error)
{
    if (nbd_can_meta_context(nbd, context) == 1)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("QEMU does not say what has changed on '%s': there is no '%s'"),
                self->parent.what, context);

    return FALSE;
}

gboolean
nbd_source_find_dirty(const char *socket, const char *name, const char *bitmap, const char *what,
                      GArray *extents, GError **error)
{
    g_autoptr(Source) source = nbd_source_connect(socket, name, what, error);
    g_autofree char *context = g_strconcat("qemu:dirty-bitmap:", bitmap, NULL);
    NbdSource *self = (NbdSource *)source;
    g_autoptr(NbdHandle) nbd = source ? connect_once(self, context, error) : NULL;
    /* The first bit is set for a part that has changed. */
    Window window = {extents, 0, source ? source->size : 0, 1, TRUE};

    return nbd && check_bitmap(self, nbd, context, error) && read_map(self, nbd, &window, error);
}
