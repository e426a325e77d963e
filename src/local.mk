# SPDX-License-Identifier: LGPL-2.1-or-later

# Everything, without a version script: programs and unit tests link this one,
# so that tests can reach the inside.
noinst_LTLIBRARIES += libvirtsnap-internal.la
libvirtsnap_internal_la_SOURCES = \
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
	src/import/domain-gate.c \
	src/import/domain-gate.h \
	src/import/domain-rewrite.c \
	src/import/domain-rewrite.h \
	src/import/gate-findings.c \
	src/import/gate-findings.h \
	src/import/gate-rows-devices.c \
	src/import/gate-rows-domain.c \
	src/import/gate-rows.h \
	src/import/gate-table.c \
	src/import/gate-table.h \
	src/import/gate-value.c \
	src/import/gate-value.h \
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
	src/transfer/extents.c \
	src/transfer/extents.h \
	src/transfer/memory-source.c \
	src/transfer/memory-source.h \
	src/transfer/sink.h \
	src/transfer/source.c \
	src/transfer/source.h \
	src/qcow2/chain-source.c \
	src/qcow2/chain-source.h \
	src/qcow2/cluster-map.c \
	src/qcow2/cluster-map.h \
	src/qcow2/cluster-pack.c \
	src/qcow2/cluster-pack.h \
	src/qcow2/cluster-unpack.c \
	src/qcow2/cluster-unpack.h \
	src/qcow2/flat-source.c \
	src/qcow2/flat-source.h \
	src/qcow2/layout.c \
	src/qcow2/layout.h \
	src/qcow2/image-end.c \
	src/qcow2/image-end.h \
	src/qcow2/packed-image.h \
	src/qcow2/packed-region.c \
	src/qcow2/packed-region.h \
	src/qcow2/packed-sink.c \
	src/qcow2/packed-sink.h \
	src/hypervisor/domain-files.c \
	src/hypervisor/domain-files.h \
	src/hypervisor/drivers.c \
	src/hypervisor/drivers.h \
	src/hypervisor/hypervisor.c \
	src/hypervisor/hypervisor.h \
	src/hypervisor/snapshot-def.c \
	src/hypervisor/snapshot-def.h \
	src/hypervisor/storage-def.c \
	src/hypervisor/storage-def.h \
	src/collection/collection-api.h \
	src/collection/collection-load.c \
	src/collection/collection-private.h \
	src/collection/collection-store-private.h \
	src/collection/collection-store.c \
	src/collection/collection-store.h \
	src/collection/collection.c \
	src/collection/collection.h \
	src/collection/members.c \
	src/collection/members.h \
	src/settings/settings-api.h \
	src/settings/settings-cim.c \
	src/settings/settings-private.h \
	src/settings/settings-xml.c \
	src/settings/settings.c \
	src/settings/settings.h \
	src/job/job-disk.c \
	src/job/job-disk.h \
	src/job/job-error.c \
	src/job/job-figures.c \
	src/job/job-figures.h \
	src/job/job-info.c \
	src/job/job-info.h \
	src/job/job-private.h \
	src/job/job-record-xml.c \
	src/job/job-record-xml.h \
	src/job/job-record.c \
	src/job/job-record.h \
	src/job/job-report.c \
	src/job/job-report.h \
	src/job/job-request.c \
	src/job/job-run.c \
	src/job/job-run.h \
	src/job/job-state.c \
	src/job/job-state.h \
	src/job/job-work.c \
	src/job/job-work.h \
	src/job/job.c \
	src/job/job.h \
	src/archive/export-list.c \
	src/archive/export-list.h \
	src/archive/journal-content.c \
	src/archive/journal-content.h \
	src/archive/journal.c \
	src/archive/journal.h \
	src/archive/manifest-format.c \
	src/archive/manifest.c \
	src/archive/manifest.h \
	src/archive/target-commit.c \
	src/archive/target-foreign.c \
	src/archive/target-foreign.h \
	src/archive/target-private.h \
	src/archive/target-space.c \
	src/archive/target-space.h \
	src/archive/target.c \
	src/archive/target.h \
	src/archive/verify-report.c \
	src/archive/verify-report.h \
	src/archive/verify-tree.c \
	src/archive/verify-tree.h \
	src/archive/verify.c \
	src/archive/verify.h \
	src/export/capture.c \
	src/export/capture.h \
	src/export/export-images.c \
	src/export/export-images.h \
	src/export/export-items.c \
	src/export/export-items.h \
	src/export/export-watch.c \
	src/export/export-watch.h \
	src/export/export-report.c \
	src/export/export-report.h \
	src/export/export-work.c \
	src/export/export-work.h \
	src/export/export.c \
	src/export/export.h \
	src/export/plan-choice.c \
	src/export/plan-choice.h \
	src/export/plan-files.c \
	src/export/plan-files.h \
	src/export/plan-frozen.c \
	src/export/plan-frozen.h \
	src/export/plan-host-files.c \
	src/export/plan-internal.c \
	src/export/plan-internal.h \
	src/export/plan-layers.c \
	src/export/plan-layers.h \
	src/export/plan-memory.c \
	src/export/plan.c \
	src/export/plan.h \
	src/snapshot/snapshot-list.c \
	src/snapshot/snapshot-list.h \
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
