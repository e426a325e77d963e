/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/backup-ops.h"
#include "hypervisor/boot-ops.h"
#include "hypervisor/storage-def.h"

G_BEGIN_DECLS

/* What the library asks of a hypervisor. A driver fills in HypervisorOps; what it hands back is
 * plain text and values, so that everything after it is independent of libvirt. */

typedef struct HostFacts HostFacts; /* host-facts.h */
typedef struct HypervisorSnapshotOps HypervisorSnapshotOps; /* snapshot-ops.h */
typedef struct HypervisorLayerOps HypervisorLayerOps; /* layer-ops.h */

/** Who the hypervisor is, for the manifest. */
typedef struct {
    char *uri;             /* as the hypervisor names itself */
    char *host;            /* host name */
    char *type;            /* "QEMU" */
    char *version;         /* of the hypervisor, "7.2.22" */
    char *libvirt_version; /* "9.0.0" */
} HostInfo;

/** One snapshot of a domain as the hypervisor describes it. */
typedef struct {
    char *name;
    char *xml; /* <domainsnapshot>, with the <domain> as it was */
} SnapshotRecord;

/** A domain with the snapshots that were asked for. */
typedef struct {
    char *name;
    char *uuid;
    gboolean active;      /* running or paused: its present images are being written */
    char *xml;            /* <domain> as it is now */
    GPtrArray *snapshots; /* SnapshotRecord; the one asked for first, then, if all were asked for,
                           * the others, parents before children */
    GPtrArray *others;    /* SnapshotRecord: those that were not asked for, for what they tell of
                           * the images; NULL: none */
    GPtrArray *volumes;   /* VolumeDef: of pools, that all these documents name; NULL: none */
} DomainRecord;

/** Whom the images of domains have to belong to, so that the hypervisor can open them. */
typedef struct {
    guint uid;
    guint gid;
} HypervisorOwner;

/** What happens to a domain, or to the connection. */
typedef enum {
    HYPERVISOR_EVENT_CLOSED,    /* the connection: nothing more will be told */
    HYPERVISOR_EVENT_UNDEFINED, /* the domain's images may be there or not */
    HYPERVISOR_EVENT_RENAMED,
    HYPERVISOR_EVENT_STARTED,   /* or resumed: it may write to its disks from now on */
    HYPERVISOR_EVENT_STOPPED,
    HYPERVISOR_EVENT_BLOCK_JOB, /* one has begun or is over */
} HypervisorEventType;

typedef struct {
    HypervisorEventType type;
    const char *uuid;   /* of the domain; NULL for CLOSED */
    const char *domain; /* its name, for RENAMED the new one; NULL for CLOSED */
    const char *reason; /* for CLOSED: why, in words */
} HypervisorEvent;

/** Called in a thread that is there for it, so it may take its time, but not unwatch. */
typedef void (*HypervisorWatchFunc)(const HypervisorEvent *event, gpointer data);

typedef struct HypervisorWatch HypervisorWatch;

