// SPDX-License-Identifier: BSD-2-Clause
/* Doorbells: see doorbell.h. */
#include "doorbell.h"

static bool same(const struct doorbell *a, const struct doorbell *b)
{
	return a->ipa == b->ipa && a->size == b->size && a->match == b->match &&
	       (!a->match || a->data == b->data);
}

static struct doorbell_table *allocate(unsigned int count)
{
	struct doorbell_table *table =
		host_zalloc_large(sizeof(*table) + count * sizeof(table->entry[0]), true);

	if (table)
		table->count = count;
	return table;
}

/* Publishes a table and frees the old one when nobody reads it any more. */
static void publish(struct doorbells *doorbells, struct doorbell_table *table)
{
	struct doorbell_table *old = doorbells->table;

	HOST_WRITE_RELEASE(doorbells->table, table);
	if (!old)
		return;
	host_gate_wait();
	host_free_large(old);
}

/* Index of the first entry with an address of at least ipa. */
static unsigned int lower_bound(const struct doorbell_table *table, uint64_t ipa)
{
	unsigned int low = 0, high = table->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (table->entry[middle].ipa < ipa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct doorbell *find(const struct doorbell_table *table,
				   const struct doorbell *wanted)
{
	unsigned int i;

	if (!table)
		return NULL;
	for (i = lower_bound(table, wanted->ipa);
	     i < table->count && table->entry[i].ipa == wanted->ipa; i++)
		if (same(&table->entry[i], wanted))
			return &table->entry[i];
	return NULL;
}

int doorbell_add(struct doorbells *doorbells, const struct doorbell *doorbell)
{
	const struct doorbell_table *old = doorbells->table;
	unsigned int count = old ? old->count : 0, at = old ? lower_bound(old, doorbell->ipa) : 0;
	struct doorbell_table *table;

	if (find(old, doorbell))
		return -EEXIST;
	if (count == DOORBELL_MAX)
		return -ENOSPC;
	table = allocate(count + 1);
	if (!table)
		return -ENOMEM;
	if (old) {
		memcpy(table->entry, old->entry, at * sizeof(table->entry[0]));
		memcpy(&table->entry[at + 1], &old->entry[at],
		       (count - at) * sizeof(table->entry[0]));
	}
	table->entry[at] = *doorbell;
	publish(doorbells, table);
	return 0;
}

int doorbell_remove(struct doorbells *doorbells, const struct doorbell *doorbell)
{
	const struct doorbell_table *old = doorbells->table;
	const struct doorbell *found = find(old, doorbell);
	struct doorbell_table *table = NULL;
	unsigned int at;
	void *event;

	if (!found || found->event != doorbell->event)
		return -ENOENT;
	at = (unsigned int)(found - old->entry);
	event = found->event;
	if (old->count > 1) {
		table = allocate(old->count - 1);
		if (!table)
			return -ENOMEM;
		memcpy(table->entry, old->entry, at * sizeof(table->entry[0]));
		memcpy(&table->entry[at], &old->entry[at + 1],
		       (table->count - at) * sizeof(table->entry[0]));
	}
	publish(doorbells, table);
	host_event_put(event);
	return 0;
}

static bool has_owner(const struct doorbell_table *table, const void *owner)
{
	unsigned int i;

	for (i = 0; i < table->count; i++)
		if (!owner || table->entry[i].owner == owner)
			return true;
	return false;
}

/* Drops the owner's entries in place: nobody reads the table. */
static void compact(struct doorbell_table *table, const void *owner)
{
	unsigned int i, kept = 0;

	for (i = 0; i < table->count; i++) {
		if (!owner || table->entry[i].owner == owner)
			host_event_put(table->entry[i].event);
		else
			table->entry[kept++] = table->entry[i];
	}
	table->count = kept;
}

/* Works without allocation: readers see no table for a moment, and the guest's writes go to user
 * space. */
void doorbell_remove_owner(struct doorbells *doorbells, const void *owner)
{
	struct doorbell_table *table = doorbells->table;

	if (!table || !has_owner(table, owner))
		return;
	HOST_WRITE_RELEASE(doorbells->table, NULL);
	host_gate_wait();
	compact(table, owner);
	if (table->count)
		HOST_WRITE_RELEASE(doorbells->table, table);
	else
		host_free_large(table);
}

bool doorbell_ring(struct doorbells *doorbells, uint64_t ipa, unsigned int size, uint64_t data)
{
	const struct doorbell_table *table;
	bool rung = false;
	unsigned int i;

	if (!HOST_READ(doorbells->table))
		return false;
	host_gate_enter();
	table = HOST_READ_ACQUIRE(doorbells->table);
	for (i = table ? lower_bound(table, ipa) : 0;
	     table && i < table->count && table->entry[i].ipa == ipa && !rung; i++) {
		const struct doorbell *entry = &table->entry[i];

		rung = entry->size == size && (!entry->match || entry->data == data);
		if (rung)
			host_event_signal(entry->event);
	}
	host_gate_leave();
	return rung;
}
