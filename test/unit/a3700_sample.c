#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "a3700_sample.h"
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
