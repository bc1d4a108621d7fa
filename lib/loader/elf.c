// SPDX-License-Identifier: BSD-2-Clause
/* Parses the headers of ELF kernels. */
#include "lib/loader/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int refuse(const char *why, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s", why);
	return -ENOEXEC;
}

bool elf_is_arm64(const uint8_t *head, size_t len)
{
	Elf64_Ehdr header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, head, sizeof(header));
	return memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
	       header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
	       header.e_machine == EM_AARCH64;
}

/* Whether [start, start + size) is a range that does not wrap. */
static bool is_range(uint64_t start, uint64_t size)
{
	return size <= UINT64_MAX - start;
}

static int add_segment(struct elf *elf, const Elf64_Phdr *header, char *err, size_t errlen)
{
	if (header->p_type == PT_DYNAMIC)
		elf->dynamic = header->p_vaddr;
	if (header->p_type != PT_LOAD || header->p_memsz == 0)
		return 0;
	if (elf->segment_count == ELF_SEGMENTS_MAX)
		return refuse("an ELF file with more than 16 segments to load; link it with fewer",
			      err, errlen);
	if (header->p_filesz > header->p_memsz || !is_range(header->p_vaddr, header->p_memsz) ||
	    !is_range(header->p_paddr, header->p_memsz) ||
	    !is_range(header->p_offset, header->p_filesz))
		return refuse("an ELF file with a malformed program header; copy or link it again",
			      err, errlen);
	elf->segments[elf->segment_count++] = (struct elf_segment){
		.offset = header->p_offset,
		.vaddr = header->p_vaddr,
		.paddr = header->p_paddr,
		.file_size = header->p_filesz,
		.memory_size = header->p_memsz,
	};
	return 0;
}

static int parse_segments(const uint8_t *head, size_t len, const Elf64_Ehdr *header,
			  struct elf *elf, char *err, size_t errlen)
{
	int error = 0;

	if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > len ||
	    header->e_phnum > (len - header->e_phoff) / sizeof(Elf64_Phdr))
		return refuse(
			"truncated, or an ELF file whose program headers are not within its first "
			"4096 bytes; copy or link it again",
			err, errlen);
	for (unsigned i = 0; i < header->e_phnum && !error; i++) {
		Elf64_Phdr program;

		memcpy(&program, head + header->e_phoff + i * sizeof(program), sizeof(program));
		error = add_segment(elf, &program, err, errlen);
	}
	if (!error && elf->segment_count == 0)
		error = refuse("an ELF file with nothing to load (an object file?); link it", err,
			       errlen);
	return error;
}

int elf_parse(const uint8_t *head, size_t len, struct elf *elf, char *err, size_t errlen)
{
	Elf64_Ehdr header;
	uint64_t lowest = UINT64_MAX;
	int error;

	memset(elf, 0, sizeof(*elf));
	memcpy(&header, head, sizeof(header));
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return refuse("an ELF file that is not executable; link it", err, errlen);
	error = parse_segments(head, len, &header, elf, err, errlen);
	if (error)
		return error;
	elf->entry = header.e_entry;
	if (header.e_shentsize == sizeof(Elf64_Shdr)) {
		elf->section_offset = header.e_shoff;
		elf->section_count = header.e_shoff ? header.e_shnum : 0;
	}
	for (unsigned i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].vaddr < lowest)
			lowest = elf->segments[i].vaddr;
	elf->freebsd = lowest >= ELF_FREEBSD_BASE && lowest - ELF_FREEBSD_BASE < ELF_FREEBSD_SPAN;
	return 0;
}
