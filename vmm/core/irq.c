// SPDX-License-Identifier: BSD-2-Clause
/* Interrupt lines of a virtual machine, driven from the host: VMM_IRQ_LINE and irqfd. */
#include "el2.h"
#include "vcpu.h"

#define PPI_FIRST 16
#define PPI_LAST  31

int vm_irq_check(struct vm *vm, const struct vmm_irq_line *line)
{
	if (line->level > 1)
		return -EINVAL;
	if (line->intid >= VMM_SPI_FIRST && line->intid <= VMM_SPI_LAST)
		return line->vcpu == 0 ? 0 : -EINVAL;
	if (line->intid < PPI_FIRST || line->intid > PPI_LAST || line->vcpu >= VMM_MAX_VCPUS)
		return -EINVAL;
	return vm_vcpu(vm, line->vcpu) ? 0 : -ENOENT;
}

/* A line that is set while the VM is being reset counts as set before, and one of a crashed VM has
 * no effect. */
static int unusable(const struct vm *vm)
{
	return HOST_READ(vm->gone) ? -ENODEV : 0;
}

int vm_irq_line_atomic(struct vm *vm, const struct vmm_irq_line *line)
{
	uint64_t wake = 0;
	int error;

	host_gate_enter();
	if (HOST_READ(vm->detached))
		error = unusable(vm);
	else
		error = el2_call_here(HYP_CALL_IRQ, el2_address(vm->hyp_pa), line->intid,
				      line->level, line->vcpu, &wake);
	host_gate_leave();
	if (error == -EIO)
		vm_crash(vm);
	if (wake)
		vm_wake(vm, wake);
	return error;
}

/* The CPU's EL2 is not ours at the moment: lets another do it. vm.lock keeps the VM attached. */
static int irq_line_elsewhere(struct vm *vm, const struct vmm_irq_line *line)
{
	uint64_t wake = 0;
	int error;

	host_mutex_lock(&vm->lock);
	if (HOST_READ(vm->detached))
		error = unusable(vm);
	else
		error = el2_call(HYP_CALL_IRQ, el2_address(vm->hyp_pa), line->intid, line->level,
				 line->vcpu, &wake);
	host_mutex_unlock(&vm->lock);
	vm_wake(vm, wake);
	return error;
}

int vm_irq_line(struct vm *vm, const struct vmm_irq_line *line)
{
	int error = vm_irq_check(vm, line);

	if (error)
		return error;
	error = vm_irq_line_atomic(vm, line);
	return error == -EAGAIN ? irq_line_elsewhere(vm, line) : error;
}

/* With vm.lock. */
static int add_irq_event(struct vm *vm, const void *event)
{
	unsigned int i;

	if (!vm->irq_events)
		vm->irq_events = host_zalloc(VM_IRQ_EVENTS * sizeof(*vm->irq_events));
	if (!vm->irq_events)
		return -ENOMEM;
	for (i = 0; i < vm->irq_event_count; i++)
		if (vm->irq_events[i] == event)
			return -EEXIST;
	if (vm->irq_event_count == VM_IRQ_EVENTS)
		return -ENOSPC;
	vm->irq_events[vm->irq_event_count++] = event;
	return 0;
}

int vm_bind_irq_event(struct vm *vm, const void *event)
{
	int error = -ENODEV;

	host_mutex_lock(&vm->lock);
	if (!vm->gone)
		error = add_irq_event(vm, event);
	host_mutex_unlock(&vm->lock);
	return error;
}

void vm_unbind_irq_event(struct vm *vm, const void *event)
{
	unsigned int i;

	host_mutex_lock(&vm->lock);
	for (i = 0; i < vm->irq_event_count; i++) {
		if (vm->irq_events[i] != event)
			continue;
		vm->irq_events[i] = vm->irq_events[--vm->irq_event_count];
		break;
	}
	host_mutex_unlock(&vm->lock);
}
