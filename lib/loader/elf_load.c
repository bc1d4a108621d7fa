// SPDX-License-Identifier: BSD-2-Clause
/* Loads ELF kernels: bare-metal programs, and FreeBSD with its environment and metadata. */
#include "lib/loader/elf_load.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/loader/bytes.h"
#include "lib/loader/devicetree.h"
#include "lib/loader/elf.h"
#include "lib/loader/freebsd.h"
#include "lib/loader/kernel.h"
#include "lib/loader/load.h"
#include "lib/vmmapi/vmmapi.h"

#define FREEBSD_PAGE  0x1000ULL
/* FreeBSD maps itself with blocks, and wants to be loaded at the start of one. */
#define FREEBSD_BLOCK 0x200000ULL
/* It has one table of blocks when it starts, which must reach the metadata, and 4 MiB for its first
 * page tables behind. */
#define FREEBSD_REACH (1020ULL << 20)
/* Section headers that are looked at for symbols: more than any kernel has. */
#define SECTIONS_MAX  1024

/* A FreeBSD kernel on its way. Offsets are from the start of memory, and of its virtual addresses.
 */
struct freebsd {
	struct stream *stream;
	struct record *record;
	uint8_t *ram;
	uint64_t base; /* virtual address that goes to the start of memory */
	uint64_t end;  /* first free offset */
	struct freebsd_metadata metadata;
};

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

/* Loads a segment to an offset in ram where it fits. */
static int load_segment(struct stream *stream, const struct elf_segment *segment, uint8_t *place)
{
	int error = stream_read_at(stream, segment->offset, place, segment->file_size);

	if (error)
		return error;
	/* memory is not fresh when a guest is loaded again */
	memset(place + segment->file_size, 0, segment->memory_size - segment->file_size);
	vm_sync_memory(place, segment->memory_size);
	return 0;
}

/* The physical address of the entry point of a bare-metal program; 0 if it is in none of its
 * segments. */
static uint64_t bare_entry(const struct elf *elf)
{
	for (unsigned i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];

		if (elf->entry - segment->vaddr < segment->memory_size)
			return segment->paddr + (elf->entry - segment->vaddr);
	}
	return 0;
}

static int outside_memory(struct stream *stream, uint64_t address, const struct record *record)
{
	snprintf(stream->err, stream->errlen,
		 "%s: an ELF file with a segment at 0x%llx, which is not in the virtual machine's "
		 "memory "
		 "(0x%llx to 0x%llx): link it there, give more memory with -m, or, for Linux, give "
		 "Image "
		 "in place of vmlinux",
		 stream->path, (unsigned long long)address, LOADER_RAM_BASE,
		 (unsigned long long)(LOADER_RAM_BASE + record->memory_size - 1));
	return -ENOSPC;
}

static int load_bare(struct stream *stream, const struct elf *elf, struct record *record,
		     uint8_t *ram)
{
	uint64_t begin = UINT64_MAX, end = 0;

	for (unsigned i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		uint64_t offset = segment->paddr - LOADER_RAM_BASE;
		int error;

		if (offset > record->memory_size ||
		    segment->memory_size > record->memory_size - offset)
			return outside_memory(stream, segment->paddr, record);
		error = load_segment(stream, segment, ram + offset);
		if (error)
			return error;
		if (segment->paddr < begin)
			begin = segment->paddr;
		if (segment->paddr + segment->memory_size > end)
			end = segment->paddr + segment->memory_size;
	}
	record->entry = bare_entry(elf);
	record->kernel_ipa = begin;
	record->kernel_size = end - begin;
	record->bare = 1;
	if (record->entry)
		return 0;
	snprintf(stream->err, stream->errlen,
		 "%s: an ELF file whose entry point, 0x%llx, is in none of its segments; link it "
		 "again",
		 stream->path, (unsigned long long)elf->entry);
	return -ENOEXEC;
}

