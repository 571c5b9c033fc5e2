// Marks of the time axis: round UTC times, the greater unit named where it begins.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30.4375 * DAY;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND)
	.concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE))
	.concat([1, 2, 3, 6, 12].map((n) => n * HOUR))
	.concat([1, 2, 4, 7, 14].map((n) => n * DAY));
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];

const two = (n) => String(n).padStart(2, '0');

export function clock(t, seconds = true) {
	const date = new Date(t);
	const minutes = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
	return seconds ? `${minutes}:${two(date.getUTCSeconds())}` : minutes;
}

export function day(t, year = true) {
	const date = new Date(t);
	return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${year ? ` ${date.getUTCFullYear()}` : ''}`;
}

// The start of a bar, with what its interval needs.
export function stamp(t, width) {
	if (width >= MONTH) {
		return day(t).replace(/^\d+ /, '');
	}
	return width >= DAY ? day(t) : `${day(t)} ${clock(t, width < MINUTE)}`;
}

function label(t, step) {
	const date = new Date(t);
	if (t % DAY !== 0) {
		return { text: clock(t, step < MINUTE), major: false };
	}
	if (date.getUTCDate() !== 1) {
		return { text: day(t, false), major: step < DAY };
	}
	return date.getUTCMonth() === 0
		? { text: String(date.getUTCFullYear()), major: true }
		: { text: MONTHS[date.getUTCMonth()], major: true };
}

// Days of the month count from the first, so that a mark stands at each month's begin and none beside it.
function days(from, to, step) {
	const marks = [];
	const count = step / DAY;
	for (let t = Math.ceil(from / DAY) * DAY; t <= to; t += DAY) {
		const index = new Date(t).getUTCDate() - 1;
		if (index % count === 0 && 31 - index > count / 2) {
			marks.push(t);
		}
	}
	return marks;
}

function months(from, to, step) {
	const marks = [];
	const date = new Date(from);
	const first = date.getUTCFullYear() * 12 + date.getUTCMonth();
	for (let month = Math.ceil(first / step) * step; ; month += step) {
		const t = Date.UTC(Math.floor(month / 12), month % 12);
		if (t > to) {
			break;
		}
		if (t >= from) {
			marks.push(t);
		}
	}
	return marks;
}

// Marks in [from, to], at most about `count`, and never closer than the bars (`width`): [{ value, label, major }].
export function timeTicks(from, to, count, width) {
	const least = Math.max((to - from) / Math.max(1, count), width >= 3 * DAY ? MONTH : width);
	const step = STEPS.find((candidate) => candidate >= least);
	let marks = [];
	if (step === undefined) {
		const monthStep = MONTH_STEPS.find((n) => n * MONTH >= least) ?? MONTH_STEPS.at(-1);
		marks = months(from, to, monthStep);
	} else if (step >= DAY) {
		marks = days(from, to, step);
	} else {
		for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
			marks.push(t);
		}
	}
	return marks.map((value) => {
		const { text, major } = label(value, step ?? MONTH);
		return { value, label: text, major };
	});
}
