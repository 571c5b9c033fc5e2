// The newest bars, folded here from what the database had settled (`base`) and the seconds that `live` sends behind it.
// Seconds from `from` on are kept apart, so that each can be replaced by its newer state. Passive; times in ms.
import { barOf, flat, fold, rank } from './fold.js';

const BASE = ['t', 'o', 'h', 'l', 'c', 'v', 'q', 'n', 'origin'];
// A second's state comes when the second is over: only then is its absence a fact.
const QUIET = 2000;
const PENDING = 3000;
const FLAT_MAX = 3000;

export const overlaps = (spans, from, to) => spans.some((span) => span.from < to && span.to > from);

export class Tail {
	constructor(interval) {
		this.interval = interval;
		this.asOf = null;
		this.reset(null);
	}

	// Starts anew from an answer's `open` (null: nothing is known yet).
	reset(open) {
		this.from = open ? open.from : null;
		this.seconds = new Map(); // second -> event
		this.bases = new Map(); // bar -> settled part before `from`
		this.folded = new Map(); // bar -> result, dropped when a part changes
		this.leaps = []; // spans that as_of jumped over: emptiness there is not yet known to be real
		this.#setBases(open);
	}

	// Takes a later answer's `open`: what it holds is settled, seconds before it are done with. An earlier one is ignored.
	confirm(open) {
		if (!open || (this.from !== null && open.from < this.from)) {
			return;
		}
		this.from = open.from;
		this.seconds.forEach((event, t) => t < open.from && this.seconds.delete(t));
		this.leaps = this.leaps.filter((span) => span.to > open.from);
		this.folded.clear();
		this.bases.clear();
		this.#setBases(open);
	}

	#setBases(open) {
		[open, open?.before].filter((part) => part?.base).forEach((part) => {
			this.bases.set(this.interval.floor(part.t), barOf(part.base, BASE));
		});
	}

	// 'taken', 'late' (before `from`: only the database can tell) or 'outranked' (a better origin is known).
	add(event) {
		if (this.from === null || event.t < this.from) {
			return 'late';
		}
		const known = this.seconds.get(event.t);
		if (known && rank(known.origin) > rank(event.origin)) {
			return 'outranked';
		}
		this.seconds.set(event.t, event);
		this.folded.delete(this.interval.floor(event.t));
		return 'taken';
	}

	// Every second before `asOf` was told. `expected`: how far it could have come since the last call without anything unusual.
	advance(asOf, expected = Infinity) {
		if (asOf === null || (this.asOf !== null && asOf <= this.asOf)) {
			return;
		}
		if (this.asOf !== null && asOf - this.asOf > expected) {
			this.leaps.push({ from: this.asOf, to: asOf });
		}
		this.asOf = asOf;
	}

	// The first bar that this tail speaks for.
	get start() {
		return this.from === null ? Infinity : this.interval.floor(this.from);
	}

	// The bars from `start` to as_of. `before`: the bar in front of them (its close makes flat bars), `gaps`: known holes.
	bars(before, gaps) {
		const result = [];
		const parts = this.#partsByBar();
		this.#times(parts).forEach((t) => {
			const bar = parts.has(t) ? this.#fold(t, parts.get(t)) : this.#flat(t, result.at(-1) ?? before, gaps);
			if (bar) {
				const holed = overlaps(gaps, t, this.interval.next(t));
				result.push(holed ? { ...bar, complete: false } : bar);
			}
		});
		return result;
	}

	#partsByBar() {
		const parts = new Map();
		this.bases.forEach((base, t) => parts.set(t, [base]));
		[...this.seconds.keys()].sort((a, b) => a - b).forEach((second) => {
			const t = this.interval.floor(second);
			if (!parts.has(t)) {
				parts.set(t, []);
			}
			parts.get(t).push(this.seconds.get(second));
		});
		return parts;
	}

	// Where a bar may stand: every one with parts, and the last FLAT_MAX up to as_of.
	#times(parts) {
		const times = new Set(parts.keys());
		if (this.asOf !== null) {
			const last = this.interval.floor(this.asOf);
			const first = Math.max(this.start, this.interval.floor(last - FLAT_MAX * this.interval.width));
			for (let t = first; t <= last; t = this.interval.next(t)) {
				times.add(t);
			}
		}
		return [...times].sort((a, b) => a - b);
	}

	// The newest second is mostly a sample first, whose volume the trades of a second later tell.
	#fold(t, parts) {
		const isPending = (part) => part.v === null && part.t >= this.asOf - PENDING;
		if (parts.some(isPending)) {
			return fold(t, parts, isPending);
		}
		if (!this.folded.has(t)) {
			this.folded.set(t, fold(t, parts));
		}
		return this.folded.get(t);
	}

	#flat(t, before, gaps) {
		const end = this.interval.next(t);
		if (!before || this.asOf < t + QUIET || overlaps(gaps, t, end) || overlaps(this.leaps, t, end)) {
			return null;
		}
		return flat(t, before.c, before.v !== null);
	}
}
