/* exchangeInfo: what is traded, by which rules (Binance's documentation). */
#include "exchange_asked.h"
#include "market_best.h"
#include "market_number.h"
#include "pair.h"
#include <stdlib.h>
#include <string.h>

static void filters_add(struct buf *out, int64_t tick, int64_t lot)
{
	buf_add_str(out, "\"filters\":[{\"filterType\":\"PRICE_FILTER\"");
	asked_number_add(out, "minPrice", tick, NUMBER_PLACES);
	asked_number_add(out, "maxPrice", 92000000000 * (__int128)NUMBER_ONE, NUMBER_PLACES);
	asked_number_add(out, "tickSize", tick, NUMBER_PLACES);
	buf_add_str(out, "},{\"filterType\":\"LOT_SIZE\"");
	asked_number_add(out, "minQty", lot, NUMBER_PLACES);
	asked_number_add(out, "maxQty", 92000000000 * (__int128)NUMBER_ONE, NUMBER_PLACES);
	asked_number_add(out, "stepSize", lot, NUMBER_PLACES);
	buf_add_str(out,
		"},{\"filterType\":\"ICEBERG_PARTS\",\"limit\":10},"
		"{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.00000000\",\"maxQty\":"
		"\"92000000000.00000000\",\"stepSize\":\"0.00000000\"},"
		"{\"filterType\":\"TRAILING_DELTA\",\"minTrailingAboveDelta\":10,"
		"\"maxTrailingAboveDelta\":2000,\"minTrailingBelowDelta\":10,"
		"\"maxTrailingBelowDelta\":2000},"
		"{\"filterType\":\"PERCENT_PRICE_BY_SIDE\",\"bidMultiplierUp\":\"5\","
		"\"bidMultiplierDown\":\"0.2\",\"askMultiplierUp\":\"5\",\"askMultiplierDown\":"
		"\"0.2\",\"avgPriceMins\":5},"
		"{\"filterType\":\"NOTIONAL\",\"minNotional\":\"0.00010000\",\"applyMinToMarket\":"
		"true,\"maxNotional\":\"9000000.00000000\",\"applyMaxToMarket\":false,"
		"\"avgPriceMins\":5},"
		"{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":200},"
		"{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"maxNumAlgoOrders\":5}]");
}

static void symbol_add(struct buf *out, const struct market_symbol *s)
{
	size_t base = pair_base_len(s->name);
	bool trading = s->status == MARKET_TRADING;
	int64_t tick, lot;

	market_best_steps(s, &tick, &lot);
	buf_add_str(out, "{\"symbol\":");
	buf_add_json(out, s->name, strlen(s->name));
	buf_printf(out, ",\"status\":\"%s\",\"baseAsset\":", market_status_name(s->status));
	buf_add_json(out, s->name, base);
	buf_add_str(out, ",\"baseAssetPrecision\":8,\"quoteAsset\":");
	buf_add_json(out, s->name + base, strlen(s->name + base));
	buf_add_str(out, ",\"quotePrecision\":8,\"quoteAssetPrecision\":8,"
			 "\"baseCommissionPrecision\":8,\"quoteCommissionPrecision\":8,"
			 "\"orderTypes\":[\"LIMIT\",\"LIMIT_MAKER\",\"MARKET\",\"STOP_LOSS\","
			 "\"STOP_LOSS_LIMIT\",\"TAKE_PROFIT\",\"TAKE_PROFIT_LIMIT\"],"
			 "\"icebergAllowed\":true,\"ocoAllowed\":true,\"otoAllowed\":true,"
			 "\"opoAllowed\":true,\"quoteOrderQtyMarketAllowed\":true,"
			 "\"allowTrailingStop\":true,\"cancelReplaceAllowed\":true,"
			 "\"amendAllowed\":true,\"pegInstructionsAllowed\":true,");
	buf_printf(out, "\"isSpotTradingAllowed\":%s,\"isMarginTradingAllowed\":false,",
		trading ? "true" : "false");
	filters_add(out, tick, lot);
	buf_add_str(out, ",\"permissions\":[],\"permissionSets\":[[\"SPOT\"]],"
			 "\"defaultSelfTradePreventionMode\":\"EXPIRE_MAKER\","
			 "\"allowedSelfTradePreventionModes\":[\"NONE\",\"EXPIRE_TAKER\","
			 "\"EXPIRE_MAKER\",\"EXPIRE_BOTH\",\"DECREMENT\"]}");
}

/* `permissions`: one or a list; all that we have is SPOT. */
static int permissions_check(const struct asked *q, bool *spot)
{
	const char *permissions = rest_param(q->request, "permissions");

	*spot = !permissions || strcmp(permissions, "SPOT") == 0 || strstr(permissions, "\"SPOT\"");
	if (permissions && (rest_param(q->request, "symbol") || rest_param(q->request, "symbols")))
		return rest_error(
			q->answer, 400, -1128, "Combination of optional parameters invalid.");
	return 0;
}

int exchange_info_serve(const struct asked *q)
{
	struct buf *out = &q->answer->body;
	bool *chosen = NULL, one, spot;
	size_t count, added = 0;

	if (permissions_check(q, &spot) || asked_symbols(q, &chosen, &count, &one))
		return -1;
	if (asked_status(q, chosen)) {
		free(chosen);
		return -1;
	}
	buf_add_str(out, "{\"timezone\":\"UTC\",\"serverTime\":");
	asked_time_add(q, q->clock_us);
	buf_add_str(out,
		",\"rateLimits\":[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
		"\"intervalNum\":1,\"limit\":6000},{\"rateLimitType\":\"ORDERS\",\"interval\":"
		"\"SECOND\",\"intervalNum\":10,\"limit\":100},{\"rateLimitType\":\"ORDERS\","
		"\"interval\":\"DAY\",\"intervalNum\":1,\"limit\":200000},{\"rateLimitType\":"
		"\"RAW_REQUESTS\",\"interval\":\"MINUTE\",\"intervalNum\":5,\"limit\":300000}],"
		"\"exchangeFilters\":[],\"symbols\":[");
	for (size_t i = 0; spot && i < market_symbol_count(q->market); i++) {
		if (!chosen[i])
			continue;
		if (added++ > 0)
			buf_add_char(out, ',');
		symbol_add(out, market_symbol_at(q->market, i));
	}
	buf_add_str(out, "],\"sors\":[]}");
	free(chosen);
	return 0;
}
