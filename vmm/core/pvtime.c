// SPDX-License-Identifier: BSD-2-Clause
/* Stolen time: see pvtime.h. */
#include "pvtime.h"
#include "stage2.h"

int pvtime_make(struct vm *vm)
{
	vm->pvtime = host_alloc_pages(0, true);
	if (!vm->pvtime)
		return -ENOMEM;
	/* a guest may read it past the caches */
	host_clean_dcache(vm->pvtime, VMM_PAGE_SIZE);
	if (host_counts_run_delay())
		vm->hyp->pvtime = VM_PVTIME_BASE;
	return 0;
}

void pvtime_free(struct vm *vm)
{
	if (vm->pvtime)
		host_free_pages(vm->pvtime, 0);
}

int pvtime_map(struct vm *vm)
{
	ipa_t page = ipa_from(VM_PVTIME_BASE);
	int error = 0;
	pa_t pa;

	host_mutex_lock(&vm->memory.lock);
	if (!stage2_lookup(vm->stage2, page, &pa, NULL)) /* another vCPU looked at it, too */
		error = stage2_map_page(vm->stage2, page, host_pa(vm->pvtime), STAGE2_READ);
	host_mutex_unlock(&vm->memory.lock);
	return error;
}

void pvtime_reset(struct vcpu *vcpu)
{
	HOST_WRITE(vcpu->vm->pvtime[vcpu->index].stolen_ns, 0);
}

void pvtime_adopt(struct vcpu *vcpu)
{
	vcpu->run_delay_ns = host_run_delay_ns();
}

/* The guest reads all 64 bits at once (DEN 0057, 3.2.2). */
void pvtime_add(struct vcpu *vcpu)
{
	uint64_t *stolen = &vcpu->vm->pvtime[vcpu->index].stolen_ns;
	uint64_t now = host_run_delay_ns();

	HOST_WRITE(*stolen, *stolen + (now - vcpu->run_delay_ns));
	vcpu->run_delay_ns = now;
}
