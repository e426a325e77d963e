/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-scratch.h"
#include "util/fd.h"
#include "util/xml.h"

/* The directory that libvirt creates for QEMU's sockets and that QEMU's user can enter. The
 * embedded driver has a corresponding one below its root directory. */
#define STATE "/var/lib/libvirt/qemu"
#define PREFIX ".virtsnap-"
#define PREFIX_OF_SOCKETS "virtsnap-"
/* A file in each directory with the UUID of its domain. It is written once the directory is locked.
 */
#define DOMAIN_FILE "domain"
/* Another one with the driver and the host of its connection, written before. */
#define ORIGIN_FILE "origin"
#define ORIGIN_MAX_BYTES 8192
/* Longer than it takes to lock a directory that was just made. */
#define YOUNG_SECONDS 60

typedef struct {
    uid_t user;
    gid_t group;
} Owner;

struct LibvirtScratch {
    char *path;
    char *socket;
    int fd; /* of the directory, locked */
};

static char *
get_xml_text(char *xml, const char *what, const char *path)
{
    g_autoptr(xmlDoc) doc = xml ? xml_parse(xml, strlen(xml), what, NULL) : NULL;

    free(xml);
    return doc ? xml_text(xmlDocGetRootElement(doc), path) : NULL;
}

/* The DAC label of the domain, else the default one of all domains; NULL if QEMU runs as the user
 * who has started libvirt. */
static char *
get_dac_label(virDomainPtr domain)
{
    char *label = get_xml_text(virDomainGetXMLDesc(domain, 0), "domain",
                               "/domain/seclabel[@model='dac']/label");

    if (label)
        return label;

    return get_xml_text(virConnectGetCapabilities(virDomainGetConnect(domain)), "capabilities",
                        "/capabilities/host/secmodel[model='dac']/baselabel");
}

static gboolean
find_qemu_owner(virDomainPtr domain, Owner *owner, GError **error)
{
    g_autofree char *label = get_dac_label(domain);
    unsigned user, group;
    char rest;

    *owner = (Owner){geteuid(), getegid()};
    if (!label)
        return TRUE;
    if (sscanf(label, "+%u:+%u%c", &user, &group, &rest) == 2) {
        *owner = (Owner){user, group};
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Cannot capture the state of the domain '%s': its QEMU runs as '%s'; give the "
                  "label of its XML in numbers, as +64055:+107"),
                virDomainGetName(domain), label);

    return FALSE;
}

static char *
scratch_state_directory(virConnectPtr connection)
{
    char *uri = virConnectGetURI(connection);
    const char *query = uri ? strchr(uri, '?') : NULL;
    g_autoptr(GHashTable) params =
        g_uri_parse_params(query ? query + 1 : "", -1, "&;", G_URI_PARAMS_NONE, NULL);
    const char *root = params ? g_hash_table_lookup(params, "root") : NULL;

    free(uri);
    return root ? g_build_filename(root, "lib/qemu", NULL) : g_strdup(STATE);
}

/* --- making one -------------------------------------------------------------- */

/* Only the permission bits count: libvirt runs QEMU with the group and without supplementary
 * groups. */
static gboolean
may_enter(const struct stat *st, const Owner *owner)
{
    if (owner->user == 0)
        return TRUE;
    if (st->st_uid == owner->user)
        return (st->st_mode & S_IXUSR) != 0;
    if (st->st_gid == owner->group)
        return (st->st_mode & S_IXGRP) != 0;

    return (st->st_mode & S_IXOTH) != 0;
}

static gboolean
check_reach(const char *directory, const Owner *owner, GError **error)
{
    g_autofree char *path = g_strdup(directory);
    struct stat st;

    if (stat(directory, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at the directory '%s' for QEMU"),
                                  directory);
        return FALSE;
    }
    while (owner->user != geteuid()) {
        if (stat(path, &st) == 0 && !may_enter(&st, owner)) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                        _("QEMU's user (%u) cannot enter '%s', so it cannot write into '%s'; name "
                          "another directory with --scratch, or let it in (chmod o+x)"),
                        (unsigned)owner->user, path, directory);
            return FALSE;
        }
        if (g_str_equal(path, "/"))
            break;
        g_autofree char *below = g_steal_pointer(&path);

        path = g_path_get_dirname(below);
    }

    return TRUE;
}

