// SPDX-License-Identifier: BSD-2-Clause
/*
 * Split virtqueues, see virtqueue.h.
 */
#include "bhyve/device/virtqueue.h"

#include <errno.h>
#include <linux/virtio_ring.h>
#include <stddef.h>
#include <string.h>

#include "bhyve/guest_memory.h"

/* A chain while it is read. */
struct walk {
	struct virtqueue_chain *chain;
	unsigned steps; /* descriptors looked at */
	uint64_t bytes;
};

/* The words shared with the driver behind the rings: used_event and avail_event (2.7.7, 2.7.10). */
static uint16_t *used_event(const struct virtqueue *queue)
{
	return (uint16_t *)(void *)((uint8_t *)queue->avail + sizeof(struct vring_avail)) +
	       queue->size;
}

static uint16_t *avail_event(const struct virtqueue *queue)
{
	return (uint16_t *)(void *)((uint8_t *)queue->used + sizeof(struct vring_used) +
				    queue->size * sizeof(struct vring_used_elem));
}

static uint16_t load16(const uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void store16(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* 2.7: the size is a power of two; the parts are aligned to 16, 2 and 4 bytes. */
static bool layout_allowed(const struct virtqueue *queue)
{
	return queue->size > 0 && queue->size <= VIRTQUEUE_SIZE_MAX &&
	       (queue->size & (queue->size - 1)) == 0 &&
	       queue->desc_ipa % VRING_DESC_ALIGN_SIZE == 0 &&
	       queue->avail_ipa % VRING_AVAIL_ALIGN_SIZE == 0 &&
	       queue->used_ipa % VRING_USED_ALIGN_SIZE == 0;
}

int virtqueue_start(struct virtqueue *queue, bool event_idx)
{
	uint64_t event = sizeof(uint16_t);

	if (!layout_allowed(queue))
		return -EINVAL;
	queue->desc = guest_memory(queue->desc_ipa, queue->size * sizeof(struct vring_desc));
	queue->avail = guest_memory(queue->avail_ipa, sizeof(struct vring_avail) + event +
							      queue->size * sizeof(uint16_t));
	queue->used =
		guest_memory(queue->used_ipa, sizeof(struct vring_used) + event +
						      queue->size * sizeof(struct vring_used_elem));
	if (!queue->desc || !queue->avail || !queue->used)
		return -EFAULT;
	queue->event_idx = event_idx;
	queue->next_avail = 0;
	queue->next_used = 0;
	queue->signalled = 0;
	queue->ready = true;
	return 0;
}

void virtqueue_stop(struct virtqueue *queue)
{
	memset(queue, 0, sizeof(*queue));
}

bool virtqueue_has_work(const struct virtqueue *queue)
{
	return queue->ready && load16(&queue->avail->idx) != queue->next_avail;
}

static struct vring_desc read_descriptor(const struct vring_desc *from)
{
	const volatile struct vring_desc *shared = from;

	return (struct vring_desc){
		.addr = shared->addr,
		.len = shared->len,
		.flags = shared->flags,
		.next = shared->next,
	};
}

/* Appends a buffer to the chain. Empty buffers are allowed and say nothing. */
static int add_buffer(struct walk *walk, const struct vring_desc *desc)
{
	struct virtqueue_chain *chain = walk->chain;
	bool writable = desc->flags & VRING_DESC_F_WRITE;
	struct iovec *iov = &chain->iov[chain->readable + chain->writable];

	if (!writable && chain->writable)
		return -EPROTO;
	walk->bytes += desc->len;
	if (walk->bytes > UINT32_MAX)
		return -EPROTO;
	if (desc->len == 0)
		return 0;
	iov->iov_base = guest_memory(desc->addr, desc->len);
	iov->iov_len = desc->len;
	if (!iov->iov_base)
		return -EPROTO;
	if (writable) {
		chain->writable++;
		chain->writable_bytes += desc->len;
	} else {
		chain->readable++;
		chain->readable_bytes += desc->len;
	}
	return 0;
}

/*
 * Follows a chain through a table of descriptors. On return *last is its last descriptor; if that
 * is indirect (2.7.5.3) the chain goes on in the table that it names.
 */
static int walk_table(struct walk *walk, const struct vring_desc *table, uint64_t entries,
		      uint64_t index, struct vring_desc *last)
{
	int error;

	for (;;) {
		if (index >= entries || walk->steps++ >= VIRTQUEUE_SIZE_MAX)
			return -EPROTO;
		*last = read_descriptor(&table[index]);
		if (last->flags & VRING_DESC_F_INDIRECT)
			return last->flags & VRING_DESC_F_NEXT ? -EPROTO : 0;
		error = add_buffer(walk, last);
		if (error || !(last->flags & VRING_DESC_F_NEXT))
			return error;
		index = last->next;
	}
}

static int walk_indirect(struct walk *walk, const struct vring_desc *desc)
{
	const struct vring_desc *table = guest_memory(desc->addr, desc->len);
	struct vring_desc last;
	int error;

	if (!table || desc->len == 0 || desc->len % sizeof(*table) ||
	    desc->addr % VRING_DESC_ALIGN_SIZE)
		return -EPROTO;
	walk->steps--; /* the descriptor of the table is not a buffer */
	error = walk_table(walk, table, desc->len / sizeof(*table), 0, &last);
	if (!error && (last.flags & VRING_DESC_F_INDIRECT))
		return -EPROTO;
	return error;
}

static int read_chain(const struct virtqueue *queue, struct virtqueue_chain *chain)
{
	struct walk walk = { .chain = chain };
	struct vring_desc last;
	int error;

	chain->readable = 0;
	chain->writable = 0;
	chain->readable_bytes = 0;
	chain->writable_bytes = 0;
	error = walk_table(&walk, queue->desc, queue->size, chain->head, &last);
	if (!error && (last.flags & VRING_DESC_F_INDIRECT))
		error = walk_indirect(&walk, &last);
	return error;
}

int virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	uint16_t waiting;
	int error;

	if (!queue->ready)
		return 0;
	waiting = (uint16_t)(load16(&queue->avail->idx) - queue->next_avail);
	if (waiting == 0)
		return 0;
	if (waiting > queue->size)
		return -EPROTO;
	chain->head = load16(&queue->avail->ring[queue->next_avail % queue->size]);
	error = read_chain(queue, chain);
	if (error)
		return error;
	queue->next_avail++;
	return 1;
}

void virtqueue_unpop(struct virtqueue *queue)
{
	queue->next_avail--;
}

void virtqueue_note(struct virtqueue *queue, uint16_t head, uint32_t written)
{
	struct vring_used_elem *element = &queue->used->ring[queue->next_used % queue->size];

	__atomic_store_n(&element->id, head, __ATOMIC_RELAXED);
	__atomic_store_n(&element->len, written, __ATOMIC_RELAXED);
	queue->next_used++;
}

void virtqueue_publish(struct virtqueue *queue)
{
	store16(&queue->used->idx, queue->next_used);
}

void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t written)
{
	virtqueue_note(queue, head, written);
	virtqueue_publish(queue);
}

bool virtqueue_should_interrupt(struct virtqueue *queue)
{
	uint16_t before = queue->signalled;

	if (before == queue->next_used)
		return false;
	queue->signalled = queue->next_used;
	/* used->idx must be visible before the driver's wish is read (2.7.7.2). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (queue->event_idx)
		return vring_need_event(load16(used_event(queue)), queue->next_used, before);
	return !(load16(&queue->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

void virtqueue_disable_notify(struct virtqueue *queue)
{
	if (queue->ready && !queue->event_idx)
		store16(&queue->used->flags, VRING_USED_F_NO_NOTIFY);
}

bool virtqueue_enable_notify(struct virtqueue *queue)
{
	if (!queue->ready)
		return false;
	if (queue->event_idx)
		store16(avail_event(queue), queue->next_avail);
	else
		store16(&queue->used->flags, 0);
	/* The wish must be visible before avail->idx is read again (2.7.10.1). */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return virtqueue_has_work(queue);
}
