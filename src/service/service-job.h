/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "job/job.h"
#include "service/job-keeper.h"
#include "service/job-queue.h"
#include "service/service-config.h"

G_BEGIN_DECLS

/* A job of the service, for the files that make up the JobService. */

typedef struct JobService JobService;
struct JobService {
    const ServiceConfig *config;
    gboolean session; /* one user, who may see all */
    char *uri;
    void (*busy)(gpointer data);
    gpointer busy_data;
    GDBusObjectManagerServer *manager;
    JobQueue *queue;
    GHashTable *jobs; /* ServiceJob, by path; owned */
    JobKeeper *keeper; /* of their records */
    guint number;     /* of the last job */
};

/** job_service_get_uri: Returns: (transfer none) (nullable): the URI of the hypervisor. */
const char *job_service_get_uri(const JobService *self);

/** A job with all that the service needs around it. */
typedef struct {
    JobService *service;
    Job *job; /* owned */
    char *path;
    guint number;
    guint uid;
    char *starter; /* who hears of its disks, by his name on the bus; NULL: everybody */
    BusJob *bus;
    void (*ended)(const GError *error, gpointer data); /* JobEnded; NULL: nobody waits */
    gpointer ended_data;
    gboolean asking; /* for its file system */
    guint update_timer;
    guint removal_timer;
} ServiceJob;

/**
 * service_job_stay:
 * @info: of a job of @service
 *
 * Returns: for how many seconds the job stays after its end: as the configuration says, and longer
 * if it can be resumed; G_MAXUINT64: for ever.
 */
guint64 service_job_stay(const JobService *service, const JobInfo *info);

/** service_job_save: Has its record written anew, as it is by then. */
void service_job_save(ServiceJob *self);

/** service_job_show: Shows on the bus what @info, which is its own, says. */
void service_job_show(ServiceJob *self, const JobInfo *info);

/** service_job_update: Shows on the bus how it is. */
void service_job_update(ServiceJob *self);

G_END_DECLS
