/* Finds the kernel in a compressed EFI kernel. */
#include "lib/loader/zboot.h"

#include <errno.h>
#include <string.h>

#include "lib/loader/bytes.h"

/* The header: "MZ", 0, 0; magic; the payload's offset and size; 8 bytes; how it is compressed, with
 * a NUL. */
#define MAGIC_OFFSET   4
#define PAYLOAD_OFFSET 8
#define PAYLOAD_SIZE   12
#define METHOD_OFFSET  24
#define METHOD_MAX     (ZBOOT_HEAD_SIZE - METHOD_OFFSET)

int zboot_parse(const uint8_t head[ZBOOT_HEAD_SIZE], uint64_t size, uint64_t *offset, char *err,
		size_t errlen)
{
	const char *method = (const char *)head + METHOD_OFFSET;
	uint64_t length;

	if (size < ZBOOT_HEAD_SIZE || memcmp(head, "MZ\0\0", 4) != 0 ||
	    memcmp(head + MAGIC_OFFSET, "zimg", 4) != 0)
		return 0;
	if (strnlen(method, METHOD_MAX) != 4 || memcmp(method, "gzip", 4) != 0) {
		snprintf(err, errlen,
			 "is a compressed EFI kernel of a kind that is not supported (%.*s, not "
			 "gzip); give "
			 "give the arm64 Linux Image that it was made of",
			 (int)strnlen(method, METHOD_MAX), method);
		return -ENOEXEC;
	}
	*offset = le32(head + PAYLOAD_OFFSET);
	length = le32(head + PAYLOAD_SIZE);
	if (*offset >= ZBOOT_HEAD_SIZE && length && *offset + length <= size)
		return 1;
	snprintf(err, errlen,
		 "truncated: its header has %llu bytes at %llu, the file %llu; copy it again",
		 (unsigned long long)length, (unsigned long long)*offset, (unsigned long long)size);
	return -ENOEXEC;
}
