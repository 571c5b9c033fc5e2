// What is shown is kept in the address: #BTCUSDT/1m

export function parseHash(hash) {
	const [symbol, interval] = decodeURIComponent(hash.replace(/^#/, '')).split('/');
	return { symbol: symbol || null, interval: interval || null };
}

export const formatHash = ({ symbol, interval }) => `#${encodeURIComponent(symbol)}/${interval}`;
