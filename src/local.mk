# SPDX-License-Identifier: LGPL-2.1-or-later

# Everything, without a version script: programs and unit tests link this one,
# so that tests can reach the inside.
noinst_LTLIBRARIES += libvirtsnap-internal.la
libvirtsnap_internal_la_SOURCES = \
	src/image/backing-reference.c \
	src/image/backing-reference.h \
	src/image/chain.c \
	src/image/chain.h \
	src/image/image-lock.c \
	src/image/image-lock.h \
	src/image/luks-header.c \
	src/image/luks-header.h \
	src/image/qcow2-header.c \
	src/image/qcow2-header.h \
	src/image/save-image.c \
	src/image/save-image.h \
	src/transfer/block-hash.c \
	src/transfer/block-hash.h \
	src/transfer/control.c \
	src/transfer/control.h \
	src/transfer/digest-parts.c \
	src/transfer/digest-parts.h \
	src/transfer/digest.c \
	src/transfer/digest.h \
	src/transfer/engine-head.c \
	src/transfer/engine-head.h \
	src/transfer/engine-item.h \
	src/transfer/engine.c \
	src/transfer/engine.h \
	src/transfer/memory-source.c \
	src/transfer/memory-source.h \
	src/transfer/sink.h \
	src/transfer/extents.c \
	src/transfer/extents.h \
	src/transfer/source.c \
	src/transfer/source.h \
	src/util/big-endian.h \
	src/util/child-limits.c \
	src/util/child-limits.h \
	src/util/error-private.h \
	src/util/error.c \
	src/util/error.h \
	src/util/fd.c \
	src/util/fd.h \
	src/util/format.c \
	src/util/format.h \
	src/util/name.c \
	src/util/name.h \
	src/util/process.c \
	src/util/process.h \
	src/util/ranked-bits.c \
	src/util/ranked-bits.h \
	src/util/record-dir.c \
	src/util/record-dir.h \
	src/util/strings.c \
	src/util/strings.h \
	src/util/xml-bounds.c \
	src/util/xml-bounds.h \
	src/util/xml.c \
	src/util/xml.h \
	src/virtsnap/capture.c \
	src/virtsnap/capture.h \
	src/virtsnap/collection-api.h \
	src/virtsnap/collection-load.c \
	src/virtsnap/collection-private.h \
	src/virtsnap/collection-store-private.h \
	src/virtsnap/collection-store.c \
	src/virtsnap/collection-store.h \
	src/virtsnap/collection.c \
	src/virtsnap/collection.h \
	src/virtsnap/domain-files.c \
	src/virtsnap/domain-files.h \
	src/virtsnap/drivers.c \
	src/virtsnap/drivers.h \
	src/virtsnap/export-items.c \
	src/virtsnap/export-items.h \
	src/virtsnap/export-list.c \
	src/virtsnap/export-list.h \
	src/virtsnap/export-watch.c \
	src/virtsnap/export-watch.h \
	src/virtsnap/export.c \
	src/virtsnap/export.h \
	src/virtsnap/hypervisor.c \
	src/virtsnap/hypervisor.h \
	src/virtsnap/job-error.c \
	src/virtsnap/job-figures.c \
	src/virtsnap/job-figures.h \
	src/virtsnap/job-info.c \
	src/virtsnap/job-info.h \
	src/virtsnap/job-left.c \
	src/virtsnap/job-left.h \
	src/virtsnap/job-prepare.c \
	src/virtsnap/job-record-xml.c \
	src/virtsnap/job-record-xml.h \
	src/virtsnap/job-record.c \
	src/virtsnap/job-record.h \
	src/virtsnap/job-state.c \
	src/virtsnap/job-state.h \
	src/virtsnap/job.c \
	src/virtsnap/job.h \
	src/virtsnap/journal-content.c \
	src/virtsnap/journal-content.h \
	src/virtsnap/journal.c \
	src/virtsnap/journal.h \
	src/virtsnap/manifest-format.c \
	src/virtsnap/manifest.c \
	src/virtsnap/manifest.h \
	src/virtsnap/members.c \
	src/virtsnap/members.h \
	src/virtsnap/plan-choice.c \
	src/virtsnap/plan-choice.h \
	src/virtsnap/plan-files.c \
	src/virtsnap/plan-files.h \
	src/virtsnap/plan-frozen.c \
	src/virtsnap/plan-frozen.h \
	src/virtsnap/plan-internal.c \
	src/virtsnap/plan-internal.h \
	src/virtsnap/plan-host-files.c \
	src/virtsnap/plan-layers.c \
	src/virtsnap/plan-layers.h \
	src/virtsnap/plan-memory.c \
	src/virtsnap/plan.c \
	src/virtsnap/plan.h \
	src/virtsnap/settings-api.h \
	src/virtsnap/settings-cim.c \
	src/virtsnap/settings-private.h \
	src/virtsnap/settings-xml.c \
	src/virtsnap/settings.c \
	src/virtsnap/settings.h \
	src/virtsnap/snapshot-def.c \
	src/virtsnap/snapshot-def.h \
	src/virtsnap/snapshot-list.c \
	src/virtsnap/snapshot-list.h \
	src/virtsnap/storage-def.c \
	src/virtsnap/storage-def.h \
	src/virtsnap/target-commit.c \
	src/virtsnap/target-private.h \
	src/virtsnap/target-foreign.c \
	src/virtsnap/target-foreign.h \
	src/virtsnap/target-space.c \
	src/virtsnap/target-space.h \
	src/virtsnap/target.c \
	src/virtsnap/target.h \
	src/virtsnap/verify-report.c \
	src/virtsnap/verify-report.h \
	src/virtsnap/verify-tree.c \
	src/virtsnap/verify-tree.h \
	src/virtsnap/verify.c \
	src/virtsnap/verify.h \
	$(NULL)
libvirtsnap_internal_la_CFLAGS = $(AM_CFLAGS)
libvirtsnap_internal_la_LIBADD = \
	libvirtsnap-libvirt.la \
	libvirtsnap-nbd.la \
	$(VIRTSNAP_LIBS) \
	$(IPSEC_MB_LIBS) \
	$(NULL)

# What programs link: the same, with the names of src/libvirtsnap.syms only.
lib_LTLIBRARIES += libvirtsnap.la
libvirtsnap_la_SOURCES =
libvirtsnap_la_LIBADD = libvirtsnap-internal.la
libvirtsnap_la_LDFLAGS = \
	$(AM_LDFLAGS) \
	-version-info 0:0:0 \
	-Wl,--version-script=$(srcdir)/src/libvirtsnap.syms \
	$(NULL)
libvirtsnap_la_DEPENDENCIES = libvirtsnap-internal.la src/libvirtsnap.syms
EXTRA_DIST += src/libvirtsnap.released src/libvirtsnap.syms

pkgconfig_DATA += src/virtsnap.pc