/* Takes size bytes at the next multiple of alignment. Their offset, or 0 if there is no room. */
static uint64_t take(struct freebsd *kernel, uint64_t size, uint64_t alignment)
{
	uint64_t offset = align_up(kernel->end, alignment);

	if (offset > kernel->record->memory_size || size > kernel->record->memory_size - offset)
		return 0;
	kernel->end = offset + size;
	return offset;
}

static int no_room(const struct freebsd *kernel)
{
	return kernel_too_large(kernel->stream,
				kernel->end + kernel->record->initrd_size + 2 * LOADER_DTB_ROOM,
				kernel->record->memory_size);
}

static int out_of_reach(const struct freebsd *kernel, uint64_t end)
{
	const struct record *record = kernel->record;

	snprintf(kernel->stream->err, kernel->stream->errlen,
		 "%s: kernel and memory disk have %llu MiB, and FreeBSD reaches %llu MiB when it "
		 "starts; give it as a virtio-blk disk",
		 record->initrd[0] ? record->initrd : record->kernel,
		 (unsigned long long)(end >> 20), FREEBSD_REACH >> 20);
	return -ENOSPC;
}

static int load_freebsd_segments(struct freebsd *kernel, const struct elf *elf)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].vaddr < first)
			first = elf->segments[i].vaddr;
	kernel->base = first & ~(FREEBSD_BLOCK - 1);
	kernel->metadata.address = first;
	for (unsigned i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		uint64_t offset = segment->vaddr - kernel->base;
		int error;

		if (offset > kernel->record->memory_size ||
		    segment->memory_size > kernel->record->memory_size - offset)
			return kernel_too_large(kernel->stream, offset + segment->memory_size,
						kernel->record->memory_size);
		error = load_segment(kernel->stream, segment, kernel->ram + offset);
		if (error)
			return error;
		if (offset + segment->memory_size > kernel->end)
			kernel->end = offset + segment->memory_size;
	}
	return 0;
}

/* Appends the size of a section, as 8 bytes, and the section. */
static int load_section(struct freebsd *kernel, const Elf64_Shdr *section)
{
	uint64_t size = take(kernel, 8, 8), place = size ? take(kernel, section->sh_size, 8) : 0;
	int error;

	if (!place)
		return no_room(kernel);
	put_le64(kernel->ram + size, section->sh_size);
	error = stream_read_at(kernel->stream, section->sh_offset, kernel->ram + place,
			       section->sh_size);
	vm_sync_memory(kernel->ram + size, 8 + section->sh_size);
	return error;
}

/* Loads the symbol table, and the strings that it links to, behind the kernel. */
static int load_symbols(struct freebsd *kernel, const Elf64_Shdr *sections, unsigned count)
{
	const Elf64_Shdr *symbols = NULL;
	uint64_t begin;
	int error;

	for (unsigned i = 0; i < count; i++)
		if (sections[i].sh_type == SHT_SYMTAB && sections[i].sh_size)
			symbols = &sections[i];
	if (!symbols || symbols->sh_link >= count ||
	    sections[symbols->sh_link].sh_type != SHT_STRTAB)
		return 0;
	begin = align_up(kernel->end, 8);
	error = load_section(kernel, symbols);
	if (!error)
		error = load_section(kernel, &sections[symbols->sh_link]);
	if (error)
		return error;
	kernel->end = align_up(kernel->end, 8);
	kernel->metadata.symbols = kernel->base + begin;
	kernel->metadata.symbols_end = kernel->base + kernel->end;
	return 0;
}

static int load_sections(struct freebsd *kernel, const struct elf *elf)
{
	Elf64_Shdr *sections;
	int error;

	/* stripped, or nothing that a kernel has */
	if (elf->section_count == 0 || elf->section_count > SECTIONS_MAX)
		return 0;
	sections = calloc(elf->section_count, sizeof(*sections));
	if (!sections)
		return -ENOMEM;
	error = stream_read_at(kernel->stream, elf->section_offset, sections,
			       elf->section_count * sizeof(*sections));
	if (!error)
		error = load_symbols(kernel, sections, elf->section_count);
	free(sections);
	return error;
}

