/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>

#include "drivers/register.h"
#include "export/capture.h"
#include "hypervisor/drivers.h"

/* usage: capture [--no-digest] URI DOMAIN DIRECTORY TARGET...
 *
 * Writes the present state of a running domain's disks into DIRECTORY, and what they are as JSON
 * to standard output. The status is 1 if that fails, with the result code in the error. */

static void
print_disks(GPtrArray *disks)
{
    for (guint i = 0; i < disks->len; i++) {
        const CapturedDisk *disk = g_ptr_array_index(disks, i);
        g_autofree char *digest = digest_to_string(disk->digest);

        printf("{\"target\": \"%s\", \"file\": \"%s\", \"bytes\": %" G_GUINT64_FORMAT
               ", \"digest\": \"%s\"}\n",
               disk->target, disk->file, disk->bytes, digest);
    }
}

int
main(int argc, char **argv)
{
    gboolean digest = argc < 2 || !g_str_equal(argv[1], "--no-digest");
    char **words = argv + (digest ? 1 : 2);
    g_autoptr(GPtrArray) targets = g_ptr_array_new();
    g_autoptr(Hypervisor) hypervisor = NULL;
    g_autoptr(GPtrArray) disks = NULL;
    g_autoptr(GError) error = NULL;
    Control *control = control_new();

    if (argc < (digest ? 5 : 6))
        g_error("usage: capture [--no-digest] URI DOMAIN DIRECTORY TARGET...");
    for (char **target = words + 3; *target; target++)
        g_ptr_array_add(targets, *target);
    register_drivers();
    hypervisor = drivers_get()->open_hypervisor(words[0], &error);
    if (hypervisor)
        disks = capture_disks(hypervisor, words[1], targets, words[2], 0, digest, control, NULL,
                              &error);
    control_free(control);
    if (!disks) {
        fprintf(stderr, "%u: %s\n", virt_snap_error_result_code(error), error->message);
        return 1;
    }
    print_disks(disks);

    return 0;
}
