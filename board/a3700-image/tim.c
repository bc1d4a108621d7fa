// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/tim.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "board/a3700-image/gpp.h"
#include "board/common/bytes.h"

/* Whether each of four characters is a letter or a digit */
static bool is_name(const char *text)
{
	for (int i = 0; i < 4; i++) {
		if (!isalnum((unsigned char)text[i]))
			return false;
	}
	return true;
}

const char *tim_id_text(uint32_t id, char text[11])
{
	snprintf(text, 11, "%c%c%c%c", (int)(id >> 24), (int)(id >> 16 & 0xff),
		 (int)(id >> 8 & 0xff), (int)(id & 0xff));
	/* "0x1f" would read back as a number. */
	if (!is_name(text) || strncasecmp(text, "0x", 2) == 0)
		snprintf(text, 11, "0x%08X", id);
	return text;
}

int tim_id_from_text(const char *text, uint32_t *id)
{
	char *end;

	if (strncasecmp(text, "0x", 2) == 0 && strlen(text) <= 10) {
		*id = (uint32_t)strtoul(text, &end, 16);
		return *end == '\0' && end > text + 2 ? 0 : -EINVAL;
	}
	if (strlen(text) != 4 || !is_name(text))
		return -EINVAL;
	*id = TIM_ID(text[0], text[1], text[2], text[3]);
	return 0;
}

const struct tim_image *tim_image_by_id(const struct tim *tim, uint32_t id)
{
	for (unsigned int i = 0; i < tim->num_images; i++) {
		if (tim->images[i].id == id)
			return &tim->images[i];
	}
	return NULL;
}

bool tim_image_hash_is_zeros(const struct tim_image *image)
{
	static const uint8_t zeros[TIM_HASH_SIZE];

	return memcmp(image->hash, zeros, sizeof(zeros)) == 0;
}

const struct tim_package *tim_package_by_id(const struct tim *tim, uint32_t id)
{
	for (unsigned int i = 0; i < tim->num_packages; i++) {
		if (tim->packages[i].id == id)
			return &tim->packages[i];
	}
	return NULL;
}

bool tim_package_is_code(uint32_t id)
{
	return id == TIM_ID_GPP1 || id == TIM_ID_GPP2 || id == TIM_ID_DDR3;
}

static int parse_header(const uint8_t *bytes, size_t available, struct tim *tim,
			struct board_error *error)
{
	if (available < TIM_HEADER_SIZE)
		return board_fail(error, ENODATA, "%zu bytes: too short for a TIM header",
				  available);
	tim->bytes = bytes;
	tim->version = get_le32(bytes + TIM_VERSION);
	tim->id = get_le32(bytes + TIM_IDENTIFIER);
	tim->issue_date = get_le32(bytes + TIM_ISSUE_DATE);
	tim->oem_id = get_le32(bytes + TIM_OEM_ID);
	tim->boot_sign = get_le32(bytes + TIM_BOOT_SIGN);
	if (tim->id != TIM_ID_TIMH && tim->id != TIM_ID_TIMN)
		return board_fail(error, EINVAL,
				  "no TIM identifier: not a boot image for the Armada 3700");
	if (tim->version != TIM_VERSION_3_5 && tim->version != TIM_VERSION_3_6)
		return board_fail(error, EINVAL,
				  "TIM version 0x%08x: the BootROM takes 3.5 and 3.6",
				  tim->version);
	if (get_le32(bytes + TIM_TRUSTED) > 1)
		return board_fail(error, EINVAL, "TIM field Trusted is 0x%x: 0 or 1 is right",
				  get_le32(bytes + TIM_TRUSTED));
	tim->trusted = get_le32(bytes + TIM_TRUSTED) == 1;
	if (tim->id == TIM_ID_TIMN && !tim->trusted)
		return board_fail(error, EINVAL, "TIMN belongs to a trusted image alone");
	return 0;
}

/* The counts in the header, and the size that they give */
static int parse_counts(size_t available, struct tim *tim, size_t *reserved,
			struct board_error *error)
{
	uint32_t images = get_le32(tim->bytes + TIM_NUM_IMAGES);
	uint32_t keys = get_le32(tim->bytes + TIM_NUM_KEYS);
	uint32_t size_of_reserved = get_le32(tim->bytes + TIM_SIZE_OF_RESERVED);

