/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/backup-ops.h"
#include "hypervisor/boot-ops.h"
#include "hypervisor/storage-def.h"

G_BEGIN_DECLS

/* The interface to a hypervisor. A driver fills in HypervisorOps; its functions return plain text
 * and values, so that the code above does not depend on libvirt. */

typedef struct HostFacts HostFacts; /* host-facts.h */
typedef struct HypervisorSnapshotOps HypervisorSnapshotOps; /* snapshot-ops.h */
typedef struct HypervisorLayerOps HypervisorLayerOps; /* layer-ops.h */
typedef struct HypervisorPoolOps HypervisorPoolOps; /* pool-ops.h */

/** Identity of the hypervisor, for the manifest. */
typedef struct {
    char *uri;             /* the canonical URI of the connection */
    char *host;            /* host name */
    char *type;            /* "QEMU" */
    char *version;         /* version of the hypervisor, "7.2.22" */
    char *libvirt_version; /* "9.0.0" */
    char *tpm_states; /* directory with the states of emulated TPMs (tpm-def.h); NULL: not known */
} HostInfo;

/** One snapshot of a domain as the hypervisor describes it. */
typedef struct {
    char *name;
    char *xml; /* <domainsnapshot>, including the <domain> at the time of the snapshot */
} SnapshotRecord;

/** A domain with the requested snapshots. */
typedef struct {
    char *name;
    char *uuid;
    gboolean active;      /* running or paused, so its top images are open for writing */
    gboolean saved;       /* not active, and not shut off either: its guest was stopped, and goes on
                           * from a managed save when it is started */
    char *xml;            /* <domain> as it is now */
    GPtrArray *snapshots; /* SnapshotRecord: the requested one first; then, if all were requested,
                           * the others, parents before children */
    GPtrArray *others;    /* SnapshotRecord: the snapshots that were not requested, which also name
                           * images; NULL: none */
    GPtrArray *volumes;   /* VolumeDef: the volumes of pools that any of these documents names;
                           * NULL: none */
} DomainRecord;

/** Owner that the images of domains must have so that the hypervisor can open them. */
typedef struct {
    guint uid;
    guint gid;
} HypervisorOwner;

/** The kind of an event of a domain or of the connection. */
typedef enum {
    HYPERVISOR_EVENT_CLOSED,    /* the connection was closed; no more events follow */
    HYPERVISOR_EVENT_UNDEFINED, /* the domain was undefined; its images may have been removed */
    HYPERVISOR_EVENT_RENAMED,
    HYPERVISOR_EVENT_STARTED,   /* started or resumed: it may write to its disks from now on */
    HYPERVISOR_EVENT_STOPPED,
    HYPERVISOR_EVENT_MIGRATED,  /* stopped here; it goes on with its images on another host */
    HYPERVISOR_EVENT_BLOCK_JOB, /* a block job has started or ended */
} HypervisorEventType;

typedef struct {
    HypervisorEventType type;
    const char *uuid;   /* UUID of the domain; NULL for CLOSED */
    const char *domain; /* name of the domain, the new one for RENAMED; NULL for CLOSED */
    const char *reason; /* for CLOSED: the reason, as text */
} HypervisorEvent;

/** Called in a thread that does nothing else, so it may block; but it must not call unwatch. */
typedef void (*HypervisorWatchFunc)(const HypervisorEvent *event, gpointer data);

typedef struct HypervisorWatch HypervisorWatch;

