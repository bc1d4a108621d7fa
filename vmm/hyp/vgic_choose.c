// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which interrupts a vCPU's list registers are to hold, when there may be more of them than list
 * registers: the best by priority (IHI 0069, 4.8).
 *
 * Locks as in vgic.c.
 */
#include "vgic.h"

static void choice_dropped(struct vgic_choice *choice, uint32_t key)
{
	if (!(key & VGIC_KEY_PENDING))
		choice->active_overflow = true;
	else if (key < choice->waiting)
		choice->waiting = key;
}

static void choice_add(struct vgic_choice *choice, uint32_t key)
{
	unsigned int i = choice->count;

	if (i == choice->limit) {
		if (key > choice->key[--i]) {
			choice_dropped(choice, key);
			return;
		}
		choice_dropped(choice, choice->key[i]);
	} else {
		choice->count++;
	}
	for (; i > 0 && choice->key[i - 1] > key; i--)
		choice->key[i] = choice->key[i - 1];
	choice->key[i] = key;
}

/* One that waits gets the room of an active one if nothing chosen is pending: the guest can end an
 * active interrupt without its list register but not acknowledge one, and NPIE would be raised for
 * ever. */
static void choice_keep_pending(struct vgic_choice *choice)
{
	if (choice->waiting == VGIC_KEY_NONE)
		return;
	for (unsigned int i = 0; i < choice->count; i++)
		if (choice->key[i] & VGIC_KEY_PENDING)
			return;
	choice->key[choice->count - 1] = choice->waiting;
	choice->active_overflow = true;
}

static void choice_add_bits(struct vgic_choice *choice, const struct vgic_bank *bank, uint32_t bits,
			    unsigned int first)
{
	for (; bits; bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);
		uint32_t active = (bank->active >> n) & 1;
		uint32_t priority = active ? bank->active_priority[n] : bank->priority[n];

		choice_add(choice, priority << 16 | (active ? 0 : VGIC_KEY_PENDING) | (first + n));
	}
}

/* Of an SPI bank, what this vCPU may take. */
uint32_t vgic_spis_for(const struct hyp_vm *vm, unsigned int bank, const struct hyp_vcpu *vcpu)
{
	const struct vgic_bank *b = &vm->bank[bank];
	uint32_t mine = 0;

	for (uint32_t bits = (vgic_deliverable(vm, b) | b->active) & ~b->inflight; bits;
	     bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);
		unsigned int spi = bank * 32 + n;
		uint32_t bit = 1u << n;

		if (b->active & bit)
			mine |= vm->owner[spi] == vcpu->index ? bit : 0;
		else if ((b->irm & bit) || vm->router[spi] == vcpu->index)
			mine |= bit;
	}
	return mine;
}

/* With the locks; SPIs, too, if "spis". */
void vgic_choose(struct vgic_choice *choice, struct hyp_vcpu *vcpu, bool spis)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);

	choice_add_bits(
		choice, &vcpu->bank,
		(vgic_deliverable(vm, &vcpu->bank) | vcpu->bank.active) & ~vcpu->bank.inflight, 0);
	for (uint32_t banks = spis ? vm->spi_summary : 0; banks; banks &= banks - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(banks);

		choice_add_bits(choice, &vm->bank[i], vgic_spis_for(vm, i, vcpu), 32 * (i + 1));
	}
	choice_keep_pending(choice);
}
