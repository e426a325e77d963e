# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the service and those who call it have in common.

# The interfaces' code, made from their description.
bus_xml = $(srcdir)/src/bus/org.virtsnap1.xml
bus_codegen = $(GDBUS_CODEGEN) --interface-prefix org.virtsnap1. --c-namespace Bus \
	--c-generate-object-manager --c-generate-autocleanup all
src/bus/bus.h: src/bus/org.virtsnap1.xml
	$(AM_V_GEN)$(MKDIR_P) src/bus && \
		$(bus_codegen) --pragma-once --header --output $@ $(bus_xml)
src/bus/bus.c: src/bus/org.virtsnap1.xml src/bus/bus.h
	$(AM_V_GEN)$(MKDIR_P) src/bus && $(bus_codegen) --body --output $@ $(bus_xml)
BUILT_SOURCES += src/bus/bus.h
CLEANFILES += src/bus/bus.c src/bus/bus.h

# Generated code keeps to its own rules about warnings.
noinst_LIBRARIES += libvirtsnap-bus.a
nodist_libvirtsnap_bus_a_SOURCES = src/bus/bus.c src/bus/bus.h
libvirtsnap_bus_a_CFLAGS = $(AM_CFLAGS) -Wno-error -w

noinst_LIBRARIES += libvirtsnap-path.a
libvirtsnap_path_a_SOURCES = \
	src/bus/bus-path.c \
	src/bus/bus-path.h \
	$(NULL)
