// Decimal strings as the API sends them: compared, added and shown exactly. Floats are for drawing only.

function parse(text) {
	const [whole, fraction = ''] = text.split('.');
	return { units: BigInt(whole + fraction), scale: fraction.length };
}

function align(a, b) {
	const x = parse(a);
	const y = parse(b);
	const scale = Math.max(x.scale, y.scale);
	return [x.units * 10n ** BigInt(scale - x.scale), y.units * 10n ** BigInt(scale - y.scale), scale];
}

// <0, 0, >0
export function compare(a, b) {
	const [x, y] = align(a, b);
	return x < y ? -1 : Number(x > y);
}

export function add(a, b) {
	const [x, y, scale] = align(a, b);
	const sum = x + y;
	const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0');
	const whole = digits.slice(0, digits.length - scale);
	return (sum < 0n ? '-' : '') + whole + (scale ? '.' + digits.slice(-scale) : '');
}

export const max = (a, b) => (compare(a, b) < 0 ? b : a);
export const min = (a, b) => (compare(a, b) > 0 ? b : a);

// Digits behind the point, trailing zeros not counted.
export function places(text) {
	const fraction = text.split('.')[1] ?? '';
	return fraction.replace(/0+$/, '').length;
}

// The same number with `wanted` places: zeros go or come, a digit that counts is never cut.
export function show(text, wanted = 0) {
	const [whole, fraction = ''] = text.split('.');
	const kept = Math.max(wanted, places(text));
	return kept ? `${whole}.${fraction.slice(0, kept).padEnd(kept, '0')}` : whole;
}
