// The page: one feed, one chart, and the texts around it. Draws at most once a frame, and only what changed.
import { show } from './decimal.js';
import { badgeOf, noticeOf } from './freshness.js';
import { mergeGaps } from './gaps.js';
import { Legend, sentence } from './legend.js';
import { messageOf } from './messages.js';
import { Speech } from './speech.js';
import { View } from './view.js';

const PAGE_AHEAD = 0.5; // windows of older bars kept loaded to the left of the view

const at = (id) => document.getElementById(id);

function setText(node, text) {
	if (node.textContent !== text) {
		node.textContent = text;
	}
}

export class Page {
	#feed;
	#chart;
	#controls;
	#legend = new Legend(at('legend'));
	#speech = new Speech(at('spoken'));
	#pending = false;
	#stale = false; // more than the cross changed
	#bars = [];
	#view = null;
	#pointer = null; // { x, y } in px of the chart
	#chosen = null; // open time of the bar that keys chose
	#cross = null; // { t, y } of one of these, as drawn

	constructor(feed, chart, controls) {
		this.#feed = feed;
		this.#chart = chart;
		this.#controls = controls;
		at('latest').addEventListener('click', () => this.ends('latest'));
		new ResizeObserver(() => this.draw()).observe(at('chart'));
	}

	show(symbol, interval) {
		this.#view = new View(interval, this.#chart.plotWidth);
		this.#chosen = null;
		this.#cross = null;
		this.#bars = [];
		this.#chart.forget();
		this.#feed.start(symbol, interval);
	}

	get bars() {
		return this.#bars;
	}

	get view() {
		return this.#view;
	}

	// Soon, all of it.
	draw() {
		this.#stale = true;
		this.#drawSoon();
	}

	#drawSoon() {
		if (!this.#pending) {
			this.#pending = true;
			requestAnimationFrame(() => {
				this.#pending = false;
				if (this.#stale) {
					this.#stale = false;
					this.#drawNow();
				} else if (this.#bars.length) {
					this.#placeCross();
					this.#chart.drawCross(this.#cross);
					this.#showLegend(this.#feed.model, this.#bars.at(-1));
				}
			});
		}
	}

	#drawNow() {
		const { model } = this.#feed;
		if (!model) {
			this.#showMessage();
			return;
		}
		this.#bars = model.bars();
		const newest = this.#bars.at(-1);
		if (newest) {
			this.#view.resize(this.#chart.plotWidth);
			this.#view.settle(Math.min(model.reach, this.#bars[0].t), newest.t);
			this.#placeCross();
			this.#chart.draw({ bars: this.#bars, view: this.#view, gaps: this.#gaps(model), cross: this.#cross });
			if (this.#view.from < this.#bars[0].t + PAGE_AHEAD * this.#view.span) {
				this.#feed.older(2 * this.#view.bars);
			}
		}
		at('latest').hidden = this.#view.follow || !newest;
		this.#showPrice(model, newest);
		this.#showLegend(model, newest);
		this.#showMessage();
		this.showFreshness();
	}

	#placeCross() {
		const { interval } = this.#view;
		if (this.#pointer && this.#chart.isInside(this.#pointer.x, this.#pointer.y)) {
			const t = this.#chart.timeAt(this.#pointer.x, this.#view) + interval.width / 2;
			this.#cross = { t: interval.floor(t), y: this.#pointer.y };
		} else {
			this.#cross = this.#chosen === null ? null : { t: this.#chosen, y: null };
		}
	}

	#gaps(model) {
		return mergeGaps(model.holes().filter((gap) => gap.from < this.#view.to && gap.to > this.#view.from));
	}

	#showPrice(model, newest) {
		const node = at('price');
		setText(node, newest ? show(newest.c, this.#chart.scene.places) : '');
		node.dataset.direction = newest && Number(newest.c) < Number(newest.o) ? 'down' : 'up';
		document.title = newest ? `${node.textContent} ${model.symbol} \u00b7 pricegraph` : 'pricegraph';
		setText(at('venue'), model.venue ? `Venue ${model.venue}` : '');
		at('chart').setAttribute('aria-label', `Candlestick chart of ${model.symbol}, ${model.interval.title} candles`);
		if (newest) {
			this.#speech.price(`${model.symbol} ${node.textContent}, ${at('badge').textContent}`);
		}
	}

	#showLegend(model, newest) {
		const t = this.#cross?.t;
		const bar = t === undefined ? newest : this.#bars.find((candidate) => candidate.t === t);
		const gap = t === undefined ? null : model.holes().find((hole) => hole.from <= t && hole.to > t);
		if (bar) {
			this.#legend.showBar(bar, model, this.#chart.scene.places);
		} else if (gap) {
			this.#legend.showGap(t, gap, model);
		} else {
			this.#legend.clear();
		}
	}

	#showMessage() {
		const { symbol } = this.#controls.choice;
		const { failure, loaded, model } = this.#feed;
		const message = model || this.#controls.symbols?.length !== 0
			? messageOf({ symbol, failure, loaded, hasBars: this.#bars.length > 0, symbols: this.#controls.symbols })
			: { title: 'No data yet', text: 'Nothing is collected here so far.' };
		const node = at('message');
		node.hidden = message === null;
		node.dataset.kind = message?.kind ?? '';
		if (message) {
			setText(node.querySelector('strong'), message.title);
			setText(node.querySelector('span'), message.text);
		}
	}

	showFreshness() {
		const { model, failure, heard } = this.#feed;
		if (!model) {
			return;
		}
		const now = performance.now();
		const wait = failure?.error.passing ? Math.max(0, failure.retryAt - now) : null;
		const { kind, text, detail } = badgeOf(model, now - heard, wait);
		at('freshness').dataset.kind = kind;
		setText(at('badge'), text);
		setText(at('detail'), detail);
		const notice = noticeOf(model);
		setText(at('notice'), notice);
		at('notice').hidden = notice === '';
	}

	pan(share) {
		this.#view?.pan(share);
		if (this.#bars.length) {
			this.#view.hop(this.#bars, share > 0);
		}
		this.draw();
	}

	zoom(factor, x) {
		this.#view?.zoom(factor, x === undefined ? undefined : this.#chart.timeAt(x, this.#view));
		this.draw();
	}

	release() {
		if (this.#bars.length) {
			this.#view.release(this.#bars.at(-1).t);
			this.draw();
		}
	}

	ends(which) {
		if (which === 'latest' || !this.#bars.length) {
			this.#view?.latest();
		} else {
			this.#view.follow = false;
			this.#view.right = this.#bars[0].t + this.#view.span * 0.9;
		}
		this.draw();
	}

	// Pointer at { x, y } in px of the chart, or gone.
	hover(point) {
		this.#pointer = point;
		this.#chosen = null;
		this.#drawSoon();
	}

	// The cross goes `count` bars on; without one it begins at the newest in sight.
	step(count) {
		if (!this.#bars.length) {
			return;
		}
		this.#placeCross(); // keys may come faster than frames
		const begun = this.#cross !== null;
		const t = begun ? this.#cross.t : this.#view.to;
		const index = this.#bars.findLastIndex((bar) => bar.t <= t);
		const bar = this.#bars[Math.min(this.#bars.length - 1, Math.max(0, begun ? index + count : index))];
		this.#pointer = null;
		this.#chosen = bar.t;
		if (bar.t < this.#view.from || bar.t > this.#view.to) {
			this.#view.pan(bar.t < this.#view.from ? 0.5 : -0.5);
		}
		this.#speech.say(sentence(bar, this.#feed.model, this.#chart.scene.places));
		this.draw();
	}
}
