// What is shown is kept in the address: #BTCUSDT/1m

// A part that is absent or cannot be decoded is null.
export function parseHash(hash) {
	const [symbol, interval] = hash.replace(/^#/, '').split('/').map((part) => {
		try {
			return decodeURIComponent(part);
		} catch {
			return null;
		}
	});
	return { symbol: symbol || null, interval: interval || null };
}

export const formatHash = ({ symbol, interval }) => `#${encodeURIComponent(symbol)}/${interval}`;
