/* SPDX-License-Identifier: Apache-2.0 */
/* fstypes.c - the tables of pseudo and network file systems. */
#include "supervisor/fstypes.h"

#include <stddef.h>
#include <string.h>

/* A trailing '*' stands for any rest; the first row that fits decides. tmpfs,
 * ramfs, devtmpfs, overlay and squashfs are missing on purpose: they hold
 * files that somebody put there. So is virtiofs: it is the guest's own disk in
 * all but name. */
static const struct {
    const char *name;
    enum sw_fs_class class;
} names[] = {
    {"proc", SW_FS_PSEUDO},
    {"sysfs", SW_FS_PSEUDO},
    {"cgroup", SW_FS_PSEUDO},
    {"cgroup2", SW_FS_PSEUDO},
    {"cpuset", SW_FS_PSEUDO},
    {"debugfs", SW_FS_PSEUDO},
    {"tracefs", SW_FS_PSEUDO},
    {"securityfs", SW_FS_PSEUDO},
    {"pstore", SW_FS_PSEUDO},
    {"bpf", SW_FS_PSEUDO},
    {"configfs", SW_FS_PSEUDO},
    {"efivarfs", SW_FS_PSEUDO},
    {"mqueue", SW_FS_PSEUDO},
    {"hugetlbfs", SW_FS_PSEUDO},
    {"binfmt_misc", SW_FS_PSEUDO},
    {"fusectl", SW_FS_PSEUDO},
    {"rpc_pipefs", SW_FS_PSEUDO},
    {"nsfs", SW_FS_PSEUDO},
    {"autofs", SW_FS_PSEUDO},
    {"selinuxfs", SW_FS_PSEUDO},
    {"smackfs", SW_FS_PSEUDO},
    {"apparmorfs", SW_FS_PSEUDO},
    {"devpts", SW_FS_PSEUDO},
    {"nfsd", SW_FS_PSEUDO},
    {"resctrl", SW_FS_PSEUDO},
    {"binder", SW_FS_PSEUDO},
    {"functionfs", SW_FS_PSEUDO},
    {"gadgetfs", SW_FS_PSEUDO},
    {"ipathfs", SW_FS_PSEUDO},
    {"openpromfs", SW_FS_PSEUDO},
    {"oprofilefs", SW_FS_PSEUDO},
    {"spufs", SW_FS_PSEUDO},
    {"usbfs", SW_FS_PSEUDO},
    {"usbdevfs", SW_FS_PSEUDO},
    {"xenfs", SW_FS_PSEUDO},
    {"sockfs", SW_FS_PSEUDO},
    {"pipefs", SW_FS_PSEUDO},
    {"anon_inodefs", SW_FS_PSEUDO},
    {"fuse.lxcfs", SW_FS_PSEUDO},
    {"fuse.portal", SW_FS_PSEUDO},

    {"nfs", SW_FS_NETWORK},
    {"nfs4", SW_FS_NETWORK},
    {"cifs", SW_FS_NETWORK},
    {"smb3", SW_FS_NETWORK},
    {"smbfs", SW_FS_NETWORK},
    {"9p", SW_FS_NETWORK},
    {"afs", SW_FS_NETWORK},
    {"kafs", SW_FS_NETWORK},
    {"ceph", SW_FS_NETWORK},
    {"glusterfs", SW_FS_NETWORK},
    {"lustre", SW_FS_NETWORK},
    {"gpfs", SW_FS_NETWORK},
    {"coda", SW_FS_NETWORK},
    {"ncpfs", SW_FS_NETWORK},
    {"orangefs", SW_FS_NETWORK},
    {"pvfs2", SW_FS_NETWORK},
    {"beegfs*", SW_FS_NETWORK},
    {"panfs", SW_FS_NETWORK},
    {"wekafs", SW_FS_NETWORK},
    {"vboxsf", SW_FS_NETWORK},
    {"vmhgfs", SW_FS_NETWORK},
    {"prl_fs", SW_FS_NETWORK},

    /* FUSE programs known to serve a disk of this machine. */
    {"fuse.ntfs*", SW_FS_LOCAL},
    {"fuse.exfat*", SW_FS_LOCAL},
    {"fuse.ext*", SW_FS_LOCAL},
    {"fuse.fuse2fs", SW_FS_LOCAL},
    {"fuse.fuse-overlayfs", SW_FS_LOCAL},
    {"fuse.overlayfs", SW_FS_LOCAL},
    {"fuse.unionfs*", SW_FS_LOCAL},
    {"fuse.mergerfs", SW_FS_LOCAL},
    {"fuse.bindfs", SW_FS_LOCAL},
    {"fuse.squashfuse*", SW_FS_LOCAL},
    {"fuse.gocryptfs", SW_FS_LOCAL},
    {"fuse.encfs", SW_FS_LOCAL},
    {"fuse.cryfs*", SW_FS_LOCAL},
    {"fuse", SW_FS_NETWORK},
    {"fuse.*", SW_FS_NETWORK},
};

