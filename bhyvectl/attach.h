/* SPDX-License-Identifier: BSD-2-Clause */
/* The console of a VM on this terminal. */
#ifndef BHYVECTL_ATTACH_H
#define BHYVECTL_ATTACH_H

/* The key that detaches, Ctrl-]. */
#define ATTACH_ESCAPE 0x1d

/*
 * Copies between standard input and output and a connected console until Ctrl-] is typed or the
 * other end closes. A terminal is in raw mode meanwhile; where standard input is none, or has come
 * to its end, output goes on. The descriptor stays the caller's. 0: detached; 1: the other end
 * closed; or a negative errno.
 */
int attach(int console);

#endif
