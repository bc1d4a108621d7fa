// SPDX-License-Identifier: BSD-2-Clause
/* Restricting the ring, see block_ring.h. */
#include "bhyve/backend/block_ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint8_t operations[] = { IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_WRITE,
				      IORING_OP_FSYNC, IORING_OP_FALLOCATE };

/* liburing declares functions for this that the library of Debian 12 does not have. */
static int ring_register(int ring, unsigned what, void *arg, unsigned count)
{
	return syscall(SYS_io_uring_register, ring, what, arg, count) < 0 ? -errno : 0;
}

int block_ring_restrict(int ring)
{
	struct io_uring_restriction rules[sizeof(operations)] = { 0 };
	int error;

	for (size_t i = 0; i < sizeof(operations); i++) {
		rules[i].opcode = IORING_RESTRICTION_SQE_OP;
		rules[i].sqe_op = operations[i];
	}
	error = ring_register(ring, IORING_REGISTER_RESTRICTIONS, rules, sizeof(operations));
	return error ? error : ring_register(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}
