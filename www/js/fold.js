// Folding parts (seconds, or bars already folded) into one bar: the same rules as in the server, so that both agree.
// A bar is {t, o, h, l, c, v, q, n, origin, complete}: times in ms, decimals as strings, v q n null when unknown.
import { add, max, min } from './decimal.js';

const ORIGINS = ['sample', 'aggTrade', 'trade', 'kline', 'correction'];

export const rank = (origin) => ORIGINS.indexOf(origin);
export const isEmpty = (part) => part.n === 0;

// A sum is unknown as soon as one part's is.
function total(parts, key, sum) {
	const values = parts.map((part) => part[key]);
	return values.length === 0 || values.includes(null) ? null : values.reduce(sum);
}

// `parts` in the order of time, at least one. Parts without a trade count only where there is nothing else. `isPending(part)`: its volume
// is not known yet, and left out as long as others are known.
export function fold(t, parts, isPending = () => false) {
	const traded = parts.filter((part) => !isEmpty(part));
	const used = traded.length ? traded : parts;
	const summed = used.filter((part) => !isPending(part));
	return {
		t,
		o: used[0].o,
		h: used.map((part) => part.h).reduce(max),
		l: used.map((part) => part.l).reduce(min),
		c: used[used.length - 1].c,
		v: total(summed, 'v', add),
		q: total(summed, 'q', add),
		n: total(summed, 'n', (a, b) => a + b),
		origin: ORIGINS[Math.min(...parts.map((part) => rank(part.origin)))] ?? parts[0].origin,
		complete: true,
	};
}

// The bar of a time in which we listened and nobody traded. Where volumes are unknown they stay so.
export function flat(t, close, known) {
	const none = known ? '0' : null;
	return { t, o: close, h: close, l: close, c: close, v: none, q: none, n: known ? 0 : null, origin: null, complete: known };
}

// A row of the API as a bar; `columns` says what stands where.
export function barOf(row, columns) {
	const bar = { origin: null, complete: true };
	columns.forEach((name, i) => {
		bar[name] = row[i];
	});
	return bar;
}
