// SPDX-License-Identifier: BSD-2-Clause
/* What a fault at EL2 left behind, for the log. */
#include "el2.h"
#include "el2_registers.h"
#include "host.h"

#define HEX(value) ((unsigned long long)(value))

static const char *vector_name(uint64_t vector)
{
	static const char *const names[] = { "synchronous exception", "IRQ", "FIQ", "SError" };

	return vector < sizeof(names) / sizeof(names[0]) ? names[vector] : "unknown exception";
}

static const char *class_name(uint64_t esr)
{
	switch (ESR_EC(esr)) {
	case 0x00:
		return "unknown reason";
	case 0x0e:
		return "illegal execution state";
	case 0x21:
		return "instruction abort";
	case 0x22:
		return "PC alignment fault";
	case 0x25:
		return "data abort";
	case 0x26:
		return "SP alignment fault";
	case 0x2f:
		return "SError";
	case 0x3c:
		return "BRK instruction";
	default:
		return "exception class as ESR says";
	}
}

bool el2_crash_report(unsigned int cpu, const char *step)
{
	struct hyp_cpu *block = el2_cpu_block(cpu);
	struct hyp_crash *crash;

	if (!block || !HOST_READ_ACQUIRE(block->crash.valid))
		return false;
	crash = &block->crash;
	host_log(HOST_LOG_ERROR, "fault at EL2 on CPU %u while %s: %s, %s", cpu, step,
		 vector_name(crash->vector), class_name(crash->esr));
	host_log(HOST_LOG_ERROR, "  esr %016llx far %016llx hpfar %016llx spsr %016llx",
		 HEX(crash->esr), HEX(crash->far), HEX(crash->hpfar), HEX(crash->spsr));
	host_log(HOST_LOG_ERROR, "  elr %016llx (%s 0x%llx) lr %016llx sp %016llx (block + 0x%llx)",
		 HEX(crash->elr), el2_is_hosts ? "hyp_vhe_call +" : "image +",
		 HEX(crash->elr - el2_code()), HEX(crash->lr), HEX(crash->sp),
		 HEX(crash->sp - el2_address(host_pa(block))));
	for (unsigned int i = 0; i < 8; i += 4)
		host_log(HOST_LOG_ERROR, "  x%u %016llx %016llx %016llx %016llx", i,
			 HEX(crash->x[i]), HEX(crash->x[i + 1]), HEX(crash->x[i + 2]),
			 HEX(crash->x[i + 3]));
	HOST_WRITE_RELEASE(crash->valid, 0);
	return true;
}
