# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
# shellcheck shell=bash
#
# The smallest host that can be exported from, without QEMU: libvirt's test driver with a shut-off
# domain "web", its external snapshot "s", and real images.

# test_host DIR: makes DIR/host.xml and DIR/images; TEST_HOST is the URI.
test_host()
{
    local images=$1/images
    mkdir "$images" &&
        qemu-img create -q -f qcow2 "$images/base.qcow2" 4M &&
        qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$images/web.qcow2" || return 1
    cat >"$1/host.xml" <<END
<node><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
$(test_host_domain "$images/now.qcow2")
<test:domainsnapshot><name>s</name><state>shutoff</state><active>0</active>
<creationTime>$(($(date +%s) + 60))</creationTime>
<disks><disk name='vda' snapshot='external' type='file'><source file='$images/now.qcow2'/></disk>
</disks><domain type='test'>$(test_host_domain "$images/web.qcow2")</domain>
</test:domainsnapshot></domain></node>
END
    TEST_HOST=test://$1/host.xml
}

# test_host_domain IMAGE
test_host_domain()
{
    echo "<name>web</name><uuid>ef861801-45b9-11cb-88e3-afbfe5370491</uuid>
        <memory>8192</memory><os><type>hvm</type></os><devices><disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/><source file='$1'/>
        <target dev='vda' bus='virtio'/></disk></devices>"
}
