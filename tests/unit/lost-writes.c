/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/lost-writes.h"
#include "util/fd.h"

/* A write that is not durable: what was there before. */
typedef struct {
    off_t offset;
    guint8 *old;
    size_t length;
    off_t size; /* of the whole file */
} Undo;

/* A name that has gone and could come back. */
typedef struct {
    char *name;
    char *stashed; /* where it was put when it was removed, */
    char *now;     /* or what it is called since it was renamed, in the same directory */
} Removed;

typedef struct {
    dev_t device;
    ino_t inode;
    int fd;             /* of its own */
    gboolean journal;
    GPtrArray *undos;   /* Undo: of a file */
    GHashTable *names;  /* of a directory: those that are durable; NULL: it is a file */
    GPtrArray *removed; /* Removed */
} Node;

static GRecMutex lock; /* guards all below */
static GPtrArray *nodes;
static LostKind wanted;
static guint victim;
static guint calls;
static guint stashed;
static char *root;
static char *stash;
static gboolean losing; /* what is done is the disk's doing */

/* --- nodes -------------------------------------------------------------------- */

static Node *
find_node(const struct stat *st)
{
    for (guint i = 0; i < nodes->len; i++) {
        Node *node = g_ptr_array_index(nodes, i);

        if (node->device == st->st_dev && node->inode == st->st_ino)
            return node;
    }

    return NULL;
}

static Node *node_at(const char *path);

/* Layers are made without write permission even for their owner, so only root may open them for
 * writing. */
static int
open_node(const char *path, const struct stat *st)
{
    int flags = (S_ISDIR(st->st_mode) ? O_RDONLY : O_RDWR) | O_CLOEXEC;
    int fd = open(path, flags);

    if (fd >= 0 || errno != EACCES || chmod(path, S_IRUSR | S_IWUSR) < 0)
        return fd;
    fd = open(path, flags);
    chmod(path, st->st_mode & ALLPERMS);

    return fd;
}

/* Registers a file or directory of which nothing is durable; its name in its directory is not
 * durable, either. */
static Node *
add_node(const char *path, const struct stat *st)
{
    Node *node = g_new0(Node, 1);
    gboolean directory = S_ISDIR(st->st_mode);
    g_autofree char *above = g_path_get_dirname(path);

    node->device = st->st_dev;
    node->inode = st->st_ino;
    node->fd = open_node(path, st);
    g_assert_cmpint(node->fd, >=, 0);
    node->journal = g_str_has_suffix(path, "/journal");
    node->undos = g_ptr_array_new();
    node->removed = g_ptr_array_new();
    if (directory)
        node->names = g_hash_table_new(g_str_hash, g_str_equal);
    g_ptr_array_add(nodes, node);
    if (!directory)
        node_at(above);

    return node;
}

static Node *
node_at(const char *path)
{
    struct stat st;
    Node *node;

    if (wanted == LOST_NOTHING || losing || !g_str_has_prefix(path, root) || stat(path, &st) < 0)
        return NULL;
    node = find_node(&st);

    return node ? node : add_node(path, &st);
}

static Node *
node_of(int fd)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *path = g_file_read_link(link, NULL);

    return path ? node_at(path) : NULL;
}

/* Returns: the names that are in the directory now. */
static GHashTable *
names_in(int fd)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        g_hash_table_add(names, g_strdup(name));
    if (dir)
        g_dir_close(dir);

    return names;
}

static void
settle(Node *node)
{
    g_ptr_array_set_size(node->undos, 0);
    g_ptr_array_set_size(node->removed, 0);
    if (node->names)
        node->names = names_in(node->fd);
}

static void
lose_writes(Node *node)
{
    for (guint i = node->undos->len; i > 0; i--) {
        const Undo *undo = g_ptr_array_index(node->undos, i - 1);

        g_assert_cmpint(syscall(SYS_pwrite64, node->fd, undo->old, undo->length, undo->offset), ==,
                        (long)undo->length);
        g_assert_cmpint(syscall(SYS_ftruncate, node->fd, undo->size), ==, 0);
    }
}

/* Removes names that are new, and restores removed ones. */
static void
lose_names(Node *node)
{
    GHashTableIter iter;
    gpointer name;

    for (guint i = node->removed->len; i > 0; i--) {
        const Removed *removed = g_ptr_array_index(node->removed, i - 1);

        syscall(SYS_renameat2, removed->now ? node->fd : AT_FDCWD,
                removed->now ? removed->now : removed->stashed, node->fd, removed->name, 0);
    }
    g_hash_table_iter_init(&iter, names_in(node->fd));
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (!g_hash_table_contains(node->names, name))
            g_assert_true(tree_remove_at(node->fd, name, NULL));
    }
}

static void
lose(Node *node)
{
    losing = TRUE;
    if (node->names)
        lose_names(node);
    else
        lose_writes(node);
    losing = FALSE;
}

/* A file that was never synced has no node: its name is lost with its directory. */
static void
stop_machine(void)
{
    for (guint i = 0; i < nodes->len; i++) {
        Node *node = g_ptr_array_index(nodes, i);

        if (wanted == LOST_ALL || node->journal == (wanted == LOST_LINES))
            lose(node);
    }
    _exit(LOST_STOPPED);
}

