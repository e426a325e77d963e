# SPDX-License-Identifier: LGPL-2.1-or-later

# What programs see: objects on top of all else.
libvirtsnap_internal_la_SOURCES += \
	src/library/collection-store-async.c \
	src/library/collection-store-async.h \
	src/library/job-private.h \
	src/library/job-report-private.h \
	src/library/job-report.c \
	src/library/job-report.h \
	src/library/job-watch.c \
	src/library/job-watch.h \
	src/library/job.c \
	src/library/job.h \
	src/library/prune.c \
	src/library/service-ask.c \
	src/library/service-ask.h \
	src/library/service-call.c \
	src/library/service-call.h \
	src/library/service-changes.c \
	src/library/service-changes.h \
	src/library/service-exports.c \
	src/library/service-info.c \
	src/library/service-info.h \
	src/library/service-plan.c \
	src/library/service-reference.c \
	src/library/service-snapshot.c \
	src/library/service-verify.c \
	src/library/service.c \
	src/library/service-works.h \
	src/library/service.h \
	src/library/verbs.c \
	src/library/verbs.h \
	src/library/verify-boot.c \
	src/library/verify-boot.h \
	src/library/verify-result-private.h \
	src/library/verify-result.c \
	src/library/verify-result.h \
	src/library/virtsnap.h \
	$(NULL)

# <virtsnap/virtsnap.h>, and what that includes: the headers of several rooms, side by side in one
# folder, each including the others by the names that they have there. "-api" tells them from the
# headers of the inside, and is of no use outside.
publicdir = $(includedir)/virtsnap
public_headers = \
	include/virtsnap/collection-store-async.h \
	include/virtsnap/collection-store.h \
	include/virtsnap/collection.h \
	include/virtsnap/error.h \
	include/virtsnap/job-report.h \
	include/virtsnap/job.h \
	include/virtsnap/service-changes.h \
	include/virtsnap/service-info.h \
	include/virtsnap/service.h \
	include/virtsnap/settings.h \
	include/virtsnap/verify-boot.h \
	include/virtsnap/verify-result.h \
	include/virtsnap/virtsnap.h \
	$(NULL)
nodist_public_HEADERS = $(public_headers)
include/virtsnap/collection-store-async.h: src/library/collection-store-async.h
include/virtsnap/collection-store.h: src/collection/collection-store.h
include/virtsnap/collection.h: src/collection/collection-api.h
include/virtsnap/error.h: src/util/error.h
include/virtsnap/job-report.h: src/library/job-report.h
include/virtsnap/job.h: src/library/job.h
include/virtsnap/service-changes.h: src/library/service-changes.h
include/virtsnap/service-info.h: src/library/service-info.h
include/virtsnap/service.h: src/library/service.h
include/virtsnap/settings.h: src/settings/settings-api.h
include/virtsnap/verify-boot.h: src/library/verify-boot.h
include/virtsnap/verify-result.h: src/library/verify-result.h
include/virtsnap/virtsnap.h: src/library/virtsnap.h
$(public_headers):
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -E \
		's|^#include "[a-z]+/([a-z-]+)\.h"|#include <virtsnap/\1.h>|; s|-api\.h>|.h>|' \
		$< >$@.tmp && mv $@.tmp $@
CLEANFILES += $(public_headers)

if HAVE_INTROSPECTION
include $(INTROSPECTION_MAKEFILE)
INTROSPECTION_GIRS = VirtSnap-1.0.gir
INTROSPECTION_SCANNER_ARGS = --warn-all --warn-error --symbol-prefix=virt_snap
VirtSnap-1.0.gir: libvirtsnap.la
VirtSnap_1_0_gir_FILES = $(public_headers)
VirtSnap_1_0_gir_LIBS = libvirtsnap.la
VirtSnap_1_0_gir_INCLUDES = GObject-2.0 Gio-2.0
VirtSnap_1_0_gir_PACKAGES = gio-2.0
VirtSnap_1_0_gir_EXPORT_PACKAGES = virtsnap
VirtSnap_1_0_gir_C_INCLUDES = virtsnap/virtsnap.h
VirtSnap_1_0_gir_CFLAGS = -I$(top_builddir)/include
girdir = $(datadir)/gir-1.0
gir_DATA = VirtSnap-1.0.gir
typelibdir = $(libdir)/girepository-1.0
typelib_DATA = VirtSnap-1.0.typelib
CLEANFILES += $(gir_DATA) $(typelib_DATA)

# The reference, from the comments in the headers.
api-doc/index.html: VirtSnap-1.0.gir src/library/virtsnap.toml
	$(AM_V_GEN)$(GI_DOCGEN) generate -q --fatal-warnings --no-namespace-dir \
		--config src/library/virtsnap.toml --output-dir api-doc VirtSnap-1.0.gir
if HAVE_GI_DOCGEN
all-local: api-doc/index.html
install-data-hook: api-doc/index.html
	$(MKDIR_P) "$(DESTDIR)$(docdir)"
	cp -R api-doc "$(DESTDIR)$(docdir)/api"
uninstall-hook:
	rm -rf "$(DESTDIR)$(docdir)/api"
mostlyclean-local:
	rm -rf api-doc
endif
endif

# tests/install runs them with what is installed, tests/live has real domains for those in Python.
EXTRA_DIST += \
	examples/export.c \
	examples/export.py \
	examples/import.c \
	examples/import.py \
	examples/snapshot.c \
	examples/snapshot.py \
	examples/verify.c \
	examples/verify.py \
	$(NULL)