/* The initial RAM disk's room; it is read into it later. */
static int place_memory_disk(struct freebsd *kernel)
{
	uint64_t size = kernel->record->initrd_size;
	uint64_t place = size ? take(kernel, size, FREEBSD_PAGE) : 0;

	if (!size)
		return 0;
	if (!place)
		return no_room(kernel);
	kernel->record->initrd_ipa = LOADER_RAM_BASE + place;
	kernel->metadata.memory_disk = kernel->base + place;
	kernel->metadata.memory_disk_size = size;
	return 0;
}

/* Bytes of the user's device tree; 0: there is none. What is wrong with it is found when it is
 * loaded. */
static uint64_t dtb_file_size(const struct record *record)
{
	struct stat status;

	return record->dtb[0] && stat(record->dtb, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* The environment, and behind it the room for the device tree. */
static int place_environment(struct freebsd *kernel)
{
	uint64_t room = devicetree_small_room(dtb_file_size(kernel->record));
	struct freebsd_env env;
	uint64_t place, dtb;

	freebsd_parse_cmdline(kernel->record->cmdline, &env);
	place = take(kernel, env.size, FREEBSD_PAGE);
	dtb = place ? take(kernel, room, room) : 0;
	if (!dtb)
		return no_room(kernel);
	memcpy(kernel->ram + place, env.text, env.size);
	vm_sync_memory(kernel->ram + place, env.size);
	kernel->metadata.env = kernel->base + place;
	kernel->metadata.howto = env.howto;
	kernel->metadata.dtb = kernel->base + dtb;
	kernel->record->dtb_ipa = LOADER_RAM_BASE + dtb;
	kernel->record->dtb_room = room;
	return 0;
}

static int place_metadata(struct freebsd *kernel)
{
	uint64_t place = take(kernel, FREEBSD_PAGE, FREEBSD_PAGE);

	_Static_assert(FREEBSD_METADATA_MAX <= FREEBSD_PAGE, "the metadata has one page");
	if (!place)
		return no_room(kernel);
	if (place > FREEBSD_REACH)
		return out_of_reach(kernel, place);
	kernel->metadata.kernel_end = kernel->base + kernel->end;
	freebsd_write_metadata(&kernel->metadata, kernel->ram + place);
	vm_sync_memory(kernel->ram + place, FREEBSD_METADATA_MAX);
	kernel->record->argument = kernel->base + place;
	return 0;
}

static int load_freebsd(struct freebsd *kernel, const struct elf *elf)
{
	struct record *record = kernel->record;
	int error = load_freebsd_segments(kernel, elf);

	if (error)
		return error;
	if (elf->entry < kernel->metadata.address || elf->entry - kernel->base >= kernel->end) {
		snprintf(kernel->stream->err, kernel->stream->errlen,
			 "%s: a FreeBSD kernel whose entry point, 0x%llx, is outside it; copy it "
			 "again",
			 kernel->stream->path, (unsigned long long)elf->entry);
		return -ENOEXEC;
	}
	error = load_sections(kernel, elf);
	if (error)
		return error;
	kernel->metadata.size = kernel->base + kernel->end - kernel->metadata.address;
	error = place_memory_disk(kernel);
	if (!error)
		error = place_environment(kernel);
	if (!error)
		error = place_metadata(kernel);
	record->entry = LOADER_RAM_BASE + (elf->entry - kernel->base);
	record->kernel_ipa = LOADER_RAM_BASE;
	record->kernel_size = kernel->end;
	return error;
}

int elf_load(struct stream *stream, const uint8_t *head, size_t len, struct record *record,
	     uint8_t *ram)
{
	struct freebsd kernel = { .stream = stream, .record = record, .ram = ram };
	char why[256];
	struct elf elf;
	int error = elf_parse(head, len, &elf, why, sizeof(why));

	if (error) {
		snprintf(stream->err, stream->errlen, "%s: %s", stream->path, why);
		return error;
	}
	kernel.metadata.elf_header = head;
	kernel.metadata.dynamic = elf.dynamic;
	return elf.freebsd ? load_freebsd(&kernel, &elf) : load_bare(stream, &elf, record, ram);
}
