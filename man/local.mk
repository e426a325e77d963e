# SPDX-License-Identifier: LGPL-2.1-or-later

EXTRA_DIST += man/virtsnap.pod
man_MANS += man/virtsnap.1
CLEANFILES += man/virtsnap.1 man/virtsnap.1-t

# By way of a temporary file: a page that pod2man complains of is not left
# behind half made and up to date.
man/virtsnap.1: man/virtsnap.pod
	$(AM_V_GEN)$(MKDIR_P) man && \
	$(SED) 's|/etc/virtsnap|$(sysconfdir)/virtsnap|g' $(srcdir)/man/virtsnap.pod | \
	$(POD2MAN) --utf8 --errors=die --section=1 --name=VIRTSNAP \
		--center='virtsnap $(VERSION)' --release='$(PACKAGE_STRING)' \
		> $@-t && \
	mv -f $@-t $@

EXTRA_DIST += man/virtsnapd.pod man/org.virtsnap1.rst man/bus-page.sh
man_MANS += man/virtsnapd.8
CLEANFILES += man/virtsnapd.8 man/virtsnapd.8-t
man/virtsnapd.8: man/virtsnapd.pod
	$(AM_V_GEN)$(MKDIR_P) man && \
	$(POD2MAN) --utf8 --errors=die --section=8 --name=VIRTSNAPD \
		--center='virtsnap $(VERSION)' --release='$(PACKAGE_STRING)' \
		$(srcdir)/man/virtsnapd.pod > $@-t && \
	mv -f $@-t $@

if HAVE_RST2MAN
man_MANS += man/org.virtsnap1.5
CLEANFILES += man/org.virtsnap1.5 man/org.virtsnap1.5-t man/org.virtsnap1.5-rst
bus_page = $(srcdir)/man/bus-page.sh $(srcdir)/man/org.virtsnap1.rst $(srcdir)/src/util/error.c \
	$(srcdir)/src/bus/org.virtsnap1.xml
man/org.virtsnap1.5: man/org.virtsnap1.rst man/bus-page.sh src/util/error.c src/util/error.h \
		src/bus/org.virtsnap1.xml
	$(AM_V_GEN)$(MKDIR_P) man && GDBUS_CODEGEN='$(GDBUS_CODEGEN)' $(bus_page) > $@-rst && \
	$(RST2MAN) --halt=2 $@-rst $@-t && mv -f $@-t $@
endif
