// Keeps a Model up to date: `initial` once, then `live` without end, `periodic` when the model doubts. Owns all requests of
// one symbol and interval; calls `changed()` after everything that may show.
import { initial, live, makePeriodic } from './api.js';
import { isStale } from './freshness.js';
import { Model } from './model.js';
import { Backoff, pause } from './retry.js';

const PAGE = 500;
const PAGE_MAX = 1500; // the server's
const LIVE_PACE = 200;
const EMPTY_PACE = 1000;
const RELOAD_PACE = 3000;
const OLDER_PACE = 5000;
const TICK = 500;
// How long after the last `periodic` a doubt is worth another one.
const SPACING = { late: 1000, unsure: 1000, changed: 1000, closed: 5000, resumed: 5000, stale: 10_000, idle: 60_000 };

// Seconds. An answer without an event still brings the state: it must not grow old on the page.
const WAIT = 5;

class Reload extends Error {}

export class Feed {
	#changed;
	#run = new AbortController();
	#periodic = makePeriodic();
	#asking = false;
	#paging = false;
	#nextPeriodic = 0; // not before this, after a failure
	#lastPeriodic = 0;
	#nextPage = 0;
	#asOf = null;
	#historyRetry = new Backoff();

	constructor(changed) {
		this.#changed = changed;
		this.model = null;
		this.heard = 0; // performance.now() when as_of came on last
		this.failure = null; // { error, retryAt }: the last request of the main line failed
		this.loaded = false;
	}

	// Leaves what was, shows `symbol` at `interval`.
	start(symbol, interval) {
		this.stop();
		this.#run = new AbortController();
		this.model = new Model(symbol, interval);
		this.#periodic = makePeriodic();
		this.#asking = this.#paging = this.loaded = false;
		this.#nextPeriodic = this.#nextPage = 0;
		this.#asOf = null;
		this.failure = null;
		this.#changed();
		this.#main(this.#run.signal).catch((error) => {
			if (error.name !== 'AbortError') {
				throw error;
			}
		});
	}

	stop() {
		this.#run.abort();
	}

	async #main(signal) {
		const timer = setInterval(() => this.#considerPeriodic(signal), TICK);
		signal.addEventListener('abort', () => clearInterval(timer));
		for (;;) {
			await this.#load(signal);
			const begun = performance.now();
			try {
				await this.#follow(signal);
			} catch (error) {
				if (!(error instanceof Reload)) {
					throw error;
				}
			}
			await pause(Math.max(0, begun + RELOAD_PACE - performance.now()), signal);
		}
	}

	// Until `initial` has given something to go on from.
	async #load(signal) {
		const { model } = this;
		for (;;) {
			const { symbol, interval } = model;
			const answer = await this.#tryUntilAnswered(signal, () =>
				initial({ symbol, interval: interval.name, limit: PAGE }, signal));
			model.load(answer);
			this.loaded = true;
			this.#lastPeriodic = performance.now();
			this.#took();
			if (answer.open) {
				return;
			}
			await pause(EMPTY_PACE, signal);
		}
	}

	async #follow(signal) {
		const { model } = this;
		let before = performance.now();
		for (;;) {
			const asked = performance.now();
			const { loads } = model;
			const answer = await this.#tryUntilAnswered(signal, () => live(model.symbol, model.cursor, WAIT, signal), true);
			if (model.loads !== loads) {
				continue; // loaded anew meanwhile: this answer continues what is no more
			}
			if (!model.live(answer, performance.now() - before)) {
				throw new Reload();
			}
			before = performance.now();
			this.#took();
			this.#considerPeriodic(signal);
			await pause(Math.max(0, asked + LIVE_PACE - performance.now()), signal);
		}
	}

	// Passing failures are waited out; any other stays shown until the user chooses something else (or reloads, for `live`).
	async #tryUntilAnswered(signal, ask, following = false) {
		const backoff = new Backoff();
		for (;;) {
			try {
				const answer = await ask();
				this.failure = null;
				return answer;
			} catch (error) {
				signal.throwIfAborted();
				if (following && !error.passing) {
					throw new Reload();
				}
				const wait = error.passing ? backoff.next(error.retryAfter) : Infinity;
				this.failure = { error, retryAt: performance.now() + wait };
				this.#changed();
				await (error.passing ? pause(wait, signal) : new Promise((_, reject) => {
					signal.addEventListener('abort', () => reject(signal.reason));
				}));
			}
		}
	}

	#considerPeriodic(signal) {
		const now = performance.now();
		if (signal.aborted || !this.loaded || this.#asking || !this.model.cursor || now < this.#nextPeriodic) {
			return;
		}
		const reason = this.model.doubt ?? (isStale(this.model, now - this.heard) ? 'stale' : 'idle');
		if (now - this.#lastPeriodic >= SPACING[reason]) {
			this.#askPeriodic(signal);
		}
	}

	async #askPeriodic(signal) {
		const { model } = this;
		const from = model.periodicFrom;
		this.#asking = true;
		this.#lastPeriodic = performance.now();
		try {
			const answer = await this.#periodic(
				{ symbol: model.symbol, interval: model.interval.name, from, since: model.since }, signal);
			this.#historyRetry.reset();
			if (answer && !model.refresh(answer, from)) {
				await this.#reload(signal);
			}
			this.#took();
		} catch (error) {
			if (!signal.aborted) {
				this.#nextPeriodic = performance.now() + this.#historyRetry.next(error.retryAfter);
			}
		} finally {
			if (!signal.aborted) {
				this.#asking = false;
			}
		}
	}

	// Too much has changed for `periodic`: everything anew, beside the running `live`, whose cursor then is initial's.
	async #reload(signal) {
		const { model } = this;
		const answer = await initial({ symbol: model.symbol, interval: model.interval.name, limit: PAGE_MAX }, signal);
		model.load(answer);
	}

	// One more page of the past, of at least `bars` bars. Harmless to call at every frame.
	async older(bars = PAGE) {
		const { model } = this;
		const { signal } = this.#run;
		const end = model.loadedFrom;
		if (this.#paging || !this.loaded || !end || model.exhausted || performance.now() < this.#nextPage) {
			return;
		}
		this.#paging = true;
		try {
			const limit = Math.min(PAGE_MAX, Math.max(PAGE, Math.ceil(bars)));
			const { symbol, interval } = model;
			model.older(await initial({ symbol, interval: interval.name, limit, end }, signal));
			this.#changed();
		} catch {
			this.#nextPage = performance.now() + OLDER_PACE;
		} finally {
			if (!signal.aborted) {
				this.#paging = false;
			}
		}
	}

	#took() {
		if (this.model.asOf !== this.#asOf) {
			this.#asOf = this.model.asOf;
			this.heard = performance.now();
		}
		this.#changed();
	}
}
