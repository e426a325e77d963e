/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

/* guest-writer NUMBER DIRECTORY...: what the test guest does until /run/stop is there. After NUMBER
 * it writes a growing number into every DIRECTORY, which is a disk's file system: see guest-init
 * for the files. It is a program, because a shell that starts others for each number keeps an
 * emulated processor busy for half of the time.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RING_SLOTS = 64, SLOT_SIZE = 4096, PAUSE_US = 100000 };

/* Has the disk receive what was just written before anything that is written later; it need not be
 * durable yet. */
static int
hand_over(int fd)
{
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE_AND_WAIT);
}

/* Makes the data of the file durable, and only them, because the commit of a journal costs an
 * emulated processor more than everything else. */
static int
make_durable(int fd)
{
    return fdatasync(fd);
}

/* A file that cannot be written, for example because its disk has failed, is tried again with the
 * next number. */
static void
write_at(const char *directory, const char *file, const char *text, off_t offset,
         int (*settle)(int fd))
{
    char path[256];
    int fd;

    snprintf(path, sizeof path, "%s/%s", directory, file);
    fd = open(path, O_WRONLY);
    if (fd < 0)
        return;
    if (pwrite(fd, text, strlen(text), offset) > 0)
        settle(fd);
    close(fd);
}

int
main(int argc, char **argv)
{
    char line[64];
    char *text = line + strlen("counter ");

    for (long n = argc > 1 ? atol(argv[1]) : 0; access("/run/stop", F_OK) != 0; usleep(PAUSE_US)) {
        n++;
        snprintf(line, sizeof line, "counter %010ld\n", n);
        for (int i = 2; i < argc; i++) {
            write_at(argv[i], "ring", text, n % RING_SLOTS * SLOT_SIZE, hand_over);
            write_at(argv[i], "counter", text, 0, make_durable);
        }
        if (write(STDOUT_FILENO, line, strlen(line)) < 0)
            return 1;
    }

    return 0;
}
