/* Whatever the file holds: it is read, with no age below 0, or refused with a reason and left as it is. */
#include "clock.h"
#include "daemon/feed_attempts_file.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_taken(int fd)
{
	const struct feed_attempts_now now = {5 * DAY_US, 20000 * DAY_US};
	int64_t age_us[FEED_ATTEMPTS_MAX];
	struct err e;

	if (feed_attempts_file_write(fd, 1, &now, &e) != 0 ||
		feed_attempts_file_read(fd, &now, age_us, &e) != 0 || age_us[1] != 0)
		abort();
	for (int i = 0; i < FEED_ATTEMPTS_MAX; i++)
		if (age_us[i] < 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct feed_attempts_now now = {DAY_US, 20000 * DAY_US};
	static char after[1 << 16];
	int64_t age_us[FEED_ATTEMPTS_MAX];
	struct err e = {""};
	int fd = memfd_create("attempts", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	if (feed_attempts_file_read(fd, &now, age_us, &e) == 0)
		check_taken(fd);
	else if (!e.text[0] || pread(fd, after, sizeof(after), 0) != (ssize_t)len ||
		 memcmp(after, data, len) != 0)
		abort();
	close(fd);
	return 0;
}
