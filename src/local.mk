# SPDX-License-Identifier: LGPL-2.1-or-later

# Everything, without a version script: programs and unit tests link this one,
# so that tests can reach the inside.
noinst_LTLIBRARIES += libvirtsnap-internal.la
libvirtsnap_internal_la_SOURCES = \
	src/util/error.c \
	src/util/error.h \
	src/util/fd.c \
	src/util/fd.h \
	src/util/format.c \
	src/util/format.h \
	src/util/name.c \
	src/util/name.h \
	src/util/xml.c \
	src/util/xml.h \
	$(NULL)
libvirtsnap_internal_la_CFLAGS = $(AM_CFLAGS)
libvirtsnap_internal_la_LIBADD = $(VIRTSNAP_LIBS)

pkgconfig_DATA += src/virtsnap.pc
