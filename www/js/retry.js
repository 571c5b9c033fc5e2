// Waiting before another try: doubles up to a cap, with jitter so that many pages do not come back at once.

const FIRST = 500;
const CAP = 15_000;

export class Backoff {
	#failures = 0;

	reset() {
		this.#failures = 0;
	}

	// ms to wait after one more failure. `least`: what the server asked for.
	next(least = 0, random = Math.random) {
		const full = Math.min(CAP, FIRST * 2 ** this.#failures);
		this.#failures += 1;
		return Math.max(least, full * (0.5 + random() / 2));
	}
}

// Resolves after `ms`, sooner when the browser comes back online, rejects when `signal` aborts.
export function pause(ms, signal) {
	return new Promise((resolve, reject) => {
		const done = () => {
			clearTimeout(timer);
			removeEventListener('online', done);
			signal.removeEventListener('abort', done);
			if (signal.aborted) {
				reject(signal.reason);
			} else {
				resolve();
			}
		};
		const timer = setTimeout(done, signal.aborted ? 0 : ms);
		addEventListener('online', done);
		signal.addEventListener('abort', done);
	});
}
