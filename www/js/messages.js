// The text in the middle of an empty chart: why there is none, and what happens next. Pure.

// `failure`: of Feed; `symbols`: what is collected, null while unknown.
export function messageOf({ symbol, failure, loaded, hasBars, symbols }) {
	if (hasBars) {
		return null;
	}
	if (failure) {
		const { error } = failure;
		if (error.passing) {
			return { title: 'The server does not answer', text: 'Trying again by itself.' };
		}
		const unknown = error.code === -1121 || (symbols && !symbols.includes(symbol));
		return unknown
			? { title: `${symbol} is not collected here`, text: 'Choose another symbol above.' }
			: { title: 'The server refused this chart', text: error.message };
	}
	return loaded
		? { title: 'No data yet', text: `Waiting for the first trade of ${symbol}.` }
		: { kind: 'loading', title: 'Loading', text: symbol ?? '' };
}
