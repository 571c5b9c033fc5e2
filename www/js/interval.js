// The 16 chart intervals and their buckets: UTC, 1w from Monday, 1M from the first, 3d from the epoch.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONDAY = 4 * DAY; // 1970-01-05

// width: of 1M a mean month, for layout only.
const TABLE = [
	['1s', SECOND, 'second'], ['1m', MINUTE, 'minute'], ['3m', 3 * MINUTE, '3 minutes'], ['5m', 5 * MINUTE, '5 minutes'],
	['15m', 15 * MINUTE, '15 minutes'], ['30m', 30 * MINUTE, '30 minutes'], ['1h', HOUR, 'hour'],
	['2h', 2 * HOUR, '2 hours'], ['4h', 4 * HOUR, '4 hours'], ['6h', 6 * HOUR, '6 hours'],
	['8h', 8 * HOUR, '8 hours'], ['12h', 12 * HOUR, '12 hours'], ['1d', DAY, 'day'], ['3d', 3 * DAY, '3 days'],
	['1w', 7 * DAY, 'week'], ['1M', 30.4375 * DAY, 'month'],
];

function month(t, step) {
	const date = new Date(t);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + step, 1);
}

const STORED = [DAY, HOUR, MINUTE, SECOND];

function make([name, width, title]) {
	const origin = name === '1w' ? MONDAY : 0;
	const calendar = name === '1M';
	return {
		name, width, title,
		part: STORED.find((stored) => stored <= width), // what the server folds it from
		floor: calendar ? (t) => month(t, 0) : (t) => Math.floor((t - origin) / width) * width + origin,
		next: calendar ? (t) => month(t, 1) : (t) => t + width,
	};
}

export const intervals = TABLE.map(make);

// By exact name (1m and 1M differ); undefined if there is none.
export const findInterval = (name) => intervals.find((interval) => interval.name === name);
