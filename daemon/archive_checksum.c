#include "archive_checksum.h"
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BLOCK_BYTES 65536
#define HEX_SIZE (2 * EVP_MAX_MD_SIZE + 1)
#define SHA256_DIGITS 64
#define LINE_SIZE 4096
#define PATH_SIZE 4096

/* As text, lower case. */
static void add_hex(const unsigned char *bytes, unsigned count, char out[HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < count; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

static bool digest(FILE *file, EVP_MD_CTX *context, char out[HEX_SIZE])
{
	unsigned char block[BLOCK_BYTES], sum[EVP_MAX_MD_SIZE];
	unsigned count = 0;
	size_t n;

	if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		return false;
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		if (EVP_DigestUpdate(context, block, n) != 1)
			return false;
	if (ferror(file) || EVP_DigestFinal_ex(context, sum, &count) != 1)
		return false;
	add_hex(sum, count, out);
	return true;
}

static int sum_of(const char *path, char out[HEX_SIZE], struct err *e)
{
	FILE *file = fopen(path, "rbe");
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int rc = -1;

	if (!file)
		err_set(e, "%s", strerror(errno));
	else if (context && digest(file, context, out))
		rc = 0;
	else
		err_set(e, "its checksum can't be computed");
	EVP_MD_CTX_free(context);
	if (file)
		fclose(file);
	return rc;
}

/* A line "<digits>  <name>" or "<digits> *<name>"; gives the name, its end cut off. NULL: it is none. */
static const char *name_in(char *line)
{
	char *name = line + SHA256_DIGITS;

	line[strcspn(line, "\r\n")] = '\0';
	if (strspn(line, "0123456789abcdefABCDEF") != SHA256_DIGITS)
		return NULL;
	if (*name != ' ' || (name[1] != ' ' && name[1] != '*') || !name[2])
		return NULL;
	*name = '\0';
	return name + 2;
}

static int find_sum(FILE *list, const char *base, char out[HEX_SIZE], struct err *e)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), list)) {
		const char *name = name_in(line);

		if (!name)
			return err_set(e, "its CHECKSUM is none of SHA-256");
		if (strcmp(name, base) != 0)
			continue;
		memcpy(out, line, SHA256_DIGITS + 1);
		return 0;
	}
	return err_set(e, "its CHECKSUM does not name it");
}

int archive_checksum_verify(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char list_path[PATH_SIZE], want[HEX_SIZE], have[HEX_SIZE];
	FILE *list;
	int rc;

	if ((size_t)snprintf(list_path, sizeof(list_path), "%s.CHECKSUM", path) >=
		sizeof(list_path))
		return err_set(e, "its path is too long");
	list = fopen(list_path, "re");
	if (!list)
		return errno == ENOENT ? 0 : err_set(e, "its CHECKSUM: %s", strerror(errno));
	rc = find_sum(list, slash ? slash + 1 : path, want, e);
	fclose(list);
	if (rc < 0 || sum_of(path, have, e) < 0)
		return -1;
	return strcasecmp(want, have) == 0
		       ? 1
		       : err_set(e, "it is not the file that its CHECKSUM tells of");
}