/* Numbers from linux/magic.h and, where that has none, from the file system's
 * own source; written out because older headers lack some. */
static const struct {
    uint32_t magic;
    enum sw_fs_class class;
} magics[] = {
    {0x00009fa0, SW_FS_PSEUDO},  /* proc */
    {0x62656572, SW_FS_PSEUDO},  /* sysfs */
    {0x0027e0eb, SW_FS_PSEUDO},  /* cgroup */
    {0x63677270, SW_FS_PSEUDO},  /* cgroup2 */
    {0x64626720, SW_FS_PSEUDO},  /* debugfs */
    {0x74726163, SW_FS_PSEUDO},  /* tracefs */
    {0x73636673, SW_FS_PSEUDO},  /* securityfs */
    {0x6165676c, SW_FS_PSEUDO},  /* pstore */
    {0xcafe4a11, SW_FS_PSEUDO},  /* bpf */
    {0x62656570, SW_FS_PSEUDO},  /* configfs */
    {0xde5e81e4, SW_FS_PSEUDO},  /* efivarfs */
    {0x19800202, SW_FS_PSEUDO},  /* mqueue */
    {0x958458f6, SW_FS_PSEUDO},  /* hugetlbfs */
    {0x42494e4d, SW_FS_PSEUDO},  /* binfmt_misc */
    {0x65735543, SW_FS_PSEUDO},  /* fusectl */
    {0x67596969, SW_FS_PSEUDO},  /* rpc_pipefs */
    {0x6e736673, SW_FS_PSEUDO},  /* nsfs */
    {0x00000187, SW_FS_PSEUDO},  /* autofs */
    {0xf97cff8c, SW_FS_PSEUDO},  /* selinuxfs */
    {0x43415d53, SW_FS_PSEUDO},  /* smackfs */
    {0x5a3c69f0, SW_FS_PSEUDO},  /* apparmorfs */
    {0x00001cd1, SW_FS_PSEUDO},  /* devpts */
    {0x6e667364, SW_FS_PSEUDO},  /* nfsd */
    {0x07655821, SW_FS_PSEUDO},  /* resctrl */
    {0x6c6f6f70, SW_FS_PSEUDO},  /* binder */
    {0x00009fa1, SW_FS_PSEUDO},  /* openpromfs */
    {0x00009fa2, SW_FS_PSEUDO},  /* usbfs */
    {0xabba1974, SW_FS_PSEUDO},  /* xenfs */
    {0x00006969, SW_FS_NETWORK}, /* nfs */
    {0xff534d42, SW_FS_NETWORK}, /* cifs */
    {0xfe534d42, SW_FS_NETWORK}, /* smb2, smb3 */
    {0x0000517b, SW_FS_NETWORK}, /* smbfs */
    {0x01021997, SW_FS_NETWORK}, /* 9p */
    {0x5346414f, SW_FS_NETWORK}, /* afs */
    {0x6b414653, SW_FS_NETWORK}, /* kafs */
    {0x00c36400, SW_FS_NETWORK}, /* ceph */
    {0x0bd00bd0, SW_FS_NETWORK}, /* lustre */
    {0x47504653, SW_FS_NETWORK}, /* gpfs */
    {0x73757245, SW_FS_NETWORK}, /* coda */
    {0x0000564c, SW_FS_NETWORK}, /* ncpfs */
    {0x20030528, SW_FS_NETWORK}, /* orangefs */
    {0x19830326, SW_FS_NETWORK}, /* beegfs */
    {0xaad7aaea, SW_FS_NETWORK}, /* panfs */
    {0x786f4256, SW_FS_NETWORK}, /* vboxsf */
    {0xbacbacbc, SW_FS_NETWORK}, /* vmhgfs */
    {0x7c7c6673, SW_FS_NETWORK}, /* prl_fs */
    {0x65735546, SW_FS_NETWORK}, /* fuse, of any kind */
};

static int name_fits(const char *row, const char *filesystem)
{
    size_t size = strlen(row);

    if (size > 0 && row[size - 1] == '*')
        return strncmp(row, filesystem, size - 1) == 0;
    return strcmp(row, filesystem) == 0;
}

enum sw_fs_class sw_fstype_class(const char *filesystem)
{
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        if (name_fits(names[index].name, filesystem))
            return names[index].class;
    }
    return SW_FS_LOCAL;
}

enum sw_fs_class sw_fstype_class_by_magic(uint32_t magic)
{
    for (size_t index = 0; index < sizeof magics / sizeof magics[0]; index++) {
        if (magics[index].magic == magic)
            return magics[index].class;
    }
    return SW_FS_LOCAL;
}