static gboolean
give_directory_to(const LibvirtScratch *self, const Owner *owner, GError **error)
{
    if (owner->user == geteuid() || fchown(self->fd, owner->user, owner->group) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno,
                              _("Cannot give the directory '%s' to QEMU's user (%u); is this run "
                                "as root?"),
                              self->path, (unsigned)owner->user);

    return FALSE;
}

/* A parameter of a URI that leads to another daemon, or another driver. */
static const char *
uri_parameter(GHashTable *parameters, const char *name)
{
    const char *value = parameters ? g_hash_table_lookup(parameters, name) : NULL;

    return value ? value : "";
}

/* Returns: what tells the driver and the host of @connection from others, owned by the caller; NULL
 * if libvirt does not say. It is the same however the driver is reached (qemu+unix), and whether
 * the name of the host is a full one. */
static char *
origin_of(virConnectPtr connection)
{
    g_autofree char *uri = libvirt_take_string(virConnectGetURI(connection));
    g_autofree char *host = libvirt_take_string(virConnectGetHostname(connection));
    g_autofree char *scheme = NULL;
    g_autofree char *path = NULL;
    g_autofree char *query = NULL;
    g_autoptr(GHashTable) parameters = NULL;

    if (!uri || !host ||
        !g_uri_split(uri, G_URI_FLAGS_ENCODED | G_URI_FLAGS_PARSE_RELAXED, &scheme, NULL, NULL,
                     NULL, &path, &query, NULL, NULL) ||
        !scheme)
        return NULL;
    parameters = g_uri_parse_params(query ? query : "", -1, "&;", G_URI_PARAMS_NONE, NULL);

    return g_strdup_printf("%.*s://%s?root=%s&socket=%s&user=%u, %.*s",
                           (int)strcspn(scheme, "+"), scheme, path,
                           uri_parameter(parameters, "root"), uri_parameter(parameters, "socket"),
                           g_str_equal(path, "/session") ? (unsigned)geteuid() : 0,
                           (int)strcspn(host, "."), host);
}

/* The directory is locked before the file with the UUID is written. */
static gboolean
take_scratch(LibvirtScratch *self, virDomainPtr domain, GError **error)
{
    g_autofree char *origin = origin_of(virDomainGetConnect(domain));
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    self->fd = fd_open_dir(AT_FDCWD, self->path, error);
    if (self->fd < 0)
        return FALSE;
    if (flock(self->fd, LOCK_EX | LOCK_NB) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s'"), self->path);
        return FALSE;
    }
    virDomainGetUUIDString(domain, uuid);

    if (origin && !file_create_at(self->fd, ORIGIN_FILE, origin, strlen(origin), error))
        return FALSE;

    return file_create_at(self->fd, DOMAIN_FILE, uuid, strlen(uuid), error);
}

/* libvirt's own directory for the running @domain below @state, or NULL. Source:
 * virDomainDefGetShortName(), of whose name for it only the id in it is unique. */
static char *
find_domain_directory(const char *state, virDomainPtr domain)
{
    g_autofree char *prefix = g_strdup_printf("domain-%u-", virDomainGetID(domain));
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, state, NULL);

    for (guint i = 0; names && i < names->len; i++) {
        if (g_str_has_prefix(g_ptr_array_index(names, i), prefix))
            return g_build_filename(state, g_ptr_array_index(names, i), NULL);
    }

    return NULL;
}

/* libvirt lets AppArmor and SELinux know each file that QEMU gets, but not this socket. In the
 * domain's own directory QEMU may make sockets under either. It is removed by QEMU at the end, and
 * by libvirt with the directory. */
static char *
choose_socket(const LibvirtScratch *self, const char *state, virDomainPtr domain)
{
    g_autofree char *directory = find_domain_directory(state, domain);
    const char *unique = strrchr(self->path, '-') + 1;
    g_autofree char *path =
        directory ? g_strdup_printf("%s/" PREFIX_OF_SOCKETS "%s", directory, unique) : NULL;

    if (path && strlen(path) < sizeof ((struct sockaddr_un *)NULL)->sun_path)
        return g_steal_pointer(&path);

    return g_build_filename(self->path, "nbd.sock", NULL);
}

