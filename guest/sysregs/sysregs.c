/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All system registers that MRS and MSR can name: which of them can be read, and what is in them
 * ("list" on the command line); a pattern into all that can be written ("write"). What one machine
 * writes the next one must not read: test/system/test_containment.py. And what identification
 * registers promise is there.
 */
#include "device_tree.h"
#include "property.h"

#define ENCODINGS	0x8000
#define PATTERN		0x5a5a5a5a5a5aull
#define OP0(number)	(2 + ((number) >> 14))
#define OP1(number)	((number) >> 11 & 7)
#define CRN(number)	((number) >> 7 & 15)
#define CRM(number)	((number) >> 3 & 15)
#define OP2(number)	((number) & 7)
#define SCTLR_EL1	0x4080
#define VBAR_EL1	0x4600
#define IS_PSTATE(n)	(OP0(n) == 3 && CRN(n) == 4 && CRM(n) == 2 && OP1(n) != 4)
#define FUNCTION(at, n) ((uint64_t)(at) + 8 * (n))

extern const char read_functions[], write_functions[];

struct feature {
	uint32_t reg, shift, least, pad;
	void (*run)(void *);
	const char *text;
};
extern const struct feature features_begin[], features_end[];

/* The functions keep all but X0 and X1; a fault returns to behind the instruction. */
static bool call(uint64_t function, uint64_t *value)
{
	fault_expect();
	asm volatile("mov x0, %0\n\tblr %1\n\tmov %0, x0"
		     : "+r"(*value)
		     : "r"(function)
		     : "x0", "x1", "x30", "cc", "memory");
	return !fault_end().taken;
}

static uint64_t id_of(uint32_t number)
{
	uint64_t value = 0;

	call(FUNCTION(read_functions, number), &value);
	return value;
}

PROPERTY(what_is_identified_works)
{
	static uint64_t word;

	for (const struct feature *each = features_begin; each != features_end; each++) {
		uint64_t pointer = (uint64_t)&word;
		uint32_t field = id_of(each->reg) >> each->shift & 0xf;

		if (field < each->least || field == 0xf)
			continue;
		if (!call((uint64_t)each->run, &pointer))
			print("# a field of %u promises: %s\n", field, each->text);
		CHECK(!fault_end().taken);
	}
}

/* Those whose value stands still, as "S3_0_c0_c0_0=410fd034". */
PROPERTY(readable_registers_are_listed)
{
	if (!device_tree_argument("list"))
		SKIP("not asked for");
	for (uint32_t n = 0; n < ENCODINGS; n++) {
		uint64_t first = 0, second = 0;

		if (call(FUNCTION(read_functions, n), &first) &&
		    call(FUNCTION(read_functions, n), &second) && first == second)
			print("S%u_%u_c%u_c%u_%u=%lx\n", OP0(n), OP1(n), CRN(n), CRM(n), OP2(n),
			      first);
	}
}

/* Bits 0 of the pattern's halves are 0: timers, breakpoints and interrupts stay off. The MMU is
 * off, as the registers of translation are among them. */
PROPERTY(a_pattern_is_in_all_registers)
{
	uint32_t written = 0;

	if (!device_tree_argument("write"))
		SKIP("not asked for");
	mmu_disable();
	for (uint32_t n = 0; n < ENCODINGS; n++) {
		uint64_t value = PATTERN;

		if (n != SCTLR_EL1 && n != VBAR_EL1 && !IS_PSTATE(n))
			written += call(FUNCTION(write_functions, n), &value);
	}
	mmu_enable();
	print("# %u registers written\n", written);
	CHECK(written > 50);
}
