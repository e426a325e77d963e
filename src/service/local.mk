# SPDX-License-Identifier: LGPL-2.1-or-later

# All of the service but main(), so that unit tests can reach its inside.
noinst_LIBRARIES += libvirtsnap-service.a
libvirtsnap_service_a_SOURCES = \
	src/service/access.c \
	src/service/access.h \
	src/service/bus-options.c \
	src/service/bus-options.h \
	src/service/collection-service.c \
	src/service/collection-service.h \
	src/service/create-service.c \
	src/service/create-service.h \
	src/service/exports-service.c \
	src/service/exports-service.h \
	src/service/import-service.c \
	src/service/import-service.h \
	src/service/job-call.c \
	src/service/job-call.h \
	src/service/job-expiry.c \
	src/service/job-expiry.h \
	src/service/job-keeper.c \
	src/service/job-keeper.h \
	src/service/job-methods.c \
	src/service/job-methods.h \
	src/service/job-object.c \
	src/service/job-object.h \
	src/service/job-queue.c \
	src/service/job-queue.h \
	src/service/job-service.c \
	src/service/job-service.h \
	src/service/object-set.c \
	src/service/object-set.h \
	src/service/plan-call.c \
	src/service/plan-call.h \
	src/service/prune-service.c \
	src/service/prune-service.h \
	src/service/reference-list.c \
	src/service/reference-list.h \
	src/service/service-config.c \
	src/service/service-config.h \
	src/service/service-job.c \
	src/service/service-job.h \
	src/service/set-calls.c \
	src/service/set-calls.h \
	src/service/set-service.c \
	src/service/set-service.h \
	src/service/snapshot-objects.c \
	src/service/snapshot-objects.h \
	src/service/snapshot-service.c \
	src/service/snapshot-service.h \
	src/service/store-follower.c \
	src/service/store-follower.h \
	src/service/verify-service.c \
	src/service/verify-service.h \
	src/service/work.c \
	src/service/work.h \
	$(NULL)
libvirtsnap_service_a_CFLAGS = $(AM_CFLAGS) $(POLKIT_CFLAGS)
# What links it needs these, too.
service_libs = \
	libvirtsnap-service.a \
	libvirtsnap-path.a \
	libvirtsnap-bus.a \
	$(internal_libs) \
	$(POLKIT_LIBS) \
	$(NULL)

sbin_PROGRAMS += virtsnapd
virtsnapd_SOURCES = src/service/main.c
virtsnapd_LDADD = $(service_libs)

dbusinterfacesdir = $(datadir)/dbus-1/interfaces
dist_dbusinterfaces_DATA = src/bus/org.virtsnap1.xml
dbussystemdir = $(datadir)/dbus-1/system.d
dist_dbussystem_DATA = src/service/org.virtsnap1.conf
dbusservicesdir = $(datadir)/dbus-1/system-services
dbusservices_DATA = src/service/org.virtsnap1.service
polkitactionsdir = $(datadir)/polkit-1/actions
dist_polkitactions_DATA = src/service/org.virtsnap1.policy
systemdunitdir = $(prefix)/lib/systemd/system
systemdunit_DATA = \
	src/cli/virtsnap-export@.service \
	src/cli/virtsnap-export@.timer \
	src/service/virtsnapd.service \
	$(NULL)
virtsnapconfdir = $(sysconfdir)/virtsnap
dist_virtsnapconf_DATA = src/service/virtsnapd.conf

service_files = \
	src/service/org.virtsnap1.service \
	src/service/org.virtsnap1.session.service \
	src/service/virtsnapd.service \
	$(NULL)
$(service_files): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) src/service && $(SED) 's|[@]sbindir[@]|$(sbindir)|g' \
		$(srcdir)/$@.in >$@
noinst_DATA = src/service/org.virtsnap1.session.service
CLEANFILES += $(service_files)
EXTRA_DIST += \
	src/service/org.virtsnap1.service.in \
	src/service/org.virtsnap1.session.service.in \
	src/service/virtsnapd.service.in \
	$(NULL)

# Both buses know the service by the same file name.
sessionservicesdir = $(datadir)/dbus-1/services
install-data-local: install-session-service
install-session-service: src/service/org.virtsnap1.session.service
	$(MKDIR_P) "$(DESTDIR)$(sessionservicesdir)"
	$(INSTALL_DATA) src/service/org.virtsnap1.session.service \
		"$(DESTDIR)$(sessionservicesdir)/org.virtsnap1.service"
uninstall-local: uninstall-session-service
uninstall-session-service:
	rm -f "$(DESTDIR)$(sessionservicesdir)/org.virtsnap1.service"
.PHONY: install-session-service uninstall-session-service
