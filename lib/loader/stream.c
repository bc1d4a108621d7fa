/* Reads kernel files through zlib, which passes on what is not compressed. */
#include "lib/loader/stream.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Bytes that zlib reads at once. */
#define BUFFER_SIZE (1U << 17)
/* gzread() takes and returns int. */
#define READ_MAX    (1U << 30)

int stream_open(struct stream *stream, int fd)
{
	stream->gz = gzdopen(fd, "rb");
	if (!stream->gz) {
		snprintf(stream->err, stream->errlen, "%s: the host is out of memory",
			 stream->path);
		close(fd);
		return -ENOMEM;
	}
	gzbuffer(stream->gz, BUFFER_SIZE);
	return 0;
}

void stream_close(struct stream *stream)
{
	gzclose(stream->gz);
}

int64_t stream_read(struct stream *stream, void *buf, uint64_t len)
{
	uint64_t done = 0;
	int number;

	while (done < len) {
		unsigned part = len - done > READ_MAX ? READ_MAX : (unsigned)(len - done);
		int got = gzread(stream->gz, (char *)buf + done, part);

		if (got <= 0)
			break;
		done += (uint64_t)got;
	}
	gzerror(stream->gz, &number);
	if (number == Z_OK || number == Z_STREAM_END)
		return (int64_t)done;
	snprintf(stream->err, stream->errlen, "%s: %s; copy it again", stream->path,
		 number == Z_BUF_ERROR ? "truncated (the gzip data ends early)"
				       : "damaged (the gzip data is inconsistent)");
	return -EIO;
}

int stream_read_at(struct stream *stream, uint64_t offset, void *buf, uint64_t len)
{
	int64_t got = 0;

	if (offset <= INT64_MAX - len && gzseek(stream->gz, (z_off_t)offset, SEEK_SET) >= 0)
		got = stream_read(stream, buf, len);
	if (got < 0)
		return (int)got;
	if ((uint64_t)got == len)
		return 0;
	snprintf(stream->err, stream->errlen,
		 "%s: truncated: its headers name bytes up to %llu; copy it again", stream->path,
		 (unsigned long long)offset + len);
	return -ENOEXEC;
}
