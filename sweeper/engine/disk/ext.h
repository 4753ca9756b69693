/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext.h - ext2, ext3 and ext4: the files of a file system, as members.
 *
 *   ext_super.c    the super block and its copies, the probe
 *   ext_image.c    blocks and group descriptors
 *   ext_inode.c    inodes, content that lies in them
 *   ext_map.c      where content lies
 *   ext_dir.c      entries of a directory
 *   ext_file.c     content
 *   ext_journal.c  blocks that are newer in the journal
 *   ext_gone.c     deleted files, and others without a name
 *   ext_member.c   an inode as a member
 *   ext_words.c    what is wrong with the file system as a whole
 *   ext_raw.c      blocks that nobody has, and the ends of last blocks
 *   ext.c          the walk
 *
 * Read here and not by The Sleuth Kit, whose time grows with the square of a
 * directory's size, and whose memory with it. One reader, three names of kinds.
 *
 * A directory's files come first, in the order of their inodes, which is how they lie
 * on the disk (of 60,000 files behind indexes of hashes a fifth fewer reads than in the
 * order of the entries); then its directories, each before what is in it. A directory is entered
 * once, whatever points at it. Each name of a file is a member.
 *
 * A deleted file is a member where its name stood, or "/$OrphanFiles/inode-N" after all
 * others; files in use that no directory has are there, too.
 *
 * An open file system takes at most 6 MiB, 16 bytes for each directory and a
 * bit for each inode.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_H
#define SWEEPER_ENGINE_DISK_EXT_H

#include "disks.h"

#endif
