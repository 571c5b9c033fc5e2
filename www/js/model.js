// What is known of one symbol at one interval, from three kinds of answers: `initial` (history), `live` (seconds of the
// newest bars) and `periodic` (what changed behind our back). Passive: it sends nothing, but says what should be asked.
import { barOf } from './fold.js';
import { compareRevisions } from './revision.js';
import { Series } from './series.js';
import { overlaps, Tail } from './tail.js';

// as_of may run ahead of the clock on the wall by this before we doubt that somebody listened all the time.
const LEAP = 10_000;
// Of one `periodic`; the server's limits are a little higher.
const BUCKETS_MAX = 9000;
const PARTS_MAX = 40_000;
const SECOND = 1000;
const ANSWERS_KEPT = 9;

const isTailGap = (gap, asOf) => gap.state === 'open' && asOf !== null && gap.to > asOf;
const gapKey = (gap) => `${gap.from}/${gap.cause}`;

export class Model {
	#answers = []; // revision and as_of of the database's newest answers

	constructor(symbol, interval) {
		this.symbol = symbol;
		this.interval = interval;
		this.series = new Series();
		this.tail = new Tail(interval);
		this.gaps = [];
		this.venue = null;
		this.revision = null;
		this.cursor = null;
		this.settle = 0;
		this.asOf = null; // event time up to which everything is known
		this.lag = null; // of that time behind the venue's clock, when it was told
		this.state = null;
		this.ended = false;
		this.unsureUntil = null; // what live skipped lies before this
		this.touched = false; // an event came for a second that is settled
		this.newest = null; // revision that live reported
		this.loadedFrom = null; // everything from this time on is loaded; the next page ends there
		this.reach = null; // the oldest time that ever was loaded
		this.pastRevision = null; // of the oldest bars: later changes of theirs are not in
		this.exhausted = false; // there is nothing older
		this.loads = 0; // how often everything began anew
		this.snapshotAsOf = null; // as_of of the database's newest answer
	}

	// `initial` without `end`: everything begins here.
	load(answer) {
		this.loads += 1;
		this.#answers = [];
		this.venue = answer.venue;
		this.series = new Series();
		this.tail = new Tail(this.interval);
		this.gaps = answer.gaps;
		this.unsureUntil = null;
		this.touched = false;
		this.newest = null;
		this.exhausted = false;
		this.asOf = null;
		this.#takeRows(answer);
		this.tail.reset(answer.open ?? null);
		this.#takeHead(answer);
		this.cursor = answer.cursor;
		this.loadedFrom = answer.from;
		this.reach = answer.from;
		this.pastRevision = answer.revision;
	}

	// `initial` with `end`: a page of the past.
	older(answer) {
		this.#takeRows(answer);
		if (this.pastRevision === null || compareRevisions(answer.revision, this.pastRevision) < 0) {
			this.pastRevision = answer.revision;
		}
		const keys = new Set(this.gaps.map(gapKey));
		this.gaps = [...answer.gaps.filter((gap) => !keys.has(gapKey(gap))), ...this.gaps];
		this.exhausted = answer.candles.length === 0;
		this.loadedFrom = Math.min(this.loadedFrom, answer.from);
		this.reach = Math.min(this.reach, this.loadedFrom);
	}

	// From where `periodic` can be asked: it folds no more parts than this at once.
	get periodicFrom() {
		const { width, part } = this.interval;
		const end = this.asOf ?? this.loadedFrom;
		return Math.max(this.loadedFrom, this.interval.floor(end - Math.min(BUCKETS_MAX * width, PARTS_MAX * part)));
	}

	// The revision after which `periodic` shall tell changes. A 1s row is stored before its second is settled: what an answer did
	// not show yet may be older than its revision. So we ask from one that knew nothing of the seconds not yet settled here.
	get since() {
		if (this.interval.width > SECOND) {
			return this.revision;
		}
		const before = this.#answers.findLast((answer) => answer.asOf <= this.tail.from - this.settle);
		return before?.revision ?? this.revision.replace(/\d+$/, '0');
	}