typedef struct {
    const char *name;
    const HypervisorSnapshotOps *snapshots; /* of running domains; NULL: has no such thing */

    /* Returns: the identity of the hypervisor, owned by the caller. */
    HostInfo *(*host_info)(Hypervisor *hypervisor, GError **error);

    /* Checks that the absolute path @path leads the hypervisor and this process to the same file
     * (NULL: that they could have files in common at all). FALSE with SYSTEM_NOT_AVAILABLE naming
     * the hypervisor's host if not. Every function that opens a file by a path from the hypervisor
     * calls this first. */
    gboolean (*sees)(Hypervisor *hypervisor, const char *path, GError **error);

    /* Returns: (element-type utf8): the names of all domains, sorted. */
    GPtrArray *(*list_domains)(Hypervisor *hypervisor, GError **error);

    /* Returns: the name of the domain with the name, UUID or (while it runs) id @word, owned by the
     * caller. NOT_FOUND names the connection; INVALID_PARAMETER if @word matches two domains. */
    char *(*find_domain)(Hypervisor *hypervisor, const char *word, GError **error);

    /* Returns: (element-type utf8): the snapshot names of @domain, parents before children. */
    GPtrArray *(*list_snapshots)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Returns: @domain with its snapshot @snapshot, owned by the caller; NOT_FOUND naming the
     * domain if it has no such snapshot. The rest of its snapshots is in snapshots if @all is TRUE,
     * else in others. @secure includes passwords. */
    DomainRecord *(*resolve)(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                             gboolean all, gboolean secure, GError **error);

    /* Calls @func for every event of every domain from now on. Returns: a handle that must be
     * passed to unwatch before @hypervisor is freed. */
    HypervisorWatch *(*watch)(Hypervisor *hypervisor, HypervisorWatchFunc func, gpointer data,
                              GError **error);

    /* Stops the events. It waits for a call of the function that is active; none follows
     * afterwards. */
    void (*unwatch)(Hypervisor *hypervisor, HypervisorWatch *watch);

    /* Returns: @domain as it is now, with one snapshot: what a snapshot with the name @as would be
     * like if it were taken now, its disks at the location "live" (but for those that nobody writes
     * to). @secure includes passwords. */
    DomainRecord *(*present)(Hypervisor *hypervisor, const char *domain, const char *as,
                             gboolean secure, GError **error);

    /* How disks of running domains are held; NULL: not at all. */
    const HypervisorBackupOps *backups;

    /* Returns: what the host offers, owned by the caller. */
    HostFacts *(*host_facts)(Hypervisor *hypervisor, GError **error);

    /* Returns: the <domainCapabilities> for domains of the architecture @arch, the machine type
     * @machine and the @type "kvm" or "qemu" (NULL: chosen by the host), owned by the caller. */
    char *(*domain_capabilities)(Hypervisor *hypervisor, const char *arch, const char *machine,
                                 const char *type, GError **error);

    /* Compares @cpu, the text of a <cpu> element, with what the host offers to domains of @arch,
     * @machine and @type. *@problem is NULL if the host has everything, else the hypervisor's
     * description of what is missing, owned by the caller. */
    gboolean (*compare_cpu)(Hypervisor *hypervisor, const char *arch, const char *machine,
                            const char *type, const char *cpu, char **problem, GError **error);

    /* Returns: libvirt's <capabilities> of the host, owned by the caller. */
    char *(*capabilities)(Hypervisor *hypervisor, GError **error);

    /* Stores the user and group with which images of domains are opened in @owner. */
    gboolean (*owner)(Hypervisor *hypervisor, HypervisorOwner *owner, GError **error);

    /* Returns: the domain with the UUID or else the name @word in its present state, without
     * snapshots; NULL without an error if there is none. @running: (out): whether its processors
     * run. */
    DomainRecord *(*describe)(Hypervisor *hypervisor, const char *word, gboolean *running,
                              GError **error);

    /* Defines the domain of @xml, which must have a name and a UUID; ALREADY_EXISTS if there is a
     * domain with either of them. */
    gboolean (*define)(Hypervisor *hypervisor, const char *xml, GError **error);

    /* Destroys and undefines the domain with the UUID @uuid, including the metadata of its
     * snapshots and its managed save image, and with @variables those of its firmware; its disks
     * stay. It is no error if there is no such domain. */
    gboolean (*undefine)(Hypervisor *hypervisor, const char *uuid, gboolean variables,
                         GError **error);

    /* Redefines the metadata of the snapshot @xml of @domain, whose parent must be known already;
     * the domain and its disks do not change. */
    gboolean (*redefine_snapshot)(Hypervisor *hypervisor, const char *domain, const char *xml,
                                  gboolean current, GError **error);

    /* Starts @domain in the paused state. */
    gboolean (*start)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Restores @domain from the memory state in @file (absolute): paused, or with @save as its
     * managed save image, from which its next start resumes. */
    gboolean (*restore)(Hypervisor *hypervisor, const char *domain, const char *file,
                        gboolean save, GError **error);

    /* Reverts @domain to its internal snapshot @snapshot, including its disks; paused, or with
     * @save as its managed save image. */
    gboolean (*revert)(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                       gboolean save, GError **error);

    /* Resumes @domain, which is paused. */
    gboolean (*resume)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Returns: TRUE if the connection is still alive. */
    gboolean (*is_alive)(Hypervisor *hypervisor);

    /* Connects once more if the connection is broken, as after a restart of the daemon. While
     * nobody watches, and no other thread uses it. */
    gboolean (*revive)(Hypervisor *hypervisor, GError **error);

    void (*free)(Hypervisor *hypervisor);

    const HypervisorBootOps *boots; /* domains that are started only to see whether they do */
    const HypervisorLayerOps *layers; /* layers merged, snapshots gone back to */
    const HypervisorPoolOps *pools; /* storage pools; NULL: has no such thing */
} HypervisorOps;

/** The common part with which every hypervisor starts. */
struct Hypervisor {
    const HypervisorOps *ops;
};

static inline void
hypervisor_free(Hypervisor *hypervisor)
{
    if (hypervisor)
        hypervisor->ops->free(hypervisor);
}

/** Free a HostInfo, SnapshotRecord or DomainRecord with its members; NULL is allowed. */
void host_info_free(HostInfo *info);
void snapshot_record_free(SnapshotRecord *record);
void domain_record_free(DomainRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hypervisor, hypervisor_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostInfo, host_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotRecord, snapshot_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainRecord, domain_record_free)

G_END_DECLS
