/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "a3700_sample.h"
#include "board/a3700-image/boot_image.h"
#include "board/a3700-image/commands.h"
#include "board/common/bytes.h"

#include <cmocka.h>

const char sample_recipe[] = "; a sample\n"
			     "[TIM]\n"
			     "DATE: 22112026\n"
			     "BOOT: spinor\n"
			     "[CRV2]\n"
			     "RELEASE: 2 0x1FFF0760\n"
			     "[CIDP]\n"
			     "CONSUMER: TBRI GPP1 GPP2 DDR3\n"
			     "[GPP1]\n"
			     "IGNORE_INSTRUCTION_TIMEOUTS: 0\n"
			     "WRITE: 0xC0013010 0x00000000\n"
			     "DELAY: 0x100\n"
			     "LABEL: LP1\n"
			     "ADD_SM_VAL: SM0 1\n"
			     "TEST_SM_AND_BRANCH: SM0 0xFF 0x32 < LP1\n"
			     "[GPP2]\n"
			     "IGNORE_INSTRUCTION_TIMEOUTS: 0\n"
			     "WRITE: 0xC000CF00 0x1\n"
			     "[DDR3]\n"
			     "DDR_INIT_ENABLE: 1\n"
			     "WRITE: 0xC00002C4 0x00100020\n"
			     "WRITE: 0xC0000200 0x000D0001\n"
			     "WRITE: 0xC0000208 0x200D0001\n"
			     "WAIT_FOR_BIT_SET: 0xC0000008 0x1 0x1000\n";

static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(seed >> 24);
	}
}

const uint8_t *sample_wtmi(void)
{
	static uint8_t bytes[SAMPLE_WTMI_SIZE];

	fill(bytes, sizeof(bytes), 1);
	memcpy(bytes + 512, "WTMI-devel-18.12.1-sample", 26);
	return bytes;
}

static void put_fip_entry(uint8_t *at, const char *uuid, uint32_t offset, uint32_t size)
{
	memcpy(at, uuid, 16);
	put_le32(at + 16, offset);
	put_le32(at + 24, size);
}

const uint8_t *sample_obmi(void)
{
	static uint8_t bytes[SAMPLE_OBMI_SIZE];
	uint8_t *fip = bytes + SAMPLE_BL1_SIZE;

	fill(bytes, sizeof(bytes), 2);
	memset(fip, 0, 512);
	put_le32(fip, 0xaa640001);
	put_le32(fip + 4, 0x12345678);
	put_fip_entry(fip + 16, "\x5f\xf9\xec\x0b\x4d\x22\x3e\x4d\xa5\x44\xc3\x9d\x81\xc7\x3f\x0a",
		      512, 1000);
	put_fip_entry(fip + 56, "\x47\xd4\x08\x6d\x4c\xfe\x98\x46\x9b\x95\x29\x50\xcb\xbd\x5a\x00",
		      1512, 1000);
	put_fip_entry(fip + 96, "\xd6\xd0\xee\xa7\xfc\xea\xd5\x4b\x97\x82\x99\x34\xf2\x34\xb6\xe4",
		      2512, 1584);
	memcpy(fip + 2600, "U-Boot 2023.01-sample", 22);
	return bytes;
}

struct file sample_image(const char *recipe_text)
{
	struct recipe_file files[] = {
		{ NULL, 0 },
		{ sample_wtmi(), SAMPLE_WTMI_SIZE },
		{ sample_obmi(), SAMPLE_OBMI_SIZE },
	};
	struct file image = { 0 };
	struct board_error error;
	struct recipe recipe;

	if (recipe_parse(recipe_text, strlen(recipe_text), &recipe, &error) != 0)
		fail_msg("recipe: %s", error.text);
	if (create_image(&recipe, files, &image, &error) != 0)
		fail_msg("create: %s", error.text);
	recipe_free(&recipe);
	return image;
}

int sample_verify(const struct file *file, struct board_error *error)
{
	struct boot_image boot;
	int result = boot_image_open(file->bytes, file->size, &boot, error);

	return result != 0 ? result : boot_image_verify(&boot, error);
}