LibvirtScratch *
libvirt_scratch_make(virDomainPtr domain, const char *directory, GError **error)
{
    g_autofree char *state = scratch_state_directory(virDomainGetConnect(domain));
    g_autoptr(LibvirtScratch) self = NULL;
    g_autofree char *path = NULL;
    Owner owner;

    if (!find_qemu_owner(domain, &owner, error) ||
        (directory && !check_reach(directory, &owner, error)))
        return NULL;
    path = g_build_filename(directory ? directory : state, PREFIX "XXXXXX", NULL);
    if (!g_mkdtemp(path)) {
        virt_snap_error_set_errno(error, errno,
                                  _("Cannot make the directory '%s' for QEMU; is this run as "
                                    "root?"),
                                  path);
        return NULL;
    }
    self = g_new0(LibvirtScratch, 1);
    self->path = g_steal_pointer(&path);
    self->socket = choose_socket(self, state, domain);
    self->fd = -1;

    return take_scratch(self, domain, error) && give_directory_to(self, &owner,
                                                          error) ? g_steal_pointer(&self)
                                                                     : NULL;
}

const char *
libvirt_scratch_path(const LibvirtScratch *self)
{
    return self->path;
}

const char *
libvirt_scratch_socket(const LibvirtScratch *self)
{
    return self->socket;
}

void
libvirt_scratch_leave(LibvirtScratch *self)
{
    fd_clear(&self->fd);
    g_free(self->path);
    g_free(self->socket);
    g_free(self);
}

void
libvirt_scratch_free(LibvirtScratch *self)
{
    g_autoptr(GError) error = NULL;

    if (!self)
        return;
    unlink(self->socket);
    if (!tree_remove_at(AT_FDCWD, self->path, &error))
        g_warning("%s", error->message);
    libvirt_scratch_leave(self);
}

/* --- what is left --------------------------------------------------------------- */

static gboolean
is_young(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && time(NULL) - st.st_ctim.tv_sec < YOUNG_SECONDS;
}

/* Returns: the text of the file @name, owned by the caller; NULL with an error, NOT_FOUND if there
 * is no such file. */
static char *
read_text(int fd, const char *name, gsize limit, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_at(fd, name, limit, error);

    return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
}

/* Before the UUID of the domain is there nothing can have begun. What cannot be read says
 * nothing. */
static gboolean
may_be_removed(int fd, const char *path, Hypervisor *hypervisor, LibvirtScratchFunc func,
               GPtrArray *said)
{
    virConnectPtr connection = libvirt_connection(hypervisor);
    g_autofree char *here = origin_of(connection);
    g_autoptr(GError) error = NULL;
    g_autofree char *uuid = read_text(fd, DOMAIN_FILE, VIR_UUID_STRING_BUFLEN, &error);
    g_autofree char *origin = read_text(fd, ORIGIN_FILE, ORIGIN_MAX_BYTES, NULL);
    const LibvirtScratchLeft left = {
        .path = path,
        .uuid = uuid,
        .origin = origin,
        .here = here && g_strcmp0(here, origin) == 0,
    };

    if (error && !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return FALSE;
    if (!uuid || !g_uuid_string_is_valid(uuid))
        return !is_young(fd);

    return func(&left, connection, said);
}

static void
sweep_one(const char *path, Hypervisor *hypervisor, LibvirtScratchFunc func, GPtrArray *said)
{
    auto_fd fd = fd_open_dir(AT_FDCWD, path, NULL);
    g_autoptr(GError) error = NULL;

    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return;
    if (may_be_removed(fd, path, hypervisor, func, said) &&
        !tree_remove_at(AT_FDCWD, path, &error))
        g_ptr_array_add(said, g_strdup(error->message));
}

static void
sweep_directory(const char *directory, Hypervisor *hypervisor, LibvirtScratchFunc func,
                GPtrArray *said)
{
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, directory, NULL);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_str_has_prefix(name, PREFIX))
            sweep_one(path, hypervisor, func, said);
    }
}

void
libvirt_scratch_sweep(Hypervisor *hypervisor, const char *directory, LibvirtScratchFunc func,
                      GPtrArray *said)
{
    g_autofree char *state = scratch_state_directory(libvirt_connection(hypervisor));
    const char *const places[] = {state, directory};

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        if (places[i] && hypervisor->ops->sees(hypervisor, places[i], NULL))
            sweep_directory(places[i], hypervisor, func, said);
    }
}
