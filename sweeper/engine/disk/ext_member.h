/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_member.h - an inode as a member: what it is, and its content; and what there is to
 * say of the file system when all of them were told.
 *
 *   ext_member.c   members
 *   ext_words.c    the last words
 *
 * Runs in:  engine workers.
 * Owns:     sw_ext_members_done() releases, also after a failed init. A member's target
 *           borrows, until the next one.
 * Fails:    as sw_source.next.
 */
#ifndef SWEEPER_ENGINE_DISK_EXT_MEMBER_H
#define SWEEPER_ENGINE_DISK_EXT_MEMBER_H

#include "ext_file.h"
#include "ext_gone.h"
#include "ext_journal.h"
#include "sweeper/source.h"

struct sw_ext_members {
    struct sw_ext image;
    enum sw_ext_journal journal; /* how far it was replayed */
    struct sw_ext_gone gone;
    struct sw_ext_file file; /* the content of the member at hand */
    struct sw_buf target;
};

/* Of zeros. */
enum sw_status sw_ext_members_init(struct sw_ext_members *all, struct sw_blob *blob,
                                   struct sw_error *error) SW_MUST_CHECK;
void sw_ext_members_done(struct sw_ext_members *all);

/* The kind and the content of a member whose name and facts are there. SW_PART: some of
 * it cannot be had. */
enum sw_status sw_ext_member_file(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  struct sw_member *member, struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_ext_member_link(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  struct sw_member *member, struct sw_error *error) SW_MUST_CHECK;
/* All of a file that is in use by nobody, or that no directory has. One without content
 * of its own is only a name. */
enum sw_status sw_ext_member_gone(struct sw_ext_members *all, const struct sw_ext_inode *inode,
                                  enum sw_ext_gone_kind kind, struct sw_view name,
                                  struct sw_member *member, struct sw_error *error) SW_MUST_CHECK;
/* The next thing that is wrong with the file system as a whole: SW_SKIP, or SW_END.
 * *closing begins as 0. */
enum sw_status sw_ext_closing_words(const struct sw_ext_members *all, unsigned *closing,
                                    struct sw_error *error) SW_MUST_CHECK;

#endif
