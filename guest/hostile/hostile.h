/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that misbehave. An attack is a property that does for a while what no sane guest does,
 * with random values: its only promise is that this guest is still there afterwards. What must hold
 * is outside of it: the host and the other virtual machines take no notice
 * (test/system/test_hostile.py).
 *
 * The kernel command line says what to do: "attack=NAME", which may stand there more than once,
 * leaves out all others, "seed=N" repeats a run (the seed is printed), "seconds=N" is for how long
 * each attack goes on (0: for ever).
 */
#ifndef GUEST_HOSTILE_H
#define GUEST_HOSTILE_H

#include "property.h"

/* A random number; each CPU has its own sequence. */
uint64_t any(void);
/* Below the limit. */
static inline uint64_t below(uint64_t limit)
{
	return any() % limit;
}
static inline bool once_in(unsigned int n)
{
	return below(n) == 0;
}
/* A value as registers are best upset with: random bits, few bits, all bits, small, an address. */
uint64_t any_value(void);

/*
 * Guest physical addresses: RAM, holes, devices, the interrupt controller, the ends of all of them;
 * never this image and its data, so that the guest does not only attack itself.
 */
uint64_t somewhere(void);
/* RAM that is there to be destroyed, and its size. */
uint64_t arena(void);
uint64_t arena_size(void);
/* As the device tree had it at the start: an attack may have overwritten the tree. */
bool in_ram(uint64_t address);
/* The same address, or one in the arena if "size" bytes there might be the image's. */
uint64_t not_here(uint64_t address, uint64_t size);

/* Runs a round again and again on this CPU until the attack's time is over. */
#define ATTACK(round)                    \
	do {                             \
		while (attack_goes_on()) \
			round();         \
	} while (0)
/* Begins an attack, "attack=NAME": sets its seed and its end. False: another one was asked for. */
bool attack_begin(const char *words);
bool attack_goes_on(void);
/* As on_plain_qemu(), which reads the device tree: an attack before this one may have destroyed it.
 */
bool attack_on_plain_qemu(void);
/* Runs the function on all CPUs at once. */
bool attack_on_all_cpus(void (*function)(void *));
/* After it: a console, no interrupts, timers off. */
void attack_end(void);

/* A property that is one attack; each CPU runs "round" until the time is over. */
#define ATTACK_PROPERTY(sentence, name, round)                \
	static void round##_loop(void *unused)                \
	{                                                     \
		(void)unused;                                 \
		ATTACK(round);                                \
	}                                                     \
	PROPERTY(sentence)                                    \
	{                                                     \
		if (!attack_begin("attack=" name))            \
			SKIP("another attack was asked for"); \
		CHECK(attack_on_all_cpus(round##_loop));      \
		attack_end();                                 \
	}

/* forms.S: loads and stores in every form, by number; data is what is stored. */
extern const unsigned int access_forms;
void access_form(unsigned int form, uint64_t address, uint64_t data);
void access_in_any_form(uint64_t address, uint64_t data);

/*
 * forms.S: runs the instruction at "code" (which a return follows) with X0 = value, and puts back
 * at once what the next instructions need: SP, SCTLR_EL1, TCR_EL1, TTBR0_EL1, MAIR_EL1, VBAR_EL1,
 * CPACR_EL1, DAIF, MDSCR_EL1.
 */
uint64_t run_code(uint64_t value, const uint32_t *code);

/*
 * What the emulator does not bear (QEMU 7.2), and EL2 cannot keep a guest from, as there is no trap
 * for it alone. These values are left out, lest every run end there; no real CPU has a weakness in
 * these places.
 *
 * gt_recalc_timer() adds CNTVOFF_EL2 to the CNTV_CVAL_EL0 of an enabled timer without a look at the
 * carry, and takes the sum for a deadline that is long over, again and again: QEMU's main loop does
 * nothing else any more. The values that carry are those of the last ticks of the counter's range;
 * CNTV_TVAL_EL0, which is signed, reaches them from below 0.
 */
static inline uint64_t bearable_compare_value(uint64_t value)
{
	return value >= UINT64_MAX << 56 ? value >> 8 : value;
}

/*
 * icv_bpr_write() compares all of the value with the least that ICC_BPRn_EL1 takes, and keeps three
 * bits of it: 8 is taken for 0, which ends QEMU with an assertion (icv_gprio_mask).
 */
static inline uint64_t bearable_binary_point(uint64_t value)
{
	return value & 7;
}

#endif
