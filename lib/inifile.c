#include "inifile.h"
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
	FILE *file;
	inifile_take *take;
	void *arg;
	struct err *e;
	int number;
	bool further;
	bool too_long;
	bool has_nul;
	bool refused; /* by `take` or by the checks here: `e` has the reason */
};

/* libinih's reader: one line a call, as fgets. */
static char *read_line(char *line, int room, void *arg)
{
	struct walk *w = arg;

	if (w->too_long || w->has_nul || !fgets(line, room, w->file))
		return NULL;
	size_t len = strlen(line);
	w->number++;
	w->further = *line == ' ' || *line == '\t';
	/* The rest of a longer line would be taken for a line of its own. */
	w->too_long = len > INIFILE_LINE_BYTES_MAX;
	/* A line ends by its newline or the file's end; one that ends before would hide its rest. */
	w->has_nul = !w->too_long && !feof(w->file) && (len == 0 || line[len - 1] != '\n');
	return w->too_long || w->has_nul ? NULL : line;
}

static int handle(void *arg, const char *section, const char *key, const char *text)
{
	struct walk *w = arg;
	const struct inifile_line line = {section, key, text, w->number, w->further};

	w->refused = w->take(w->arg, &line, w->e) < 0;
	return !w->refused;
}

static int failed(const struct walk *w, const char *path, int result)
{
	if (ferror(w->file))
		return err_set(w->e, "%s: %s", path, strerror(errno));
	if (w->too_long)
		return err_set(w->e, "%s:%d: more than %d bytes in a line", path, w->number,
			INIFILE_LINE_BYTES_MAX);
	if (w->has_nul)
		return err_set(w->e, "%s:%d: a NUL byte", path, w->number);
	if (w->refused)
		return err_wrap(w->e, "%s:%d", path, w->number);
	if (result > 0)
		return err_set(w->e, "%s:%d: neither [section] nor key = value", path, result);
	return result ? err_set(w->e, "%s: no memory", path) : 0;
}

int inifile_read(const char *path, inifile_take *take, void *arg, struct err *e)
{
	struct walk w = {.take = take, .arg = arg, .e = e};
	struct stat st;

	w.file = fopen(path, "re");
	if (!w.file)
		return err_set(e, "%s: %s", path, strerror(errno));
	if (fstat(fileno(w.file), &st) == 0 && S_ISDIR(st.st_mode)) {
		fclose(w.file);
		return err_set(e, "%s: is a folder", path);
	}
	ini_use_stack = false;
	ini_initial_alloc = INIFILE_LINE_BYTES_MAX + 4;
	ini_max_line = INIFILE_LINE_BYTES_MAX + 4;
	ini_stop_on_first_error = true;
	int result = failed(&w, path, ini_parse_stream(read_line, &w, handle, &w));
	fclose(w.file);
	return result;
}