void sample_set(struct file *image, size_t at, uint32_t value)
{
	put_le32(image->bytes + at, value);
}

static void put_words(uint8_t *at, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_le32(at + 4 * i, words[i]);
}

static void put_record(uint8_t *record, uint32_t id, uint32_t flash, uint32_t load, size_t size)
{
	put_le32(record + TIM_IMAGE_ID, id);
	put_le32(record + TIM_IMAGE_FLASH, flash);
	put_le32(record + TIM_IMAGE_LOAD, load);
	put_le32(record + TIM_IMAGE_BYTES, (uint32_t)size);
	/* All but the signature itself */
	put_le32(record + TIM_IMAGE_HASH_BYTES, (uint32_t)(size - TIM_SIGNATURE_SIZE));
	put_le32(record + TIM_IMAGE_HASH_ALG, TIM_HASH_SHA256);
	memset(record + TIM_IMAGE_HASH, 0, TIM_HASH_SIZE);
}

/* From an untrusted TIM: its header, one record, keys, and IMAP */
static void put_first_tim(uint8_t *out, const uint8_t *tim, uint32_t timn_at, unsigned int keys)
{
	const uint32_t reserved[] = { TIM_ID_OPTH, 2, TIM_ID_IMAP, 32,		1, TIM_ID_CSKT, 0,
				      timn_at,	   0, 0,	   TIM_ID_TERM, 8 };
	size_t key_bytes = (size_t)keys * TIM_KEY_SIZE;
	uint8_t *at = out + TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE;

	memcpy(out, tim, TIM_HEADER_SIZE);
	put_le32(out + TIM_TRUSTED, 1);
	put_le32(out + TIM_NUM_IMAGES, 1);
	put_le32(out + TIM_NUM_KEYS, keys);
	put_le32(out + TIM_SIZE_OF_RESERVED, sizeof(reserved));
	put_record(out + TIM_HEADER_SIZE, TIM_ID_TIMH, 0, 0x20006000,
		   TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE + key_bytes + sizeof(reserved) +
			   TIM_SIGNATURE_SIZE);
	put_le32(out + TIM_HEADER_SIZE + TIM_IMAGE_NEXT, TIM_ID_NONE);
	memset(at, 0x4b, key_bytes);
	put_words(at + key_bytes, reserved, sizeof(reserved) / sizeof(reserved[0]));
	memset(at + key_bytes + sizeof(reserved), 0x53, TIM_SIGNATURE_SIZE);
}

struct file sample_signed(uint32_t timn_at, unsigned int keys, uint32_t boot_sign)
{
	struct file plain = sample_image(sample_recipe), image = { 0 };
	size_t size = get_le32(plain.bytes + TIM_HEADER_SIZE + TIM_IMAGE_BYTES);
	uint8_t *timn;

	put_le32(plain.bytes + TIM_BOOT_SIGN, boot_sign);
	image.size = SIGNED_OBMI_AT + SAMPLE_OBMI_SIZE;
	image.bytes = calloc(1, image.size);
	assert_non_null(image.bytes);
	put_first_tim(image.bytes, plain.bytes, timn_at, keys);
	timn = image.bytes + timn_at;
	memcpy(timn, plain.bytes, size);
	memset(timn + size, 0x53, TIM_SIGNATURE_SIZE);
	put_le32(timn + TIM_IDENTIFIER, TIM_ID_TIMN);
	put_le32(timn + TIM_TRUSTED, 1);
	put_record(timn + TIM_HEADER_SIZE, TIM_ID_TIMN, timn_at, 0x20003000,
		   size + TIM_SIGNATURE_SIZE);
	put_le32(timn + SAMPLE_RECORD_1 + TIM_IMAGE_FLASH, SIGNED_WTMI_AT);
	put_le32(timn + SAMPLE_RECORD_2 + TIM_IMAGE_FLASH, SIGNED_OBMI_AT);
	memcpy(image.bytes + SIGNED_WTMI_AT, sample_wtmi(), SAMPLE_WTMI_SIZE);
	memcpy(image.bytes + SIGNED_OBMI_AT, sample_obmi(), SAMPLE_OBMI_SIZE);
	file_free(&plain);
	return image;
}
