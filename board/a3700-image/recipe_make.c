// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/recipe.h"

#include <errno.h>
#include <string.h>

#include "board/a3700-image/gpp.h"
#include "board/common/bytes.h"

static size_t package_size(const struct recipe_package *package)
{
	return TIM_PACKAGE_HEADER_SIZE + (tim_package_is_code(package->id) ? GPP_HEADER_SIZE : 0) +
	       package->size;
}

static size_t reserved_size(const struct recipe *recipe)
{
	/* OPTH and its count; Term */
	size_t size = 8 + TIM_PACKAGE_HEADER_SIZE;

	for (unsigned int i = 0; i < recipe->num_packages; i++)
		size += package_size(&recipe->packages[i]);
	return size;
}

size_t recipe_tim_size(const struct recipe *recipe)
{
	return TIM_HEADER_SIZE + (size_t)recipe->num_images * TIM_IMAGE_RECORD_SIZE +
	       reserved_size(recipe);
}

static void put_package(uint8_t *at, const struct recipe_package *package)
{
	put_le32(at, package->id);
	put_le32(at + 4, (uint32_t)package_size(package));
	at += TIM_PACKAGE_HEADER_SIZE;
	if (tim_package_is_code(package->id)) {
		put_le32(at, package->num_options);
		put_le32(at + 4, package->num_instructions);
		at += GPP_HEADER_SIZE;
	}
	if (package->size > 0)
		memcpy(at, package->payload, package->size);
}

static void put_reserved(uint8_t *at, const struct recipe *recipe)
{
	put_le32(at, TIM_ID_OPTH);
	put_le32(at + 4, recipe->num_packages + 1);
	at += 8;
	for (unsigned int i = 0; i < recipe->num_packages; i++) {
		put_package(at, &recipe->packages[i]);
		at += package_size(&recipe->packages[i]);
	}
	put_le32(at, TIM_ID_TERM);
	put_le32(at + 4, TIM_PACKAGE_HEADER_SIZE);
}

static void put_header(uint8_t *tim, const struct recipe *recipe)
{
	put_le32(tim + TIM_VERSION, recipe->version);
	put_le32(tim + TIM_IDENTIFIER, TIM_ID_TIMH);
	put_le32(tim + TIM_ISSUE_DATE, recipe->issue_date);
	put_le32(tim + TIM_OEM_ID, recipe->oem_id);
	put_le32(tim + TIM_STEPPING, recipe->stepping);
	memset(tim + TIM_RESERVED, 0xff, 16);
	put_le32(tim + TIM_BOOT_SIGN, recipe->boot_sign);
	put_le32(tim + TIM_NUM_IMAGES, recipe->num_images);
	put_le32(tim + TIM_SIZE_OF_RESERVED, (uint32_t)reserved_size(recipe));
}

static int put_images(uint8_t *tim, const struct recipe *recipe, const struct recipe_file *files)
{
	for (unsigned int i = 0; i < recipe->num_images; i++) {
		struct tim_image image = recipe->images[i];
		int result = 0;

		image.next = i + 1 < recipe->num_images ? recipe->images[i + 1].id : TIM_ID_NONE;
		image.size = (uint32_t)(i == 0 ? recipe_tim_size(recipe) : files[i].size);
		if (image.hash_alg == 0)
			image.hash_size = 0;
		else if (image.hash_size == RECIPE_WHOLE)
			image.hash_size = image.size;
		if (image.hash_size > image.size)
			return -EINVAL;
		if (i > 0 && image.hash_size > 0)
			result = tim_image_digest(&image, false, files[i].bytes, image.hash);
		if (result != 0)
			return result;
		tim_put_image(tim, i, &image);
	}
	return 0;
}

int recipe_make_tim(const struct recipe *recipe, const struct recipe_file *files, uint8_t *tim,
		    struct board_error *error)
{
	struct tim made;
	int result;

	if (recipe_tim_size(recipe) > TIM_MAX_SIZE)
		return board_fail(error, EINVAL,
				  "the TIM would have %zu bytes: at most %d are possible",
				  recipe_tim_size(recipe), TIM_MAX_SIZE);
	memset(tim, 0, recipe_tim_size(recipe));
	put_header(tim, recipe);
	result = put_images(tim, recipe, files);
	if (result != 0)
		return board_fail(
			error, -result,
			"an image cannot be hashed: unknown algorithm, or more bytes to hash "
			"than it has");
	put_reserved(tim + TIM_HEADER_SIZE + recipe->num_images * TIM_IMAGE_RECORD_SIZE, recipe);
	result = tim_parse(tim, recipe_tim_size(recipe), &made, error);
	return result != 0 ? result : tim_rehash(tim, &made);
}
