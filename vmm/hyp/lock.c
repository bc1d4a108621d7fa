// SPDX-License-Identifier: BSD-2-Clause
/*
 * Locks that are given in the order in which they were asked for. A lock that is free is 0, and is
 * taken by a store of who takes it (arch_lock). Who finds it taken, or others waiting, draws a
 * ticket:
 *
 *	63      48 47       32 31               0
 *	next to be next to be  who has it: 0, or
 *	drawn      served      arch_lock_mine()
 *
 * The last one who waited clears both counters when it gets the lock, so that the word is 0 again
 * when it is released. The counters wrap; there are fewer CPUs than numbers.
 *
 * Who has a lock is known, for what a fault at EL2 leaves behind (vgic_unlock_mine). A CPU that
 * waits takes no fault: it touches the lock alone, which it has read before, and SErrors are masked
 * at EL2.
 */
#include "hyp.h"

#define DRAW		 (UINT64_C(1) << 48)
#define SERVE		 (UINT64_C(1) << 32)
#define DRAWN(word)	 ((uint16_t)((word) >> 48))
#define SERVED(word)	 ((uint16_t)((word) >> 32))
#define HOLDER(word)	 ((uint32_t)(word))
#define ONLY_DRAWN(word) ((word) & ~(DRAW - 1))

static bool replace(uint64_t *lock, uint64_t *seen, uint64_t with)
{
	return __atomic_compare_exchange_n(lock, seen, with, true, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* The lock as it is when it becomes that of the one who is served. */
static uint64_t served(uint64_t word, uint32_t mine)
{
	uint16_t served = (uint16_t)(SERVED(word) + 1);

	return served == DRAWN(word) ? mine : ONLY_DRAWN(word) | served * SERVE | mine;
}

void lock_wait(uint64_t *lock, uint32_t mine)
{
	uint64_t seen = __atomic_load_n(lock, __ATOMIC_RELAXED);
	uint16_t ticket;

	while (!replace(lock, &seen, seen ? seen + DRAW : mine))
		;
	if (seen == 0)
		return;
	ticket = DRAWN(seen);
	do
		while (HOLDER(seen) || SERVED(seen) != ticket)
			seen = arch_lock_wait(lock, seen);
	while (!replace(lock, &seen, served(seen, mine)));
}
