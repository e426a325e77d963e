/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "drivers/libvirt/libvirt-place.h"
#include "util/fd.h"

#define SOCKETS "/proc/self/fd"

typedef enum {
    PLACE_HERE,      /* the same files, as far as can be seen; the further down, the worse */
    PLACE_APART,     /* on this host, with a file system of its own: file by file */
    PLACE_ELSEWHERE, /* on another host, or nobody knows where */
    PLACE_HIDDEN,    /* outside of the container that this process is in */
} PlaceKind;

struct LibvirtPlace {
    PlaceKind kind;
    char *uri; /* what the connection's turned out to be */
    pid_t pid; /* of who answers, 0: not known */
    int root;  /* its root directory, if it is apart */
};

/* --- the URI ----------------------------------------------------------------- */

/* The parts of a URI that say who answers. */
typedef struct {
    char *scheme; /* "qemu+ssh" */
    char *host;   /* NULL or "": none */
    char *path;
    char *query; /* may be NULL */
} UriParts;

static void
uri_parts_clear(UriParts *parts)
{
    g_free(parts->scheme);
    g_free(parts->host);
    g_free(parts->path);
    g_free(parts->query);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UriParts, uri_parts_clear)

static gboolean
split(const char *uri, UriParts *parts)
{
    return g_uri_split(uri, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, &parts->scheme, NULL,
                       &parts->host, NULL, &parts->path, &parts->query, NULL, NULL) &&
           parts->scheme;
}

static gboolean
is_embed_path(const char *path)
{
    return g_str_equal(path, "/embed");
}

gboolean
libvirt_uri_is_embedded(const char *uri)
{
    g_auto(UriParts) parts = {0};

    return uri && split(uri, &parts) && is_embed_path(parts.path) &&
           !strchr(parts.scheme, '+') && !(parts.host && *parts.host);
}

/* Whether a driver answers that is part of this process. */
static gboolean
is_within(const UriParts *parts)
{
    return g_str_equal(parts->scheme, "test") || is_embed_path(parts->path);
}

static gboolean
is_local_transport(const char *scheme)
{
    const char *transport = strchr(scheme, '+');

    return !transport || g_str_equal(transport, "+unix");
}

/* --- who answers --------------------------------------------------------------- */

/* Calls @func with each socket of this process and its inode. */
static void
each_socket(void (*func)(int fd, guint64 inode, gpointer data), gpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(SOCKETS, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        int fd = (int)strtol(name, NULL, 10);
        struct stat st;

        if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
            func(fd, st.st_ino, data);
    }
}

static void
remember_socket(int fd, guint64 inode, gpointer sockets)
{
    g_hash_table_add(sockets, g_memdup2(&inode, sizeof inode));
}

GHashTable *
libvirt_place_sockets(void)
{
    GHashTable *sockets = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    each_socket(remember_socket, sockets);

    return sockets;
}

typedef struct {
    GHashTable *before;
    const char *path; /* of the socket that the URI names, or NULL */
    gboolean any;     /* whatever its name */
    GArray *pids;     /* result: pid_t */
} Search;

/* libvirt calls its own "libvirt-sock", "virtqemud-sock", … The name is the one that the listener
 * gave it; the path by which it was reached may be another. */
static gboolean
has_name(const char *path, const char *wanted)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *other = wanted ? g_path_get_basename(wanted) : NULL;

    return g_str_has_suffix(base, "-sock") || g_strcmp0(base, other) == 0;
}

/* libvirt does not hand out its socket, but it has just been opened, and has a name at the other
 * end. If another thread opened one like it meanwhile, both have to do. */
static void
look_at_socket(int fd, guint64 inode, gpointer data)
{
    Search *search = data;
    struct sockaddr_un peer = {0};
    struct ucred who = {0};
    socklen_t length = sizeof peer - 1;
    socklen_t size = sizeof who;

    if (!g_hash_table_contains(search->before, &inode) &&
        getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX &&
        (search->any || has_name(peer.sun_path, search->path)) &&
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0)
        g_array_append_val(search->pids, who.pid);
}

static gboolean
same_namespace(const char *process)
{
    g_autofree char *path = g_strdup_printf("%s/ns/mnt", process);
    struct stat theirs, ours;

    return stat(path, &theirs) == 0 && stat("/proc/self/ns/mnt", &ours) == 0 &&
           theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

static gboolean
same_directory(int fd)
{
    struct stat theirs, ours;

    return fstat(fd, &theirs) == 0 && stat("/", &ours) == 0 && theirs.st_dev == ours.st_dev &&
           theirs.st_ino == ours.st_ino;
}

/* A socket may lead to another host by way of a program that listens here and passes on what it
 * gets, as ssh does. The daemons are known by their names, or it is the init system which listens
 * for them. */
static gboolean
is_daemon(pid_t pid)
{
    static const char *const names[] = {"libvirtd", "virt", "systemd", ".libvirtd", ".virt"};
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
    g_autofree char *name = NULL;

    if (pid == 1)
        return TRUE;
    /* What cannot be seen of another user's process is no reason. */
    if (!g_file_get_contents(path, &name, NULL, NULL))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_has_prefix(name, names[i]))
            return TRUE;
    }

    return FALSE;
}

