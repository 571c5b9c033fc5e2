#include "pair.h"
#include <string.h>

/* What Binance quotes, or has quoted, spot markets in, but for those of three letters. */
static const char *const quotes[] = {"USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USDP", "USDS",
	"USD1", "RLUSD", "XUSD", "BFUSD", "AEUR", "EURI", "IDRT", "BIDR", "BVND", "BKRW", "DOGE"};

#define OTHERS_LEN 3

size_t pair_base_len(const char *symbol)
{
	size_t len = strlen(symbol), longest = 0;

	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		size_t quote = strlen(quotes[i]);

		if (len > quote && quote > longest && strcmp(symbol + len - quote, quotes[i]) == 0)
			longest = quote;
	}
	if (longest == 0)
		return len > OTHERS_LEN ? len - OTHERS_LEN : len;
	return len - longest;
}
