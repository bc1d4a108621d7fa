// SPDX-License-Identifier: BSD-2-Clause
/*
 * Eventfds bound to a virtual machine: irqfd (an event pulses an interrupt line) and ioeventfd (a
 * guest's write signals an event). A binding belongs to the open file that made it.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "device.h"

struct irqfd {
	struct list_head link;
	struct vm *vm; /* the file's */
	uint32_t intid;
	struct eventfd_ctx *event;
	wait_queue_entry_t wait;
	poll_table table;
	struct work_struct work; /* for when this CPU's EL2 is not ours */
};

void host_event_signal(void *event)
{
	compat_eventfd_signal(event);
}

void host_event_put(void *event)
{
	eventfd_ctx_put(event);
}

static void pulse_work(struct work_struct *work)
{
	struct irqfd *irqfd = container_of(work, struct irqfd, work);
	struct vmm_irq_line line = { .intid = irqfd->intid, .level = 1 };

	vm_irq_line(irqfd->vm, &line);
	line.level = 0;
	vm_irq_line(irqfd->vm, &line);
}

/* Any context. */
static void pulse(struct irqfd *irqfd)
{
	struct vmm_irq_line line = { .intid = irqfd->intid, .level = 1 };
	int error = vm_irq_line_atomic(irqfd->vm, &line);

	line.level = 0;
	if (!error)
		error = vm_irq_line_atomic(irqfd->vm, &line);
	if (error == -EAGAIN)
		schedule_work(&irqfd->work);
}

/* The event was signalled: called with its queue's lock held and interrupts masked. */
static int irqfd_woken(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct irqfd *irqfd = container_of(wait, struct irqfd, wait);
	u64 count;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	eventfd_ctx_do_read(irqfd->event, &count);
	pulse(irqfd);
	return 0;
}

static void irqfd_queue(struct file *file, wait_queue_head_t *queue, poll_table *table)
{
	struct irqfd *irqfd = container_of(table, struct irqfd, table);

	add_wait_queue_priority(queue, &irqfd->wait);
}

static void irqfd_free(struct irqfd *irqfd)
{
	u64 count;

	eventfd_ctx_remove_wait_queue(irqfd->event, &irqfd->wait, &count);
	flush_work(&irqfd->work);
	vm_unbind_irq_event(irqfd->vm, irqfd->event);
	eventfd_ctx_put(irqfd->event);
	kfree(irqfd);
}

static struct irqfd *irqfd_find(struct vmm_file *file, const struct eventfd_ctx *event,
				uint32_t intid)
{
	struct irqfd *irqfd;

	list_for_each_entry(irqfd, &file->irqfds,
			    link) if (irqfd->event == event && irqfd->intid == intid) return irqfd;
	return NULL;
}

/* Takes over the reference to "event" on success. */
static int irqfd_attach(struct vmm_file *file, struct file *event_file, struct eventfd_ctx *event,
			uint32_t intid)
{
	struct irqfd *irqfd;
	int error = vm_bind_irq_event(file->vm, event);

	if (error)
		return error;
	irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);
	if (!irqfd) {
		vm_unbind_irq_event(file->vm, event);
		return -ENOMEM;
	}
	irqfd->vm = file->vm;
	irqfd->intid = intid;
	irqfd->event = event;
	INIT_WORK(&irqfd->work, pulse_work);
	init_waitqueue_func_entry(&irqfd->wait, irqfd_woken);
	init_poll_funcptr(&irqfd->table, irqfd_queue);
	list_add(&irqfd->link, &file->irqfds);
	if (vfs_poll(event_file, &irqfd->table) & EPOLLIN)
		pulse(irqfd); /* signalled before it was bound */
	return 0;
}

static int irqfd_detach(struct vmm_file *file, struct eventfd_ctx *event, uint32_t intid)
{
	struct irqfd *irqfd = irqfd_find(file, event, intid);

	if (!irqfd)
		return -ENOENT;
	list_del(&irqfd->link);
	irqfd_free(irqfd);
	return 0;
}

static int irqfd_change(struct vmm_file *file, struct file *event_file,
			const struct vmm_irqfd *request)
{
	struct eventfd_ctx *event = eventfd_ctx_fileget(event_file);
	bool detach = request->flags & VMM_EVENTFD_DEASSIGN;
	int error;

	if (IS_ERR(event))
		return PTR_ERR(event);
	mutex_lock(&file->lock);
	error = detach ? irqfd_detach(file, event, request->intid)
		       : irqfd_attach(file, event_file, event, request->intid);
	mutex_unlock(&file->lock);
	if (detach || error)
		eventfd_ctx_put(event);
	return error;
}

int irqfd_ioctl(struct vmm_file *file, const struct vmm_irqfd *request)
{
	struct file *event_file;
	int error;

	if (request->pad || (request->flags & ~VMM_EVENTFD_DEASSIGN) ||
	    request->intid < VMM_SPI_FIRST || request->intid > VMM_SPI_LAST)
		return -EINVAL;
	event_file = fget(request->fd);
	if (!event_file)
		return -EBADF;
	error = irqfd_change(file, event_file, request);
	fput(event_file);
	return error;
}

void irqfd_release(struct vmm_file *file)
{
	struct irqfd *irqfd, *next;

	list_for_each_entry_safe(irqfd, next, &file->irqfds, link) irqfd_free(irqfd);
	INIT_LIST_HEAD(&file->irqfds);
}

static int ioeventfd_check(const struct vmm_ioeventfd *request)
{
	if (request->pad || (request->flags & ~(VMM_EVENTFD_DEASSIGN | VMM_EVENTFD_DATAMATCH)))
		return -EINVAL;
	if (request->len != 1 && request->len != 2 && request->len != 4 && request->len != 8)
		return -EINVAL;
	if (request->len < 8 && (request->flags & VMM_EVENTFD_DATAMATCH) &&
	    request->data >> (8 * request->len))
		return -EINVAL;
	return request->ipa + request->len < request->ipa ? -EINVAL : 0;
}

int ioeventfd_ioctl(struct vmm_file *file, const struct vmm_ioeventfd *request)
{
	struct doorbell doorbell = {
		.ipa = request->ipa,
		.data = request->data,
		.size = request->len,
		.match = request->flags & VMM_EVENTFD_DATAMATCH,
		.owner = file,
	};
	struct eventfd_ctx *event;
	int error = ioeventfd_check(request);

	if (error)
		return error;
	event = eventfd_ctx_fdget(request->fd);
	if (IS_ERR(event))
		return PTR_ERR(event);
	doorbell.event = event;
	if (!(request->flags & VMM_EVENTFD_DEASSIGN)) {
		error = vm_add_doorbell(file->vm, &doorbell);
		if (error)
			eventfd_ctx_put(event);
		return error;
	}
	error = vm_remove_doorbell(file->vm, &doorbell);
	eventfd_ctx_put(event);
	return error;
}