	if (images == 0 || images > TIM_MAX_IMAGES)
		return board_fail(error, EINVAL, "TIM has %u images: 1 to %d are possible", images,
				  TIM_MAX_IMAGES);
	if (keys > TIM_MAX_KEYS || (keys != 0 && !tim->trusted))
		return board_fail(error, EINVAL, "TIM has %u keys, which is wrong for %s image",
				  keys, tim->trusted ? "a trusted" : "an untrusted");
	if (size_of_reserved > TIM_MAX_SIZE || size_of_reserved % 4 != 0)
		return board_fail(error, EINVAL, "TIM's reserved area of 0x%x bytes is impossible",
				  size_of_reserved);
	tim->num_images = images;
	tim->num_keys = keys;
	*reserved = TIM_HEADER_SIZE + (size_t)images * TIM_IMAGE_RECORD_SIZE +
		    (size_t)keys * TIM_KEY_SIZE;
	tim->size = *reserved + size_of_reserved + (tim->trusted ? TIM_SIGNATURE_SIZE : 0);
	if (tim->size > TIM_MAX_SIZE)
		return board_fail(error, EINVAL, "TIM of %zu bytes: at most %d are possible",
				  tim->size, TIM_MAX_SIZE);
	if (tim->size > available)
		return board_fail(error, ENODATA, "cut short: the TIM has %zu bytes, %zu are there",
				  tim->size, available);
	return 0;
}

static void get_image(const uint8_t *record, struct tim_image *image)
{
	image->id = get_le32(record + TIM_IMAGE_ID);
	image->next = get_le32(record + TIM_IMAGE_NEXT);
	image->flash = get_le32(record + TIM_IMAGE_FLASH);
	image->load = get_le32(record + TIM_IMAGE_LOAD);
	image->size = get_le32(record + TIM_IMAGE_BYTES);
	image->hash_size = get_le32(record + TIM_IMAGE_HASH_BYTES);
	image->hash_alg = get_le32(record + TIM_IMAGE_HASH_ALG);
	memcpy(image->hash, record + TIM_IMAGE_HASH, TIM_HASH_SIZE);
	image->partition = get_le32(record + TIM_IMAGE_PARTITION);
	image->enc_alg = get_le32(record + TIM_IMAGE_ENC_ALG);
}

void tim_put_image(uint8_t *bytes, unsigned int index, const struct tim_image *image)
{
	uint8_t *record = bytes + TIM_HEADER_SIZE + index * TIM_IMAGE_RECORD_SIZE;

	put_le32(record + TIM_IMAGE_ID, image->id);
	put_le32(record + TIM_IMAGE_NEXT, image->next);
	put_le32(record + TIM_IMAGE_FLASH, image->flash);
	put_le32(record + TIM_IMAGE_LOAD, image->load);
	put_le32(record + TIM_IMAGE_BYTES, image->size);
	put_le32(record + TIM_IMAGE_HASH_BYTES, image->hash_size);
	put_le32(record + TIM_IMAGE_HASH_ALG, image->hash_alg);
	memcpy(record + TIM_IMAGE_HASH, image->hash, TIM_HASH_SIZE);
	put_le32(record + TIM_IMAGE_PARTITION, image->partition);
	put_le32(record + TIM_IMAGE_ENC_ALG, image->enc_alg);
}

static int check_image(const struct tim *tim, const struct tim_image *image, bool is_tim,
		       struct board_error *error)
{
	char name[11];

