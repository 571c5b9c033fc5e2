// ccxt, told only another base URL, and what it makes of the answers, as one JSON object.
// Arguments: the base URL, a symbol, from when on and how many candles.
import ccxt from 'ccxt';

const [base, symbol, since, limit] = process.argv.slice(2);
const client = new ccxt.binance({
	options: { defaultType: 'spot', fetchMarkets: { types: ['spot'] }, fetchMargins: false, fetchCurrencies: false },
	enableRateLimit: false,
});
client.urls.api.public = `${base}/api/v3`;

const markets = await client.loadMarkets();
const candles = [];
for (let at = Number(since); candles.length < Number(limit); at = candles.at(-1)[0] + 1) {
	const page = await client.fetchOHLCV(symbol, '1s', at, 700);
	candles.push(...page);
	if (page.length < 700) {
		break;
	}
}
let refused = null;
try {
	await client.publicGetKlines({ symbol: 'NOSUCH', interval: '1m' });
} catch (error) {
	refused = error.constructor.name;
}
console.log(JSON.stringify({
	symbols: Object.keys(markets),
	market: markets[symbol],
	time: await client.fetchTime(),
	candles: candles.slice(0, Number(limit)),
	newest: await client.fetchOHLCV(symbol, '1m', undefined, 10),
	ticker: await client.fetchTicker(symbol),
	tickers: Object.keys(await client.fetchTickers()),
	refused,
}));
