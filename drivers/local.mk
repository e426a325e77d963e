# SPDX-License-Identifier: LGPL-2.1-or-later

libvirtsnap_internal_la_SOURCES += \
	drivers/file/file-sink.c \
	drivers/file/file-sink.h \
	drivers/file/file-source.c \
	drivers/file/file-source.h \
	drivers/qemu/qemu-check.c \
	drivers/qemu/qemu-check.h \
	drivers/qemu/qemu-commit.c \
	drivers/qemu/qemu-commit.h \
	drivers/qemu/qemu-image.c \
	drivers/qemu/qemu-image.h \
	drivers/qemu/qemu-img.c \
	drivers/qemu/qemu-img.h \
	drivers/qemu/qemu-nbd.c \
	drivers/qemu/qemu-nbd.h \
	drivers/register.c \
	drivers/register.h \
	$(NULL)

# Drivers of a library of their own are compiled apart, so that only they see
# its headers.
noinst_LTLIBRARIES += libvirtsnap-libvirt.la libvirtsnap-nbd.la
libvirtsnap_libvirt_la_SOURCES = \
	drivers/libvirt/libvirt-boot.c \
	drivers/libvirt/libvirt-boot.h \
	drivers/libvirt/libvirt-backup.c \
	drivers/libvirt/libvirt-backup.h \
	drivers/libvirt/libvirt-commit.c \
	drivers/libvirt/libvirt-commit.h \
	drivers/libvirt/libvirt-checkpoint.c \
	drivers/libvirt/libvirt-checkpoint.h \
	drivers/libvirt/libvirt-connection.c \
	drivers/libvirt/libvirt-connection.h \
	drivers/libvirt/libvirt-domains.c \
	drivers/libvirt/libvirt-domains.h \
	drivers/libvirt/libvirt-define.c \
	drivers/libvirt/libvirt-define.h \
	drivers/libvirt/libvirt-error.c \
	drivers/libvirt/libvirt-error.h \
	drivers/libvirt/libvirt-events.c \
	drivers/libvirt/libvirt-events.h \
	drivers/libvirt/libvirt-host.c \
	drivers/libvirt/libvirt-host.h \
	drivers/libvirt/libvirt-hypervisor.c \
	drivers/libvirt/libvirt-hypervisor.h \
	drivers/libvirt/libvirt-job.c \
	drivers/libvirt/libvirt-job.h \
	drivers/libvirt/libvirt-layers.c \
	drivers/libvirt/libvirt-layers.h \
	drivers/libvirt/libvirt-lists.h \
	drivers/libvirt/libvirt-lookup.c \
	drivers/libvirt/libvirt-lookup.h \
	drivers/libvirt/libvirt-loop.c \
	drivers/libvirt/libvirt-loop.h \
	drivers/libvirt/libvirt-place.c \
	drivers/libvirt/libvirt-place.h \
	drivers/libvirt/libvirt-pools.c \
	drivers/libvirt/libvirt-pools.h \
	drivers/libvirt/libvirt-present.c \
	drivers/libvirt/libvirt-present.h \
	drivers/libvirt/libvirt-run.c \
	drivers/libvirt/libvirt-run.h \
	drivers/libvirt/libvirt-private.h \
	drivers/libvirt/libvirt-scratch.c \
	drivers/libvirt/libvirt-scratch.h \
	drivers/libvirt/libvirt-set-undo.c \
	drivers/libvirt/libvirt-set.c \
	drivers/libvirt/libvirt-set.h \
	drivers/libvirt/libvirt-snapshots.c \
	drivers/libvirt/libvirt-snapshots.h \
	drivers/libvirt/libvirt-still.c \
	drivers/libvirt/libvirt-still.h \
	drivers/libvirt/libvirt-survey.c \
	drivers/libvirt/libvirt-survey.h \
	drivers/libvirt/libvirt-tpm.c \
	drivers/libvirt/libvirt-tpm.h \
	drivers/libvirt/libvirt-volumes.c \
	drivers/libvirt/libvirt-volumes.h \
	$(NULL)
libvirtsnap_libvirt_la_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
libvirtsnap_libvirt_la_LIBADD = $(LIBVIRT_LIBS)

libvirtsnap_nbd_la_SOURCES = \
	drivers/nbd/nbd-source.c \
	drivers/nbd/nbd-source.h \
	$(NULL)
libvirtsnap_nbd_la_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS)
libvirtsnap_nbd_la_LIBADD = $(LIBNBD_LIBS)