	tim_id_text(image->id, name);
	if (image->hash_size != 0 && image->hash_alg != TIM_HASH_SHA1 &&
	    image->hash_alg != TIM_HASH_SHA256 && image->hash_alg != TIM_HASH_SHA512)
		return board_fail(error, EINVAL,
				  "%s: hash algorithm %u: 20 (SHA-1), 32 (SHA-256) or 64 (SHA-512) "
				  "is right",
				  name, image->hash_alg);
	if (image->hash_size > image->size)
		return board_fail(error, EINVAL, "%s: %u bytes to hash of an image of %u bytes",
				  name, image->hash_size, image->size);
	if (is_tim &&
	    (image->id != tim->id || image->size < tim->size || image->hash_size > tim->size ||
	     (image->hash_size < TIM_HEADER_SIZE && !tim->trusted)))
		return board_fail(error, EINVAL,
				  "the first record (%s, %u bytes, %u hashed) does not describe "
				  "this TIM of %zu bytes",
				  name, image->size, image->hash_size, tim->size);
	return 0;
}

/* The BootROM follows NextImageID; every image must be reached, once. */
static int check_chain(const struct tim *tim, struct board_error *error)
{
	for (unsigned int i = 0; i < tim->num_images; i++) {
		const struct tim_image *image = &tim->images[i];
		uint32_t next = i + 1 < tim->num_images ? tim->images[i + 1].id : TIM_ID_NONE;
		char name[11], is[11], should[11];

		if (tim_image_by_id(tim, image->id) != image)
			return board_fail(error, EINVAL, "%s: two images have this ID",
					  tim_id_text(image->id, name));
		if (image->next != next)
			return board_fail(error, EINVAL,
					  "%s: next image is %s where %s would be right",
					  tim_id_text(image->id, name),
					  tim_id_text(image->next, is), tim_id_text(next, should));
	}
	return 0;
}

static int check_overlap(const struct tim *tim, struct board_error *error)
{
	for (unsigned int i = 0; i < tim->num_images; i++) {
		for (unsigned int j = 0; j < i; j++) {
			const struct tim_image *a = &tim->images[i], *b = &tim->images[j];
			char name[11], other[11];

			if (a->partition == b->partition &&
			    a->flash < (uint64_t)b->flash + b->size &&
			    b->flash < (uint64_t)a->flash + a->size)
				return board_fail(error, EINVAL, "%s and %s overlap in flash",
						  tim_id_text(a->id, name),
						  tim_id_text(b->id, other));
		}
	}
	return 0;
}

static int parse_images(struct tim *tim, struct board_error *error)
{
	int result;

	for (unsigned int i = 0; i < tim->num_images; i++) {
		get_image(tim->bytes + TIM_HEADER_SIZE + i * TIM_IMAGE_RECORD_SIZE,
			  &tim->images[i]);
		result = check_image(tim, &tim->images[i], i == 0, error);
		if (result != 0)
			return result;
	}
	result = check_chain(tim, error);
	return result != 0 ? result : check_overlap(tim, error);
}

static int parse_package(struct tim *tim, const uint8_t *at, size_t left, size_t *used,
			 struct board_error *error)
{
	struct tim_package *package = &tim->packages[tim->num_packages];
	char name[11];
	uint32_t size;

	if (left < TIM_PACKAGE_HEADER_SIZE)
		return board_fail(error, EINVAL, "reserved area ends inside a package's header");
	package->id = get_le32(at);
	size = get_le32(at + 4);
	tim_id_text(package->id, name);
	if (size < TIM_PACKAGE_HEADER_SIZE || size % 4 != 0 || size > left)
		return board_fail(error, EINVAL, "package %s: size 0x%x is impossible here", name,
				  size);
	package->payload = at + TIM_PACKAGE_HEADER_SIZE;
	package->size = size - TIM_PACKAGE_HEADER_SIZE;
	*used = size;
	if (tim_package_is_code(package->id))
		return gpp_check(package->payload, package->size, name, error);
	return 0;
}

/* "OPTH", the number of packages, the packages; the last is "Term" and ends where the area ends */
static int parse_reserved(struct tim *tim, const uint8_t *area, size_t size,
			  struct board_error *error)
{
	uint32_t count;
	size_t at = 8;

