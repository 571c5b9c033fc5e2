#include "pair.h"
#include <string.h>

/* What Binance quotes, or has quoted, spot markets in. */
static const char *const quotes[] = {"USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USDP", "USDS",
	"USD1", "RLUSD", "XUSD", "BFUSD", "AEUR", "EURI", "IDRT", "BIDR", "BVND", "BKRW", "DOGE",
	"BTC", "ETH", "BNB", "XRP", "TRX", "DOT", "SOL", "DAI", "VAI", "PAX", "UST", "EUR", "TRY",
	"BRL", "GBP", "AUD", "JPY", "MXN", "PLN", "ARS", "RUB", "UAH", "ZAR", "NGN", "COP", "CZK",
	"RON"};

#define UNKNOWN_LEN 3

size_t pair_base_len(const char *symbol)
{
	size_t len = strlen(symbol), longest = 0;

	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		size_t quote = strlen(quotes[i]);

		if (len > quote && quote > longest && strcmp(symbol + len - quote, quotes[i]) == 0)
			longest = quote;
	}
	if (longest == 0)
		return len > UNKNOWN_LEN ? len - UNKNOWN_LEN : len;
	return len - longest;
}
