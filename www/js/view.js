// The window of time that is shown: how many bars wide, and where it ends. Passive; times in ms.

const NARROWEST = 8; // bars
const PITCH = 9; // px a bar, to begin with
const TIGHTEST = 1.6; // px a bar
const FEWEST = 24; // bars: a short history is not stretched further
const SPARE = 1.25; // of a short history
const MARGIN = 0.06; // of the window, kept free behind the newest bar

export class View {
	constructor(interval, pixels) {
		this.interval = interval;
		this.pixels = pixels;
		this.most = Math.min(160, Math.max(30, pixels / PITCH));
		this.bars = this.most;
		this.fits = true; // as wide as a short history needs, until somebody zooms
		this.right = null; // known when settled
		this.follow = true; // the newest bar stays in sight
	}

	get span() {
		return this.bars * this.interval.width;
	}

	get from() {
		return this.right - this.span;
	}

	get to() {
		return this.right;
	}

	resize(pixels) {
		this.pixels = pixels;
		this.bars = Math.min(this.bars, this.#widest());
	}

	#widest() {
		return Math.max(2 * NARROWEST, this.pixels / TIGHTEST);
	}

	#end(newest) {
		return newest + Math.max(2, this.bars * MARGIN) * this.interval.width;
	}

	// Before drawing: the newest bar's time, and the oldest.
	settle(oldest, newest) {
		if (this.fits) {
			const wanted = ((newest - oldest) / this.interval.width + 1) * SPARE;
			this.bars = Math.min(this.most, Math.max(FEWEST, wanted));
		}
		const end = this.#end(newest);
		if (this.follow || this.right === null) {
			this.right = end;
		}
		const most = Math.max(end, newest + this.span / 2);
		const least = Math.min(end, oldest + this.span / 4);
		this.right = Math.min(most, Math.max(least, this.right));
	}

	// By `share` of the window; positive = towards the past.
	pan(share) {
		this.fits = false;
		if (this.right !== null) {
			this.right -= share * this.span;
			this.follow = false;
		}
	}

	// factor > 1 shows more. `anchor`: the time that stays where it is; while following, the right edge does.
	zoom(factor, anchor) {
		this.fits = false;
		const bars = Math.min(this.#widest(), Math.max(NARROWEST, this.bars * factor));
		if (!this.follow && anchor !== undefined) {
			this.right = anchor + (this.right - anchor) * (bars / this.bars);
		}
		this.bars = bars;
	}

	// Following begins again by itself where the newest bar is back in sight.
	release(newest) {
		this.follow = this.right === null || this.right >= this.#end(newest) - this.interval.width / 2;
	}

	// Past a stretch without a bar: a window that would show nothing goes to the next bar in the direction of travel.
	hop(bars, towardsPast) {
		const seen = bars.some((bar) => bar.t > this.from && bar.t < this.to);
		if (seen || !bars.length) {
			return;
		}
		const older = bars.findLast((bar) => bar.t <= this.from);
		const newer = bars.find((bar) => bar.t >= this.to);
		if (towardsPast && older) {
			this.right = older.t + this.span / 8;
		} else if (!towardsPast && newer) {
			this.right = newer.t + this.span * 7 / 8;
		}
	}

	latest() {
		this.follow = true;
		this.right = null;
	}
}
