/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/save-image.h"
#include "util/fd.h"
#include "util/xml.h"

#define MAGIC "LibvirtQemudSave"
/* The magic of an incomplete file: libvirt writes the final magic last. */
#define MAGIC_UNFINISHED "LibvirtQemudPart"
#define MAGIC_BYTES 16
/* A version above this shows that the header is in the other byte order. */
#define VERSION_MAX 0xffff
/* The header has the magic and 19 numbers of 32 bits. */
#define HEADER_BYTES 92
/* A limit far above the size of any domain's XML. */
#define XML_BYTES_MAX (16 << 20)

/* The numbers of the header, in the byte order of the host that wrote it. */
enum { FIELD_VERSION, DATA_BYTES, WAS_RUNNING, FORMAT, COOKIE_AT, N_FIELDS };

static gboolean
damaged_save_image(GError **error, const char *what, const char *why)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' is no memory state that libvirt saved: %s"), what, why);

    return FALSE;
}

static gboolean
check_save_magic(const guint8 *head, const char *what, GError **error)
{
    if (memcmp(head, MAGIC, MAGIC_BYTES) == 0)
        return TRUE;
    if (memcmp(head, MAGIC_UNFINISHED, MAGIC_BYTES) == 0)
        return damaged_save_image(error, what, _("it was begun and never finished"));

    return damaged_save_image(error, what, _("it does not begin like one"));
}

static gboolean
read_save_fields(int fd, guint32 *fields, const char *what, GError **error)
{
    guint8 head[HEADER_BYTES];
    ssize_t n = pread(fd, head, sizeof head, 0);

    if (n != (ssize_t)sizeof head)
        return damaged_save_image(error, what, _("it is too short"));
    if (!check_save_magic(head, what, error))
        return FALSE;
    memcpy(fields, head + MAGIC_BYTES, N_FIELDS * sizeof *fields);
    for (guint i = N_FIELDS; fields[FIELD_VERSION] > VERSION_MAX && i-- > 0;)
        fields[i] = GUINT32_SWAP_LE_BE(fields[i]);
    if (fields[FIELD_VERSION] == 0 || fields[FIELD_VERSION] > VERSION_MAX)
        return damaged_save_image(error, what, _("its version is not one"));

    return TRUE;
}

/* Checks the lengths in the header. The data behind the header begins with the XML; libvirt's
 * cookie may follow it. */
static gboolean
check_save_lengths(int fd, const guint32 *fields, guint32 *xml_bytes, const char *what,
                   GError **error)
{
    off_t end = lseek(fd, 0, SEEK_END);

    *xml_bytes = fields[COOKIE_AT] ? fields[COOKIE_AT] : fields[DATA_BYTES];
    if (*xml_bytes == 0 || *xml_bytes > fields[DATA_BYTES] || *xml_bytes > XML_BYTES_MAX)
        return damaged_save_image(error, what, _("the lengths in its header cannot be"));
    /* The memory follows the data. */
    if (end <= (off_t)HEADER_BYTES + fields[DATA_BYTES])
        return damaged_save_image(error, what, _("it ends before the memory begins"));

    return TRUE;
}

static char *
uuid_of(const char *xml, gsize length, const char *what, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strnlen(xml, length), what, NULL);
    char *uuid = doc ? xml_text(xmlDocGetRootElement(doc), "/domain/uuid") : NULL;

    if (!uuid)
        damaged_save_image(error, what, _("it does not say which domain it is of"));

    return uuid;
}

static char *
read_save_xml(int fd, gsize *length, const char *what, GError **error)
{
    guint32 fields[N_FIELDS] = {0};
    guint32 bytes = 0;
    g_autofree char *xml = NULL;

    if (!read_save_fields(fd, fields, what, error) ||
        !check_save_lengths(fd, fields, &bytes, what, error))
        return NULL;
    xml = g_malloc((gsize)bytes + 1);
    xml[bytes] = '\0';
    if (!fd_pread_all(fd, xml, bytes, HEADER_BYTES, what, error))
        return NULL;
    *length = bytes;

    return g_steal_pointer(&xml);
}

char *
save_image_uuid(int fd, const char *what, GError **error)
{
    gsize length;
    g_autofree char *xml = read_save_xml(fd, &length, what, error);

    return xml ? uuid_of(xml, length, what, error) : NULL;
}

char *
save_image_xml(int fd, const char *what, GError **error)
{
    gsize length;

    return read_save_xml(fd, &length, what, error);
}

/* --- replacing the XML -------------------------------------------------------- */

static gboolean
no_room(const char *what, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' has no room for the description that its domain gets; use shorter names "
                  "and paths"),
                what);

    return FALSE;
}

/* Stores the offset of the cookie in the byte order of the other numbers in the header. */
static void
put_cookie_at(guint8 *head, const guint32 *fields, guint32 at)
{
    guint32 raw;

    memcpy(&raw, head + MAGIC_BYTES, sizeof raw);
    if (raw != fields[FIELD_VERSION])
        at = GUINT32_SWAP_LE_BE(at);
    memcpy(head + MAGIC_BYTES + COOKIE_AT * sizeof at, &at, sizeof at);
}

/* Fills the space between the header and the memory with the XML, a terminating zero and the
 * cookie. */
static gboolean
put_save_xml(guint8 *head, const guint32 *fields, const char *xml, const char *what, GError **error)
{
    guint8 *data = head + HEADER_BYTES;
    gsize room = fields[DATA_BYTES];
    gsize length = strlen(xml) + 1;
    gsize cookie_bytes = fields[COOKIE_AT] ? room - fields[COOKIE_AT] : 0;
    g_autofree guint8 *cookie =
        cookie_bytes > 0 ? g_memdup2(data + fields[COOKIE_AT], cookie_bytes) : NULL;

    cookie_bytes = cookie ? strnlen((char *)cookie, cookie_bytes) : 0;
    if (length > room || (cookie && cookie_bytes + 1 > room - length))
        return no_room(what, error);
    memset(data, 0, room);
    memcpy(data, xml, length);
    if (!cookie)
        return TRUE;
    memcpy(data + length, cookie, cookie_bytes);
    put_cookie_at(head, fields, (guint32)length);

    return TRUE;
}

GBytes *
save_image_patch(int fd, const char *xml, const char *what, GError **error)
{
    guint32 fields[N_FIELDS] = {0};
    guint32 length;
    g_autofree guint8 *head = NULL;

    if (!read_save_fields(fd, fields, what, error) ||
        !check_save_lengths(fd, fields, &length, what, error))
        return NULL;
    if (fields[DATA_BYTES] > 2 * XML_BYTES_MAX) {
        damaged_save_image(error, what, _("the lengths in its header cannot be"));
        return NULL;
    }
    head = g_malloc((gsize)HEADER_BYTES + fields[DATA_BYTES]);
    if (!fd_pread_all(fd, head, (gsize)HEADER_BYTES + fields[DATA_BYTES], 0, what, error) ||
        !put_save_xml(head, fields, xml, what, error))
        return NULL;

    return g_bytes_new_take(g_steal_pointer(&head), (gsize)HEADER_BYTES + fields[DATA_BYTES]);
}
