// The bars loaded from the database, by open time. Passive.

export class Series {
	constructor() {
		this.bars = [];
	}

	// The index of the first bar at or after `t`.
	indexOf(t) {
		let low = 0;
		let high = this.bars.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.bars[middle].t < t) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		return low;
	}

	has(t) {
		return this.bars[this.indexOf(t)]?.t === t;
	}

	// Takes bars in; one of the same time is replaced.
	merge(bars) {
		const byTime = new Map(this.bars.map((bar) => [bar.t, bar]));
		bars.forEach((bar) => byTime.set(bar.t, bar));
		this.bars = [...byTime.values()].sort((a, b) => a.t - b.t);
	}

	remove(times) {
		const gone = new Set(times);
		this.bars = this.bars.filter((bar) => !gone.has(bar.t));
	}

	before(t) {
		return this.bars.slice(0, this.indexOf(t));
	}

	get oldest() {
		return this.bars[0];
	}

	get newest() {
		return this.bars[this.bars.length - 1];
	}
}
