// SPDX-License-Identifier: BSD-2-Clause
#include "board/uart-boot/download.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board/common/bytes.h"
#include "board/uart-boot/speed.h"

/* What to offer where the board names no chunk */
#define DEFAULT_CHUNK	 1024u
#define MAX_CHUNK	 65536u
#define IMAGE_IS_HERE	 0u
#define IMAGE_IS_MISSING 1u

static void say(struct wtptp *wtptp, const char *text)
{
	if (wtptp->observer.state != NULL)
		wtptp->observer.state(wtptp->observer.context, text);
}

static void show_version(struct wtptp *wtptp, const struct wtptp_response *response)
{
	const uint8_t *data = response->data;
	char text[80];

	if (response->length < 12)
		return;
	snprintf(text, sizeof(text), "BootROM %c.%c.%c%c of %02x-%02x-%04x", data[3], data[2],
		 data[1], data[0], get_le32(data + 4) >> 16 & 0xff, get_le32(data + 4) >> 24,
		 get_le32(data + 4) & 0xffff);
	for (char *c = text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	say(wtptp, text);
}

static int send_fast(struct wtptp *wtptp, const struct image *image, size_t at,
		     struct board_error *error)
{
	while (at < image->size) {
		size_t size = image->size - at < DEFAULT_CHUNK ? image->size - at : DEFAULT_CHUNK;
		int result = link_write(&wtptp->link, image->bytes + at, size,
					link_now() + wtptp->timing.reply);

		if (result != 0)
			return board_fail(error, -result,
					  "%s: the line takes no more bytes after "
					  "%zu of %zu",
					  image->name, at, image->size);
		link_drain(&wtptp->link);
		at += size;
		if (wtptp->observer.progress != NULL)
			wtptp->observer.progress(wtptp->observer.context, image->name, at,
						 image->size);
	}
	return wtptp_fast_answer(wtptp, error);
}

/* Only the board knows where in the bytes it is: without its answer, no more can be sent. */
static int fail_in_fast_mode(int result, struct board_error *error)
{
	struct board_error reason = *error;

	if (result == -EIO)
		return result;
	return board_fail(error, -result, "%.220s (in fast mode; if it fails again, try --slow)",
			  reason.text);
}

/* Announce what is left; the board says how much of it it takes at once. */
static int send_header(struct wtptp *wtptp, uint32_t left, bool fast, uint32_t *chunk,
		       bool *fast_accepted, struct board_error *error)
{
	uint8_t data[4];
	const struct wtptp_request request = { .command = WTPTP_DATA_HEADER,
					       .flags = fast ? WTPTP_FLAG_FAST : 0,
					       .data = data,
					       .length = sizeof(data),
					       .retry = true };
	struct wtptp_response response;
	int result;

	put_le32(data, left);
	result = wtptp_command(wtptp, &request, &response, error);
	if (result != 0)
		return result;
	*fast_accepted = fast && (response.flags & WTPTP_FAST_ACCEPTED) != 0;
	*chunk = response.length >= 4 ? get_le32(response.data) : DEFAULT_CHUNK;
	if (*chunk == 0 || *chunk > MAX_CHUNK)
		return board_fail(error, EPROTO, "the board asks for chunks of %u bytes", *chunk);
	if (*chunk > left)
		*chunk = left;
	return 0;
}

static int send_data(struct wtptp *wtptp, const struct image *image, bool fast,
		     struct board_error *error)
{
	size_t at = 0;

	while (at < image->size) {
		struct wtptp_request request = { .command = WTPTP_DATA, .retry = true };
		struct wtptp_response response;
		bool fast_accepted = false;
		uint32_t chunk = 0;
		int result = send_header(wtptp, (uint32_t)(image->size - at), fast && at == 0,
					 &chunk, &fast_accepted, error);

		if (result != 0)
			return result;
		if (fast_accepted) {
			result = send_fast(wtptp, image, at, error);
			return result == 0 ? 0 : fail_in_fast_mode(result, error);
		}
		request.data = image->bytes + at;
		request.length = chunk;
		result = wtptp_command(wtptp, &request, &response, error);
		if (result != 0)
			return result;
		at += chunk;
		if (wtptp->observer.progress != NULL)
			wtptp->observer.progress(wtptp->observer.context, image->name, at,
						 image->size);
	}
	return 0;
}

/* A command without data */
static int command(struct wtptp *wtptp, enum wtptp_command command, struct wtptp_response *response,
		   struct board_error *error)
{
	const struct wtptp_request request = { .command = command };

	return wtptp_command(wtptp, &request, response, error);
}

/*
 * Which image does the board want? GetVersion has no flags, as in mox-imager. Marvell's tool sets 8
 * there, which no document explains; boards answer either, and without it nothing is asked for that
 * is not known.
 */
static int select_image(struct wtptp *wtptp, bool first, uint32_t *id, struct board_error *error)
{
	struct wtptp_response response;
	int result = command(wtptp, WTPTP_GET_VERSION, &response, error);

	if (result != 0)
		return result;
	if (first)
		show_version(wtptp, &response);
	result = command(wtptp, WTPTP_SELECT_IMAGE, &response, error);
	if (result != 0)
		return result;
	if (response.length < 4)
		return board_fail(error, EPROTO, "SelectImage: the board does not say which image");
	*id = get_le32(response.data);
	return 0;
}

static int verify_image(struct wtptp *wtptp, uint8_t verdict, struct board_error *error)
{
	const struct wtptp_request request = { .command = WTPTP_VERIFY_IMAGE,
					       .data = &verdict,
					       .length = 1 };
	struct wtptp_response response;

	return wtptp_command(wtptp, &request, &response, error);
}

/* The last image's end starts the firmware: a message that is announced then, and does not come, is
 * no failure. */
static int end_image(struct wtptp *wtptp, bool last, struct board_error *error)
{
	const struct wtptp_request request = { .command = WTPTP_DONE, .last = last };
	struct wtptp_response response;

	return wtptp_command(wtptp, &request, &response, error);
}

/* Tell the board that it will not get what it asks for, as far as it still listens. */
static int decline(struct wtptp *wtptp, uint32_t id, struct board_error *error)
{
	struct wtptp_response response;
	char name[11];

	if (verify_image(wtptp, IMAGE_IS_MISSING, NULL) == 0 && end_image(wtptp, false, NULL) == 0)
		command(wtptp, WTPTP_DISCONNECT, &response, NULL);
	return board_fail(error, ENOENT,
			  "the board asks for an image %s, which is not among the files",
			  tim_id_text(id, name));
}

/* Add what was being done to the reason why it failed. */
static int in_context(int result, const char *image, struct board_error *error)
{
	struct board_error reason = *error;

	return board_fail(error, -result, "%s: %.250s", image, reason.text);
}

static int send_image(struct wtptp *wtptp, const struct image *image, bool fast, bool is_last,
		      struct board_error *error)
{
	char text[80];
	int result;

	snprintf(text, sizeof(text), "sending %s (%zu bytes)", image->name, image->size);
	say(wtptp, text);
	result = verify_image(wtptp, IMAGE_IS_HERE, error);
	if (result == 0)
		result = send_data(wtptp, image, fast, error);
	if (result == 0)
		result = end_image(wtptp, is_last, error);
	return result == 0 ? 0 : in_context(result, image->name, error);
}

static const struct image *find_image(const struct image_set *images, uint32_t id)
{
	for (unsigned int i = 0; i < images->count; i++) {
		if (images->images[i].id == id)
			return &images->images[i];
	}
	return NULL;
}

/*
 * The board has taken the TIM and changes its speed, if it is to. Nothing is sent meanwhile:
 * mox-imager waits 100 ms here, as its list of instructions reads what the host sends next, and the
 * BootROM must not have read that before. Ours sends a mark, and the host waits for it. Without a
 * change of speed the preamble goes out at once, as from both tools: it waits in the board's FIFO.
 */
static int change_speed(struct wtptp *wtptp, uint32_t baud, bool *changed,
			struct board_error *error)
{
	char text[80];
	int result = speed_follow(wtptp, baud, changed, error);

	if (result != 0)
		return in_context(result, "change of speed", error);
	if (*changed)
		snprintf(text, sizeof(text), "the board is at %u Bd", baud);
	else
		snprintf(text, sizeof(text), "no sign of the board at %u Bd: staying at %u", baud,
			 SPEED_BOOTROM);
	say(wtptp, text);
	return 0;
}

/* Where the TIM's speed has a part in it, say how to do without. */
static int fail_at_speed(int result, const struct image_set *images, bool changed,
			 struct board_error *error)
{
	struct board_error reason = *error;

	if (images->baud == 0 || result == -ENOENT)
		return result;
	return board_fail(error, -result,
			  "%.230s (%s %u Bd; reset, and try a lower --baud or none)", reason.text,
			  changed ? "at" : "at 115200, after no sign at", images->baud);
}

/* What the board was at, for the reason why it failed */
static const char *stage_after(uint32_t last)
{
	return last == TIM_ID_TIMH ? "after the TIM, while its instructions set up DRAM"
				   : "before the next image";
}

/* last: the ID of the image that was sent before, and is sent now */
static int send_next(struct wtptp *wtptp, const struct image_set *images, bool fast, bool is_last,
		     uint32_t *last, struct board_error *error)
{
	bool first = *last == TIM_ID_NONE;
	int timeout = first ? wtptp->timing.reply : wtptp->timing.ddr;
	const struct image *image;
	uint32_t id = TIM_ID_NONE;
	int result = wtptp->greeted ? 0 : wtptp_preamble(wtptp, timeout, error);

	wtptp->greeted = false;
	if (result == 0)
		result = select_image(wtptp, first, &id, error);
	if (result != 0)
		return first ? result : in_context(result, stage_after(*last), error);
	image = find_image(images, id);
	if (image == NULL)
		return decline(wtptp, id, error);
	if (id == *last)
		return board_fail(error, EREMOTEIO,
				  "%s: the board asks for it again: it found it wrong",
				  image->name);
	*last = id;
	return send_image(wtptp, image, fast, is_last, error);
}

/* After the last image there is no Disconnect, as in mox-imager: the board has left already. */
int download_images(struct wtptp *wtptp, const struct image_set *images, bool fast,
		    struct board_error *error)
{
	uint32_t last = TIM_ID_NONE;
	bool changed = false;

	for (unsigned int sent = 0; sent < images->count; sent++) {
		bool is_last = sent + 1 == images->count;
		int result = send_next(wtptp, images, fast && is_last, is_last, &last, error);

		if (result != 0)
			return sent == 0 ? result : fail_at_speed(result, images, changed, error);
		if (sent == 0 && images->baud != 0)
			result = change_speed(wtptp, images->baud, &changed, error);
		if (result != 0)
			return result;
	}
	return changed ? link_set_speed(&wtptp->link, SPEED_BOOTROM, error) : 0;
}

/* An adapter that cannot follow the board is found before the board has changed. */
static int try_speed(struct link *link, uint32_t baud, struct board_error *error)
{
	int result = link_set_speed(link, baud, error);

	return result != 0 ? result : link_set_speed(link, SPEED_BOOTROM, error);
}

int download(const struct download_request *request, struct link *link, struct board_error *error)
{
	struct wtptp wtptp = { .timing = request->timing, .observer = request->observer };
	int result = link_open(&wtptp.link, request->device, error);

	if (result != 0)
		return result;
	if (request->images->baud != 0)
		result = try_speed(&wtptp.link, request->images->baud, error);
	if (result == 0)
		result = enter_download_mode(&wtptp, request->mode, error);
	if (result == 0) {
		say(&wtptp, "in download mode");
		result = download_images(&wtptp, request->images, request->fast, error);
	}
	if (result != 0) {
		link_close(&wtptp.link);
		return result;
	}
	say(&wtptp, "all images sent: the board starts them");
	*link = wtptp.link;
	return 0;
}
