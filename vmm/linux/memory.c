// SPDX-License-Identifier: BSD-2-Clause
/*
 * mmap of /dev/vmm/NAME: guest memory at its IPA, and the page shared with each vCPU. Guest pages
 * are ordinary pages with a reference each, so that O_DIRECT and io_uring may pin them, and they
 * outlive the VM while they are pinned.
 */
#include <linux/mm.h>

#include "compat.h"
#include "device.h"
#include "vcpu.h"

/* A fault maps up to the end of the 128 KiB around it: one fault costs as much as mapping several
 * pages. */
#define FAULT_AROUND_PAGES 32

/*
 * Pages of a writable mapping are mapped dirty: without hardware management of the dirty state
 * (ARMv8.0) a clean page that is mapped around a fault would take a fault of its own on its first
 * write. The area's own protection is not for a fault to change, so vm_insert_pages gets a copy of
 * the area.
 */
static int insert_dirty(const struct vm_area_struct *area, unsigned long address,
			struct page **pages, unsigned long *count)
{
	struct vm_area_struct copy = *area;

	if (area->vm_flags & VM_WRITE)
		copy.vm_page_prot =
			__pgprot((pgprot_val(area->vm_page_prot) & ~PTE_RDONLY) | PTE_DIRTY);
	return vm_insert_pages(&copy, address, pages, count);
}

/* Only what is present anyway is mapped around; the first page is what matters. */
static vm_fault_t insert_pages(struct vm_area_struct *area, unsigned long address, pa_t pa,
			       unsigned int count)
{
	struct page *pages[FAULT_AROUND_PAGES];
	unsigned long left = count;
	unsigned int i;
	int error;

	for (i = 0; i < count; i++)
		pages[i] = pfn_to_page((pa.value >> PAGE_SHIFT) + i);
	error = insert_dirty(area, address, pages, &left);
	if (error == -ENOMEM && left == count)
		return VM_FAULT_OOM;
	/* -EBUSY: another thread mapped one of them first. */
	return error && error != -EBUSY && left == count ? VM_FAULT_SIGBUS : VM_FAULT_NOPAGE;
}

static vm_fault_t memory_vm_fault(struct vm_fault *fault)
{
	struct vm_area_struct *area = fault->vma;
	struct vmm_file *file = area->vm_file->private_data;
	unsigned long address = fault->address & PAGE_MASK;
	unsigned long room = (area->vm_end - address) >> PAGE_SHIFT;
	unsigned int count = FAULT_AROUND_PAGES - (fault->pgoff % FAULT_AROUND_PAGES);
	pa_t pa;
	int error;

	if (count > room)
		count = room;
	error = memory_page(&file->vm->memory, (uint64_t)fault->pgoff << PAGE_SHIFT, &pa, &count);
	if (error)
		return error == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	return insert_pages(area, address, pa, count);
}

static const struct vm_operations_struct memory_vm_operations = {
	.fault = memory_vm_fault,
};

static vm_fault_t vcpu_vm_fault(struct vm_fault *fault)
{
	struct vmm_file *file = fault->vma->vm_file->private_data;
	uint64_t offset = (uint64_t)fault->pgoff << PAGE_SHIFT;
	const struct vcpu *vcpu = vm_vcpu(file->vm, (offset - VMM_MMAP_VCPU(0)) >> PAGE_SHIFT);

	if (!vcpu)
		return VM_FAULT_SIGBUS;
	fault->page = virt_to_page(vcpu->run);
	get_page(fault->page);
	return 0;
}

static const struct vm_operations_struct vcpu_vm_operations = {
	.fault = vcpu_vm_fault,
};

/* A mapping of guest memory lies in one segment. */
static int check_memory(const struct vm *vm, uint64_t ipa, uint64_t size)
{
	const struct memory_segment *segment = memory_find(&vm->memory, ipa);

	if (!segment || size > segment->size - (ipa - segment->ipa))
		return -ENXIO;
	return 0;
}

static int check_vcpu(const struct vm *vm, uint64_t offset, uint64_t size)
{
	if (size != PAGE_SIZE || !vm_vcpu(vm, (offset - VMM_MMAP_VCPU(0)) >> PAGE_SHIFT))
		return -ENXIO;
	return 0;
}

int vmm_mmap(struct file *file, struct vm_area_struct *area)
{
	const struct vm *vm = ((struct vmm_file *)file->private_data)->vm;
	uint64_t offset = (uint64_t)area->vm_pgoff << PAGE_SHIFT;
	uint64_t size = area->vm_end - area->vm_start;
	bool vcpu = offset >= VMM_MMAP_VCPU(0);
	int error;

	if (READ_ONCE(vm->gone))
		return -ENODEV;
	if (!(area->vm_flags & VM_SHARED))
		return -EINVAL;
	error = vcpu ? check_vcpu(vm, offset, size) : check_memory(vm, offset, size);
	if (error)
		return error;
	vm_flags_set(area, VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP);
	area->vm_ops = vcpu ? &vcpu_vm_operations : &memory_vm_operations;
	return 0;
}