typedef struct {
    const char *name;
    const HypervisorSnapshotOps *snapshots; /* of running domains; NULL: has no such thing */

    /* Fills in who the hypervisor is. Returns: owned by the caller. */
    HostInfo *(*host_info)(Hypervisor *hypervisor, GError **error);

    /* Whether the domains have the same file at the absolute path @path as this process (NULL:
     * whether they may have any). SYSTEM_NOT_AVAILABLE, naming their host, if not. What the
     * hypervisor tells needs no such thing, only who opens what it names. */
    gboolean (*sees)(Hypervisor *hypervisor, const char *path, GError **error);

    /* Returns: (element-type utf8): the names of all domains, sorted. */
    GPtrArray *(*list_domains)(Hypervisor *hypervisor, GError **error);

    /* Returns: the name of the domain that @word means: its name, UUID or the id that it has while
     * it runs; owned by the caller. NOT_FOUND says where it was looked for; INVALID_PARAMETER if
     * it could mean two. */
    char *(*find_domain)(Hypervisor *hypervisor, const char *word, GError **error);

    /* Returns: (element-type utf8): the snapshot names of @domain, parents before children. */
    GPtrArray *(*list_snapshots)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Returns: @domain with its snapshot @snapshot (NOT_FOUND naming the domain if it has none),
     * and with the rest of the snapshot tree, which is in its snapshots if @all. @secure includes
     * passwords. */
    DomainRecord *(*resolve)(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                             gboolean all, gboolean secure, GError **error);

    /* Tells @func of every event of every domain from now on, also of those that nobody asked
     * about. Returns: what to give to unwatch, before @hypervisor is freed. */
    HypervisorWatch *(*watch)(Hypervisor *hypervisor, HypervisorWatchFunc func, gpointer data,
                              GError **error);

    /* Waits for a call of the function that is under way; there is none afterwards. */
    void (*unwatch)(Hypervisor *hypervisor, HypervisorWatch *watch);

    /* Returns: @domain as it is now, with one snapshot: what a snapshot with the name @as would be
     * like if it were taken now, its disks at the location "live" (but for those that nobody writes
     * to). @secure includes passwords. */
    DomainRecord *(*present)(Hypervisor *hypervisor, const char *domain, const char *as,
                             gboolean secure, GError **error);

    /* How disks of running domains are held; NULL: not at all. */
    const HypervisorBackupOps *backups;

    /* Returns: what the host has, all its domains with it; owned by the caller. */
    HostFacts *(*host_facts)(Hypervisor *hypervisor, GError **error);

    /* Returns: what the host offers to a domain of the processor @arch, with @machine and of the
     * @type "kvm" or "qemu" (NULL: the host's choice), as a <domainCapabilities>; owned by the
     * caller. */
    char *(*domain_capabilities)(Hypervisor *hypervisor, const char *arch, const char *machine,
                                 const char *type, GError **error);

    /* Compares @cpu, a whole <cpu> as text, with what the host offers to such a domain. @problem is
     * NULL afterwards if it has all of that, else what it does not have, in the hypervisor's
     * words; owned by the caller. */
    gboolean (*compare_cpu)(Hypervisor *hypervisor, const char *arch, const char *machine,
                            const char *type, const char *cpu, char **problem, GError **error);

    /* Returns: what the host can do, libvirt's <capabilities>, owned by the caller. */
    char *(*capabilities)(Hypervisor *hypervisor, GError **error);

    /* Finds out who opens the images of domains. */
    gboolean (*owner)(Hypervisor *hypervisor, HypervisorOwner *owner, GError **error);

    /* Returns: the domain with the UUID or else the name @word, as it is now, without snapshots;
     * NULL, without an error, if there is none. @running: (out): whether its processors run. */
    DomainRecord *(*describe)(Hypervisor *hypervisor, const char *word, gboolean *running,
                              GError **error);

    /* Defines the domain of @xml, which has a name and a UUID; ALREADY_EXISTS if there is one with
     * either of them. */
    gboolean (*define)(Hypervisor *hypervisor, const char *xml, GError **error);

    /* Ends and undefines the domain with the UUID @uuid, with all that is known of its snapshots
     * and its managed save; files of it stay. One that is not there is fine. */
    gboolean (*undefine)(Hypervisor *hypervisor, const char *uuid, GError **error);

    /* Makes the snapshot that @xml describes known for @domain, after its parent; nothing of the
     * domain or its disks is changed. */
    gboolean (*redefine_snapshot)(Hypervisor *hypervisor, const char *domain, const char *xml,
                                  gboolean current, GError **error);

    /* Starts @domain, which does not run before resume() lets it. */
    gboolean (*start)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Has @domain go on from the memory state in @file, an absolute path: paused, until resume()
     * lets it run, or (@save) when it is started next. */
    gboolean (*restore)(Hypervisor *hypervisor, const char *domain, const char *file,
                        gboolean save, GError **error);

    /* The same from its internal snapshot @snapshot, disks included. */
    gboolean (*revert)(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                       gboolean save, GError **error);

    /* Lets @domain run, which is paused. */
    gboolean (*resume)(Hypervisor *hypervisor, const char *domain, GError **error);

    /* Returns: whether the connection still holds. */
    gboolean (*is_alive)(Hypervisor *hypervisor);

    /* Connects once more if the connection is broken, as after a restart of the daemon. While
     * nobody watches, and no other thread uses it. */
    gboolean (*revive)(Hypervisor *hypervisor, GError **error);

    void (*free)(Hypervisor *hypervisor);

    const HypervisorBootOps *boots; /* domains that are started only to see whether they do */
    const HypervisorLayerOps *layers; /* layers merged, snapshots gone back to */
} HypervisorOps;

/** The common part that every hypervisor starts with. */
struct Hypervisor {
    const HypervisorOps *ops;
};

static inline void
hypervisor_free(Hypervisor *hypervisor)
{
    if (hypervisor)
        hypervisor->ops->free(hypervisor);
}

/** Frees what the name says, with all in it. NULL is fine. */
void host_info_free(HostInfo *info);
void snapshot_record_free(SnapshotRecord *record);
void domain_record_free(DomainRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hypervisor, hypervisor_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostInfo, host_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotRecord, snapshot_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainRecord, domain_record_free)

G_END_DECLS