/* Everything that exists at the beginning is durable. */
static void
take_over(const char *path)
{
    Node *node = node_at(path);

    settle(node);
    for (GList *name = g_hash_table_get_keys(node->names); name; name = name->next) {
        g_autofree char *below = g_build_filename(path, name->data, NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            take_over(below);
    }
}

void
lost_at(LostKind kind, guint step, const char *directory, const char *aside)
{
    nodes = g_ptr_array_new();
    wanted = kind;
    victim = step;
    calls = 0;
    root = g_strdup(directory);
    stash = g_strdup(aside);
    if (kind != LOST_NOTHING)
        take_over(directory);
}

guint
lost_calls(void)
{
    return calls;
}

/* --- system calls; these take the place of the C library's ---------------------- */

static int
flush(int fd)
{
    Node *node;
    int result = 0;

    g_rec_mutex_lock(&lock);
    node = node_of(fd);
    if (node && ++calls == victim) {
        if (wanted != LOST_FLUSH)
            stop_machine();
        lose(node);
        errno = EIO;
        result = -1;
    }
    if (node)
        settle(node);
    g_rec_mutex_unlock(&lock);

    return result;
}

int
fsync(int fd)
{
    return flush(fd);
}

int
fdatasync(int fd)
{
    return flush(fd);
}

int
sync_file_range(int fd, off64_t offset, off64_t length, unsigned int flags)
{
    return 0;
}

static void
remember(Node *node, off_t offset, size_t length)
{
    Undo *undo = g_new0(Undo, 1);
    struct stat st;

    g_assert_cmpint(fstat(node->fd, &st), ==, 0);
    undo->offset = offset;
    undo->size = st.st_size;
    undo->length = offset < st.st_size ? MIN(length, (size_t)(st.st_size - offset)) : 0;
    undo->old = g_malloc0(undo->length + 1);
    g_assert_cmpint(syscall(SYS_pread64, node->fd, undo->old, undo->length, offset), ==,
                    (long)undo->length);
    g_ptr_array_add(node->undos, undo);
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
    ssize_t result;
    Node *node;

    g_rec_mutex_lock(&lock);
    node = node_of(fd);
    if (node)
        remember(node, offset, length);
    result = syscall(SYS_pwrite64, fd, data, length, offset);
    g_rec_mutex_unlock(&lock);

    return result;
}

int
ftruncate(int fd, off_t size)
{
    Node *node;
    struct stat st;
    int result;

    g_rec_mutex_lock(&lock);
    node = node_of(fd);
    if (node && fstat(fd, &st) == 0)
        remember(node, MIN(size, st.st_size), (size_t)MAX(st.st_size - size, 0));
    result = (int)syscall(SYS_ftruncate, fd, size);
    g_rec_mutex_unlock(&lock);

    return result;
}

/* A removed file is kept under another name until its removal is durable. */
static void
keep_removed(Node *node, int dir, const char *name)
{
    Removed *removed = g_new0(Removed, 1);

    removed->name = g_strdup(name);
    removed->stashed = g_strdup_printf("%s/%u", stash, ++stashed);
    if (linkat(dir, name, AT_FDCWD, removed->stashed, 0) == 0)
        g_ptr_array_add(node->removed, removed);
}

int
unlinkat(int dir, const char *name, int flags)
{
    int fd = openat(dir, ".", O_RDONLY | O_CLOEXEC);
    int result;
    Node *node;

    g_rec_mutex_lock(&lock);
    node = flags == 0 && !strchr(name, '/') ? node_of(fd) : NULL;
    if (node)
        keep_removed(node, dir, name);
    result = (int)syscall(SYS_unlinkat, dir, name, flags);
    g_rec_mutex_unlock(&lock);
    close(fd);

    return result;
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
    int fd = openat(from_dir, ".", O_RDONLY | O_CLOEXEC);
    int result;
    Node *node;

    g_rec_mutex_lock(&lock);
    node = from_dir == to_dir ? node_of(fd) : NULL;
    if (node && flags == 0)
        keep_removed(node, to_dir, to);
    result = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    if (node && result == 0) {
        Removed *renamed = g_new0(Removed, 1);

        renamed->name = g_strdup(from);
        renamed->now = g_strdup(to);
        g_ptr_array_add(node->removed, renamed);
    }
    g_rec_mutex_unlock(&lock);
    close(fd);

    return result;
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}

/* All data go through the page cache, and nobody waits for the disk. */
int
openat(int dir, const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;
    int result;

    va_start(args, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (flags & O_DIRECT) {
        errno = EINVAL;
        return -1;
    }

    if (!(flags & O_CREAT))
        return (int)syscall(SYS_openat, dir, path, flags, mode);

    /* No file is created while the machine stops. */
    g_rec_mutex_lock(&lock);
    result = (int)syscall(SYS_openat, dir, path, flags, mode);
    g_rec_mutex_unlock(&lock);

    return result;
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
    int result;

    g_rec_mutex_lock(&lock);
    result = (int)syscall(SYS_mkdirat, dir, path, mode);
    g_rec_mutex_unlock(&lock);

    return result;
}

/* The clock stands still, so that making something durable seems to take no time; otherwise the
 * code under test would wait longer before it does that again. */
gint64
g_get_monotonic_time(void)
{
    return G_USEC_PER_SEC;
}