	// What changed before `from` nobody told: it is loaded again when it is looked at.
	#forgetPast(from) {
		this.series.bars = this.series.bars.slice(this.series.indexOf(from));
		this.loadedFrom = from;
		this.exhausted = false;
	}

	// `periodic`, asked from `from` on. False: too much has changed, `initial` must be asked again; nothing was taken.
	refresh(answer, from = this.loadedFrom) {
		if (answer.reload || answer.venue !== this.venue) {
			return false;
		}
		const holes = answer.gaps.filter((gap) => gap.state !== 'repaired');
		const local = this.#unconfirmed(answer, holes);
		this.series.remove(answer.removed ?? []);
		this.series.remove(this.series.bars.filter((bar) => bar.local && this.#isHoled(bar, holes)).map((bar) => bar.t));
		this.series.merge(local);
		this.#takeRows(answer);
		const past = this.gaps.filter((gap) => gap.from < from).map((gap) => ({ ...gap, to: Math.min(gap.to, from) }));
		this.gaps = [...past, ...answer.gaps];
		if (from <= this.loadedFrom) {
			this.pastRevision = answer.revision;
		} else if (this.newest !== null && compareRevisions(this.newest, this.pastRevision) > 0) {
			this.#forgetPast(from);
			this.pastRevision = answer.revision;
		}
		this.tail.confirm(answer.open ?? null);
		this.#takeHead(answer);
		this.touched = false;
		if (this.unsureUntil !== null && this.tail.from >= this.unsureUntil) {
			this.unsureUntil = null;
		}
		return true;
	}

	// `live`. `elapsed`: ms since the last such answer. False: another venue is served now.
	live(answer, elapsed) {
		if (answer.venue !== this.venue) {
			return false;
		}
		const asOf = answer.as_of?.[this.symbol] ?? null;
		answer.events.filter((event) => event.type === 'candle' && event.symbol === this.symbol).forEach((event) => {
			this.touched = this.tail.add(event) === 'late' || this.touched;
		});
		this.tail.advance(asOf, LEAP + 5 * elapsed);
		if (answer.recovered === false) {
			this.unsureUntil = Math.max(asOf ?? 0, this.asOf ?? 0);
		}
		this.newest = answer.revision?.[this.symbol] ?? this.newest;
		this.cursor = answer.cursor;
		this.#takeFreshness(asOf, answer);
		return true;
	}

	// Why `periodic` should be asked; null: no reason.
	get doubt() {
		if (this.touched) {
			return 'late';
		}
		if (this.unsureUntil !== null) {
			return 'unsure';
		}
		if (this.newest !== null && this.revision !== null && compareRevisions(this.newest, this.revision) > 0) {
			return 'changed';
		}
		if (this.asOf !== null && this.interval.floor(this.asOf - this.settle) > this.tail.start) {
			return 'closed';
		}
		return this.gaps.some((gap) => isTailGap(gap, this.snapshotAsOf) && this.asOf > gap.from) ? 'resumed' : null;
	}

	// All bars, oldest first: the database's up to where the tail begins, then the tail's; where the tail is not sure to
	// know more than the database did, the database's stay.
	bars() {
		const settled = this.series.before(this.tail.start);
		const told = this.series.bars.slice(settled.length);
		const tail = this.tail.bars(settled.at(-1) ?? null, this.holes()).map((bar) => this.#doubted(bar));
		const sure = this.unsureUntil === null && this.tail.asOf !== null && this.tail.asOf >= this.snapshotAsOf;
		const newest = new Map((sure ? [...told, ...tail] : [...tail, ...told]).map((bar) => [bar.t, bar]));
		return [...settled, ...[...newest.values()].sort((a, b) => a.t - b.t)];
	}

	// The spans of which we know that they are not known. A gap that reaches to the venue's now ends where data go on.
	holes() {
		return this.gaps.filter((gap) => gap.state !== 'repaired'
			&& !(isTailGap(gap, this.snapshotAsOf) && this.asOf > gap.from));
	}

	// The bar that still changes.
	isOpen(bar) {
		return this.asOf !== null && this.interval.next(bar.t) > this.asOf;
	}

	#doubted(bar) {
		const unsure = this.unsureUntil !== null && bar.t < this.unsureUntil;
		return unsure ? { ...bar, complete: false } : bar;
	}

	#takeRows(answer) {
		this.series.merge(answer.candles.map((row) => barOf(row, answer.columns)));
	}

	#takeHead(answer) {
		this.revision = answer.revision;
		this.#answers = [...this.#answers.slice(-ANSWERS_KEPT), { revision: answer.revision, asOf: answer.as_of ?? 0 }];
		if (answer.open && answer.as_of !== null) {
			this.settle = Math.max(0, answer.as_of - answer.open.from);
		}
		this.snapshotAsOf = answer.as_of;
		this.#takeFreshness(answer.as_of, answer);
	}

	#takeFreshness(asOf, answer) {
		if (asOf !== null && (this.asOf === null || asOf > this.asOf)) {
			this.asOf = asOf;
			this.lag = answer.lag_ms;
		}
		this.state = answer.state;
		this.ended = answer.ended === true;
	}

	#isHoled(bar, holes) {
		return overlaps(holes, bar.t, this.interval.next(bar.t));
	}

	// Bars drawn here that a newer `open` leaves behind: they stay, where the answer says nothing else of them.
	#unconfirmed(answer, holes) {
		if (!answer.open) {
			return [];
		}
		const until = this.interval.floor(answer.open.from);
		return this.tail.bars(this.series.before(this.tail.start).at(-1) ?? null, holes)
			.filter((bar) => bar.t < until)
			.map((bar) => (bar.origin === null ? { ...bar, local: true } : bar));
	}
}
