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
    PLACE_HERE,      /* the same files, as far as can be determined; the following values are
                      * increasingly worse */
    PLACE_APART,     /* on this host with another root directory: files are compared one by one */
    PLACE_ELSEWHERE, /* on another host, or at an unknown place */
    PLACE_HIDDEN,    /* outside of the container in which this process runs */
} PlaceKind;

struct LibvirtPlace {
    PlaceKind kind;
    char *uri; /* the actual URI of the connection */
    pid_t pid; /* process that answers; 0: not known */
    int root;  /* descriptor of its root directory, for PLACE_APART */
};

/* --- the URI ----------------------------------------------------------------- */

/* The parts of a URI that determine which process answers. */
typedef struct {
    char *scheme; /* "qemu+ssh" */
    char *host;   /* NULL or "": no host */
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

/* Whether the URI means a driver that runs in this process. */
static gboolean
is_driver_in_process(const UriParts *parts)
{
    return g_str_equal(parts->scheme, "test") || is_embed_path(parts->path);
}

static gboolean
is_local_transport(const char *scheme)
{
    const char *transport = strchr(scheme, '+');

    return !transport || g_str_equal(transport, "+unix");
}

/* --- the process that answers -------------------------------------------------- */

/* Calls @func for each socket of this process with its descriptor and inode. */
static void
for_each_socket(void (*func)(int fd, guint64 inode, gpointer data), gpointer data)
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

    for_each_socket(remember_socket, sockets);

    return sockets;
}

typedef struct {
    GHashTable *before;
    const char *path; /* path of the socket in the URI, or NULL */
    gboolean any;     /* accept sockets of any name */
    GArray *pids;     /* result: pid_t */
} Search;

/* Whether @path, the name that the listener gave to the socket, is @wanted or one of libvirt's own
 * ("libvirt-sock", "virtqemud-sock", …). The path by which the socket was reached may be another,
 * so only the last part is compared. */
static gboolean
has_socket_name(const char *path, const char *wanted)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *other = wanted ? g_path_get_basename(wanted) : NULL;

    return g_str_has_suffix(base, "-sock") || g_strcmp0(base, other) == 0;
}

/* Examines one socket that was opened since. libvirt does not expose its socket, so it is
 * recognised by being new and by the name of the other end. If another thread has opened a similar
 * socket meanwhile, both must be acceptable. */
static void
examine_socket(int fd, guint64 inode, gpointer data)
{
    Search *search = data;
    struct sockaddr_un peer = {0};
    struct ucred who = {0};
    socklen_t length = sizeof peer - 1;
    socklen_t size = sizeof who;

    if (!g_hash_table_contains(search->before, &inode) &&
        getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX &&
        (search->any || has_socket_name(peer.sun_path, search->path)) &&
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

/* Whether the process is one of libvirt's daemons, or the init system, which listens for them. Any
 * other process may forward the connection to another host, as ssh does. */
static gboolean
is_daemon(pid_t pid)
{
    static const char *const names[] = {"libvirtd", "virt", "systemd", ".libvirtd", ".virt"};
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
    g_autofree char *name = NULL;

    if (pid == 1)
        return TRUE;
    /* A process of another user whose name cannot be read is accepted. */
    if (!g_file_get_contents(path, &name, NULL, NULL))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_has_prefix(name, names[i]))
            return TRUE;
    }

    return FALSE;
}

/* The place of the process @pid. @root: (out): descriptor of its root directory, for
 * PLACE_APART. */
static PlaceKind
find_place_of_process(pid_t pid, int *root)
{
    g_autofree char *process = g_strdup_printf("/proc/%d", (int)pid);
    g_autofree char *path = g_strconcat(process, "/root", NULL);
    auto_fd fd = -1;

    /* The process has ended, or is in another pid namespace, for which the kernel reports the
     * number 0. */
    if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH))
        return PLACE_HIDDEN;
    if (!is_daemon(pid))
        return PLACE_ELSEWHERE;
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    /* Only a process that may trace another one can examine its root directory; without that
     * permission the socket has to be trusted. */
    if (fd < 0 || (same_namespace(process) && same_directory(fd)))
        return PLACE_HERE;
    *root = fd_steal(&fd);

    return PLACE_APART;
}

/* Determines the place: the worst one of all processes that may be the right one. */
static void
find_answering_process(LibvirtPlace *self, const UriParts *parts, GHashTable *before)
{
    g_autoptr(GHashTable) params =
        g_uri_parse_params(parts->query ? parts->query : "", -1, "&;",
                           G_URI_PARAMS_CASE_INSENSITIVE, NULL);
    g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    Search search = {.before = before, .pids = pids};

    search.path = params ? g_hash_table_lookup(params, "socket") : NULL;
    for_each_socket(examine_socket, &search);
    search.any = TRUE;
    if (pids->len == 0)
        for_each_socket(examine_socket, &search);
    self->kind = pids->len > 0 ? PLACE_HERE : PLACE_ELSEWHERE;
    for (guint i = 0; i < pids->len; i++) {
        pid_t pid = g_array_index(pids, pid_t, i);
        auto_fd root = -1;
        PlaceKind kind = find_place_of_process(pid, &root);

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
    if (!strchr(parts.scheme, '+') && is_driver_in_process(&parts))
        self->kind = PLACE_HERE;
    else
        find_answering_process(self, &parts, before);

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

/* --- comparing files ----------------------------------------------------------- */

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

/* Whether @path is the same file below the root directory @root. Absolute symbolic links are
 * resolved below @root, too, which /proc/PID/root/PATH would not do. */
static gboolean
is_same_below_root(int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    auto_fd fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    struct stat theirs, ours;

    if (fd < 0 || fstat(fd, &theirs) < 0 || stat(path, &ours) < 0)
        return FALSE;
    /* A container has device nodes of its own for the same devices. */
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
    if (self->kind == PLACE_HERE || !path || is_same_below_root(self->root, path))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE,
                _("'%s' is another file for the domains of '%s' than here: the service that "
                  "answers (process %d) has a file system of its own; run virtsnap in there, as by "
                  "nsenter --mount --root --target %d"),
                path, self->uri, (int)self->pid, (int)self->pid);

    return FALSE;
}
