/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System registers, barriers and memory-mapped accesses of the guest's CPU (Arm ARM, DDI 0487).
 */
#ifndef GUEST_ARCH_H
#define GUEST_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name is a register that the assembler knows, or s3_0_c1_c2_3. */
#define read_sysreg(name)                                                \
	({                                                               \
		uint64_t value_;                                         \
		asm volatile("mrs %0, " #name : "=r"(value_)::"memory"); \
		value_;                                                  \
	})
#define write_sysreg(name, value)                                             \
	do {                                                                  \
		uint64_t written_ = (uint64_t)(value);                        \
		asm volatile("msr " #name ", %0" ::"r"(written_) : "memory"); \
	} while (0)

static inline void isb(void)
{
	asm volatile("isb" ::: "memory");
}

static inline void dsb(void)
{
	asm volatile("dsb sy" ::: "memory");
}

static inline void wfi(void)
{
	asm volatile("dsb sy; wfi" ::: "memory");
}

static inline void irq_unmask(void)
{
	asm volatile("msr daifclr, #2" ::: "memory");
}

static inline void irq_mask(void)
{
	asm volatile("msr daifset, #2" ::: "memory");
}

/* Cleans and invalidates the data cache lines of a range to the point of coherency. */
void cache_clean(const void *start, size_t size);
/* After code was written: cleans it to the point of unification, invalidates the instruction cache.
 */
void code_written(const void *start, size_t size);

static inline uint8_t read8(uint64_t address)
{
	uint32_t value;

	asm volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint8_t)value;
}

static inline uint16_t read16(uint64_t address)
{
	uint32_t value;

	asm volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return (uint16_t)value;
}

static inline uint32_t read32(uint64_t address)
{
	uint32_t value;

	asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline uint64_t read64(uint64_t address)
{
	uint64_t value;

	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void write8(uint64_t address, uint8_t value)
{
	asm volatile("strb %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

static inline void write16(uint64_t address, uint16_t value)
{
	asm volatile("strh %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

static inline void write32(uint64_t address, uint32_t value)
{
	asm volatile("str %w0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

static inline void write64(uint64_t address, uint64_t value)
{
	asm volatile("str %x0, [%1]" ::"rZ"(value), "r"(address) : "memory");
}

/* The generic timer's counter, in ticks of counter_frequency(). */
static inline uint64_t counter(void)
{
	isb();
	return read_sysreg(cntvct_el0);
}

static inline uint64_t counter_frequency(void)
{
	return read_sysreg(cntfrq_el0);
}

static inline uint64_t ticks_of_us(uint64_t us)
{
	return us * counter_frequency() / 1000000;
}

/* Waits until the condition holds; false if it does not within that many milliseconds. */
#define WAIT(condition, ms)                                                          \
	({                                                                           \
		uint64_t deadline_ = counter() + ticks_of_us(UINT64_C(1000) * (ms)); \
		bool held_;                                                          \
		while (!(held_ = (condition)) && counter() < deadline_)              \
			asm volatile("yield" ::: "memory");                          \
		held_ || (condition);                                                \
	})

/* Long enough for anything that happens at all, on a host that has other work. */
#define PATIENCE_MS 10000

#endif
