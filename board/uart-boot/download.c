#include "board/uart-boot/download.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board/common/bytes.h"
#include "board/uart-boot/speed.h"

/* A frame that the board refuses is sent this often. */
#define MAX_TRIES	 3
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

/* A board may refuse a frame that was damaged on the way: then it goes again. */
static int command_with_retries(struct wtptp *wtptp, enum wtptp_command command, uint8_t flags,
				const uint8_t *data, uint32_t length,
				struct wtptp_response *response, struct board_error *error)
{
	int result = 0;

	for (int i = 0; i < MAX_TRIES; i++) {
		result = wtptp_command(wtptp, command, flags, data, length, response, error);
		if (result != -EREMOTEIO || response->status != WTPTP_NACK)
			break;
		say(wtptp, "the board refused a frame: sending it again");
	}
	return result;
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

/* Announce what is left; the board says how much of it it takes at once. */
static int send_header(struct wtptp *wtptp, uint32_t left, bool fast, uint32_t *chunk,
		       bool *fast_accepted, struct board_error *error)
{
	struct wtptp_response response;
	uint8_t data[4];
	int result;

	put_le32(data, left);
	wtptp->sequence++;
	result = command_with_retries(wtptp, WTPTP_DATA_HEADER, fast ? WTPTP_FLAG_FAST : 0, data,
				      sizeof(data), &response, error);
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
		struct wtptp_response response;
		bool fast_accepted = false;
		uint32_t chunk = 0;
		int result = send_header(wtptp, (uint32_t)(image->size - at), fast && at == 0,
					 &chunk, &fast_accepted, error);

		if (result != 0)
			return result;
		wtptp->sequence++;
		if (fast_accepted)
			return send_fast(wtptp, image, at, error);
		result = command_with_retries(wtptp, WTPTP_DATA, 0, image->bytes + at, chunk,
					      &response, error);
		if (result != 0)
			return result;
		at += chunk;
		if (wtptp->observer.progress != NULL)
			wtptp->observer.progress(wtptp->observer.context, image->name, at,
						 image->size);
	}
	return 0;
}

/* Which image does the board want? */
static int select_image(struct wtptp *wtptp, uint32_t *id, struct board_error *error)
{
	struct wtptp_response response;
	int result = wtptp_command(wtptp, WTPTP_GET_VERSION, 0, NULL, 0, &response, error);

	if (result != 0)
		return result;
	show_version(wtptp, &response);
	result = wtptp_command(wtptp, WTPTP_SELECT_IMAGE, 0, NULL, 0, &response, error);
	if (result != 0)
		return result;
	if (response.length < 4)
		return board_fail(error, EPROTO, "SelectImage: the board does not say which image");
	*id = get_le32(response.data);
	return 0;
}

static int verify_image(struct wtptp *wtptp, uint8_t verdict, struct board_error *error)
{
	struct wtptp_response response;

	wtptp_reset_sequence(wtptp);
	return wtptp_command(wtptp, WTPTP_VERIFY_IMAGE, 0, &verdict, 1, &response, error);
}

static int end_image(struct wtptp *wtptp, struct board_error *error)
{
	struct wtptp_response response;

	wtptp_reset_sequence(wtptp);
	return wtptp_command(wtptp, WTPTP_DONE, 0, NULL, 0, &response, error);
}

/* Tell the board that it will not get what it asks for, as far as it still listens. */
static int decline(struct wtptp *wtptp, uint32_t id, struct board_error *error)
{
	struct wtptp_response response;
	char name[11];

	if (verify_image(wtptp, IMAGE_IS_MISSING, NULL) == 0 && end_image(wtptp, NULL) == 0)
		wtptp_command(wtptp, WTPTP_DISCONNECT, 0, NULL, 0, &response, NULL);
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

static int send_image(struct wtptp *wtptp, const struct image *image, bool fast,
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
		result = end_image(wtptp, error);
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

/* The board has taken the TIM and changes its speed, if it is to. */
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

static int send_next(struct wtptp *wtptp, const struct image_set *images, bool fast, uint32_t *last,
		     struct board_error *error)
{
	bool first = *last == TIM_ID_NONE;
	int timeout = first ? wtptp->timing.reply : wtptp->timing.ddr;
	const struct image *image;
	uint32_t id = TIM_ID_NONE;
	int result = wtptp_preamble(wtptp, timeout, error);

	if (result == 0)
		result = select_image(wtptp, &id, error);
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
	return send_image(wtptp, image, fast, error);
}

int download_images(struct wtptp *wtptp, const struct image_set *images, bool fast,
		    struct board_error *error)
{
	uint32_t last = TIM_ID_NONE;
	bool changed = false;

	for (unsigned int sent = 0; sent < images->count; sent++) {
		int result =
			send_next(wtptp, images, fast && sent + 1 == images->count, &last, error);

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
