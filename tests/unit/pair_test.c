/* Goal: the assets of a name, where the name is all there is. */
#include "pair.h"
#include "test.h"
#include <string.h>

static void splits_names(void **state)
{
	static const char *const names[][2] = {{"BTCUSDT", "BTC"}, {"ETHBTC", "ETH"},
		{"BTCTUSD", "BTC"}, {"1INCHDOWNUSDT", "1INCHDOWN"}, {"USDTTRY", "USDT"},
		{"BNBFDUSD", "BNB"}, {"EURUSDC", "EUR"}, {"ABCXYZ", "ABC"}, {"XYZ", "XYZ"},
		{"BTC", "BTC"}, {"", ""}, {"\xe5\xb8\x81USDT", "\xe5\xb8\x81"}};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(pair_base_len(names[i][0]), strlen(names[i][1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
