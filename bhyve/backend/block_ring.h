/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of a disk image, io_uring(7). */
#ifndef BHYVE_BACKEND_BLOCK_RING_H
#define BHYVE_BACKEND_BLOCK_RING_H

/*
 * Enables a ring that was made with IORING_SETUP_R_DISABLED, for the operations of block.c alone:
 * reading, writing, flushing and allocating. Whatever is put into its memory later, it opens no
 * file and makes no socket; nothing can be registered with it any more. 0 or negative errno.
 */
int block_ring_restrict(int ring);

#endif