/* @root: (out): of a process that is apart. */
static PlaceKind
place_of(pid_t pid, int *root)
{
    g_autofree char *process = g_strdup_printf("/proc/%d", (int)pid);
    g_autofree char *path = g_strconcat(process, "/root", NULL);
    auto_fd fd = -1;

    /* The kernel has no number for a process of another namespace, or it has ended. */
    if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
        return PLACE_HIDDEN;
    if (!is_daemon(pid))
        return PLACE_ELSEWHERE;
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    /* Only who may trace a process may look at its root: others have to believe the socket. */
    if (fd < 0 || (same_namespace(process) && same_directory(fd)))
        return PLACE_HERE;
    *root = fd_steal(&fd);

    return PLACE_APART;
}

/* The worst of all that may be the one. */
static void
find_process(LibvirtPlace *self, const UriParts *parts, GHashTable *before)
{
    g_autoptr(GHashTable) params =
        g_uri_parse_params(parts->query ? parts->query : "", -1, "&;",
                           G_URI_PARAMS_CASE_INSENSITIVE, NULL);
    g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    Search search = {.before = before, .pids = pids};

    search.path = params ? g_hash_table_lookup(params, "socket") : NULL;
    each_socket(look_at_socket, &search);
    search.any = TRUE;
    if (pids->len == 0)
        each_socket(look_at_socket, &search);
    self->kind = pids->len > 0 ? PLACE_HERE : PLACE_ELSEWHERE;
    for (guint i = 0; i < pids->len; i++) {
        pid_t pid = g_array_index(pids, pid_t, i);
        auto_fd root = -1;
        PlaceKind kind = place_of(pid, &root);

        if (kind < self->kind)
            continue;
        self->kind = kind;
        self->pid = pid;
        fd_clear(&self->root);
        self->root = fd_steal(&root);
    }
}

LibvirtPlace *
libvirt_place_new(virConnectPtr connection, GHashTable *before)
{
    LibvirtPlace *self = g_new0(LibvirtPlace, 1);
    char *uri = virConnectGetURI(connection);
    g_auto(UriParts) parts = {0};

    self->root = -1;
    self->kind = PLACE_ELSEWHERE;
    self->uri = g_strdup(uri ? uri : "?");
    free(uri);
    if (!split(self->uri, &parts) || !is_local_transport(parts.scheme) ||
        (parts.host && *parts.host))
        return self;
    if (!strchr(parts.scheme, '+') && is_within(&parts))
        self->kind = PLACE_HERE;
    else
        find_process(self, &parts, before);

    return self;
}

gboolean
libvirt_place_is_embedded(const LibvirtPlace *self)
{
    return libvirt_uri_is_embedded(self->uri);
}

void
libvirt_place_free(LibvirtPlace *self)
{
    if (!self)
        return;
    fd_clear(&self->root);
    g_free(self->uri);
    g_free(self);
}

/* --- what is seen from there --------------------------------------------------- */

static gboolean
refuse_elsewhere(const LibvirtPlace *self, virConnectPtr connection, GError **error)
{
    char *host = virConnectGetHostname(connection);

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE,
                _("The domains of '%s' are on the host '%s', and so are their files: run virtsnap "
                  "there; if that is this host, use a URI without a transport and a host, as "
                  "qemu:///system"),
                self->uri, host ? host : "?");
    free(host);

    return FALSE;
}

static gboolean
refuse_hidden(const LibvirtPlace *self, virConnectPtr connection, GError **error)
{
    char *host = virConnectGetHostname(connection);

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE,
                _("The domains of '%s' are on the host '%s', whose service cannot be seen from "
                  "here (is this a container?), nor whether its files are the same: run virtsnap "
                  "there"),
                self->uri, host ? host : "?");
    free(host);

    return FALSE;
}

/* Absolute symbolic links are the other's, too: /proc/PID/root/PATH would follow ours. */
static gboolean
is_same_file(int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    auto_fd fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    struct stat theirs, ours;

    if (fd < 0 || fstat(fd, &theirs) < 0 || stat(path, &ours) < 0)
        return FALSE;
    /* A container has a /dev of its own, and the same devices. */
    if (S_ISBLK(theirs.st_mode) && S_ISBLK(ours.st_mode))
        return theirs.st_rdev == ours.st_rdev;

    return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

gboolean
libvirt_place_sees(const LibvirtPlace *self, virConnectPtr connection, const char *path,
                   GError **error)
{
    if (self->kind == PLACE_ELSEWHERE)
        return refuse_elsewhere(self, connection, error);
    if (self->kind == PLACE_HIDDEN)
        return refuse_hidden(self, connection, error);
    if (self->kind == PLACE_HERE || !path || is_same_file(self->root, path))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE,
                _("'%s' is another file for the domains of '%s' than here: the service that "
                  "answers (process %d) has a file system of its own; run virtsnap in there, as by "
                  "nsenter --mount --root --target %d"),
                path, self->uri, (int)self->pid, (int)self->pid);

    return FALSE;
}