	if (size == 0)
		return 0;
	if (size < 8 || get_le32(area) != TIM_ID_OPTH)
		return board_fail(error, EINVAL, "reserved area does not begin with OPTH");
	count = get_le32(area + 4);
	if (count == 0 || count > TIM_MAX_PACKAGES)
		return board_fail(error, EINVAL,
				  "reserved area has %u packages: 1 to %d are possible", count,
				  TIM_MAX_PACKAGES);
	for (uint32_t i = 0; i < count; i++) {
		bool last = i + 1 == count;
		size_t used = 0;
		int result = parse_package(tim, area + at, size - at, &used, error);

		if (result != 0)
			return result;
		if ((tim->packages[tim->num_packages].id == TIM_ID_TERM) != last)
			return board_fail(error, EINVAL,
					  last ? "the last package is not Term"
					       : "Term is not the last package");
		at += used;
		if (!last)
			tim->num_packages++;
	}
	if (at != size)
		return board_fail(error, EINVAL, "reserved area has %zu bytes after Term",
				  size - at);
	return 0;
}

int tim_parse(const uint8_t *bytes, size_t available, struct tim *tim, struct board_error *error)
{
	size_t reserved = 0;
	int result;

	memset(tim, 0, sizeof(*tim));
	result = parse_header(bytes, available, tim, error);
	if (result == 0)
		result = parse_counts(available, tim, &reserved, error);
	if (result == 0)
		result = parse_images(tim, error);
	if (result == 0)
		result = parse_reserved(tim, bytes + reserved,
					get_le32(bytes + TIM_SIZE_OF_RESERVED), error);
	return result;
}

/* nettle's state of whichever algorithm is in use */
union hash_state {
	struct sha1_ctx sha1;
	struct sha256_ctx sha256;
	struct sha512_ctx sha512;
};

static int hash_begin(uint32_t alg, union hash_state *state)
{
	switch (alg) {
	case TIM_HASH_SHA1:
		sha1_init(&state->sha1);
		return 0;
	case TIM_HASH_SHA256:
		sha256_init(&state->sha256);
		return 0;
	case TIM_HASH_SHA512:
		sha512_init(&state->sha512);
		return 0;
	default:
		return -EINVAL;
	}
}

static void hash_add(uint32_t alg, union hash_state *state, const uint8_t *bytes, size_t size)
{
	if (alg == TIM_HASH_SHA1)
		sha1_update(&state->sha1, size, bytes);
	else if (alg == TIM_HASH_SHA256)
		sha256_update(&state->sha256, size, bytes);
	else
		sha512_update(&state->sha512, size, bytes);
}

static void hash_end(uint32_t alg, union hash_state *state, uint8_t *digest)
{
	if (alg == TIM_HASH_SHA1)
		sha1_digest(&state->sha1, TIM_HASH_SHA1, digest);
	else if (alg == TIM_HASH_SHA256)
		sha256_digest(&state->sha256, TIM_HASH_SHA256, digest);
	else
		sha512_digest(&state->sha512, TIM_HASH_SHA512, digest);
}

int tim_image_digest(const struct tim_image *image, bool is_tim, const uint8_t *bytes,
		     uint8_t digest[TIM_HASH_SIZE])
{
	static const uint8_t zeros[TIM_HASH_SIZE];
	const size_t own = TIM_HEADER_SIZE + TIM_IMAGE_HASH;
	size_t size = image->hash_size;
	union hash_state state;

	memset(digest, 0, TIM_HASH_SIZE);
	if (hash_begin(image->hash_alg, &state) != 0)
		return -EINVAL;
	if (is_tim && size >= own + TIM_HASH_SIZE) {
		hash_add(image->hash_alg, &state, bytes, own);
		hash_add(image->hash_alg, &state, zeros, TIM_HASH_SIZE);
		bytes += own + TIM_HASH_SIZE;
		size -= own + TIM_HASH_SIZE;
	}
	hash_add(image->hash_alg, &state, bytes, size);
	hash_end(image->hash_alg, &state, digest);
	return 0;
}

int tim_rehash(uint8_t *bytes, const struct tim *tim)
{
	struct tim_image own;
	int result;

	get_image(bytes + TIM_HEADER_SIZE, &own);
	if (own.hash_size > tim->size)
		return -EINVAL;
	result = tim_image_digest(&own, true, bytes, own.hash);
	if (result == 0)
		tim_put_image(bytes, 0, &own);
	return result;
}
