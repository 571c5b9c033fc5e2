/* Whatever the exchange answers, a weight is read from it or none. */
#include "daemon/rest_limits.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (rest_limits_weight((const char *)data, len) < 0)
		abort();
	return 0;
}
