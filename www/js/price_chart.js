// The chart: draws one scene (bars, window, gaps, cross) by Chart.js. It asks nobody and remembers nothing else.
import './candles.js';
import { font, FONT } from './draw.js';
import { places, show } from './decimal.js';
import { crosshairPlugin } from './plugin_crosshair.js';
import { gapsPlugin } from './plugin_gaps.js';
import { lastPricePlugin } from './plugin_last_price.js';
import { SHARE, volumePlugin } from './plugin_volume.js';
import { stamp, timeTicks } from './time_ticks.js';

const LABEL_PITCH = 96; // px between marks of the time axis
const LABEL_EDGE = 24; // px at either end where a label would be cut
const PLACES_LEAST = 2;

// Floats are for drawing only; the bar itself goes along for its exact texts.
function pointOf(bar) {
	const [o, h, l, c] = [bar.o, bar.h, bar.l, bar.c].map(Number);
	const v = bar.v === null ? null : Number(bar.v);
	const idle = bar.n === 0 || (bar.origin === null && !v);
	return { x: bar.t, o, h, l, c, v, idle, bar };
}

function decimalsOf(value) {
	for (let digits = 0; digits < 8; digits += 1) {
		if (Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-6) {
			return digits;
		}
	}
	return 8;
}

function tickText(value, index, ticks) {
	return value.toFixed(Math.max(...ticks.map((tick) => decimalsOf(tick.value))));
}

// Room above the highs, and below the lows for the volumes.
function priceRange(points, hasVolume, digits) {
	const high = Math.max(...points.map((point) => point.h));
	const low = Math.min(...points.map((point) => point.l));
	const height = Math.max(high - low, 8 * 10 ** -digits);
	const middle = (high + low) / 2;
	const foot = hasVolume ? SHARE + 0.05 : 0.08;
	const whole = height / (1 - foot - 0.08);
	return { min: middle - height / 2 - whole * foot, max: middle + height / 2 + whole * 0.08 };
}

export class PriceChart {
	#points = new WeakMap();
	#chart;

	constructor(canvas, theme) {
		this.scene = {
			theme, gaps: [], cross: null, last: null, hasVolume: false, barPixels: 8, places: PLACES_LEAST, width: 60_000,
			price: (text) => show(text, this.scene.places),
			stamp: (t) => stamp(t, this.scene.width),
		};
		this.#chart = new globalThis.Chart(canvas, this.#configuration());
		this.setTheme(theme);
	}

	#configuration() {
		const { scene } = this;
		const corner = {
			id: 'corner',
			beforeInit: (chart) => {
				chart.scene = scene;
			},
			afterDraw: ({ ctx, chartArea: area, width }) => {
				ctx.save();
				ctx.font = font(scene.theme, 400, 11);
				ctx.fillStyle = scene.theme['ink-soft'];
				ctx.textBaseline = 'middle';
				ctx.fillText('UTC', Math.min(area.right + 8, width - 26), area.bottom + 13);
				ctx.restore();
			},
		};
		return {
			type: 'price',
			data: { datasets: [{ data: [] }] },
			options: {
				animation: false, parsing: false, normalized: true, events: [], maintainAspectRatio: false,
				layout: { padding: { top: 8 }, autoPadding: false },
				plugins: { legend: { display: false }, tooltip: { enabled: false } },
				scales: { x: this.#timeAxis(), y: this.#priceAxis() },
			},
			plugins: [corner, gapsPlugin, volumePlugin, lastPricePlugin, crosshairPlugin],
		};
	}

	#timeAxis() {
		return {
			type: 'time',
			offset: false,
			adapters: { date: { zone: 'utc' } },
			border: { display: false },
			grid: { drawTicks: false },
			ticks: {
				autoSkip: false, maxRotation: 0, padding: 7,
				callback: (value, index, ticks) => ticks[index].text,
				font: (context) => ({ size: FONT, weight: context.tick?.major ? 600 : 400 }),
			},
			afterBuildTicks: (axis) => {
				const count = Math.max(2, Math.floor((axis.width || axis.chart.width) / LABEL_PITCH));
				const edge = (axis.max - axis.min) * LABEL_EDGE / Math.max(1, axis.width);
				axis.ticks = timeTicks(axis.min + edge, axis.max - edge, count, this.scene.width)
					.map(({ value, label, major }) => ({ value, major, text: label }));
			},
		};
	}

	#priceAxis() {
		return {
			type: 'linear',
			position: 'right',
			border: { display: false },
			grid: { drawTicks: false },
			ticks: { includeBounds: false, maxTicksLimit: 9, padding: 8, font: { size: FONT }, callback: tickText },
			// No label half hidden behind the last price.
			afterBuildTicks: (axis) => {
				const near = (axis.max - axis.min) * FONT * 1.4 / Math.max(1, axis.height);
				const last = this.scene.last?.c ?? Infinity;
				axis.ticks = axis.ticks.filter(({ value }) => Math.abs(value - last) > near);
			},
			// As wide as the longest price plate, so that the chart does not shift under the pointer.
			afterFit: (axis) => {
				axis.ctx.font = font(this.scene.theme, 500);
				const text = this.scene.last ? this.scene.price(this.scene.last.bar.c) : '';
				axis.width = Math.max(axis.width, Math.ceil(axis.ctx.measureText(text).width) + 16);
			},
		};
	}

	setTheme(theme) {
		const { options } = this.#chart;
		this.scene.theme = theme;
		[options.scales.x, options.scales.y].forEach((scale) => {
			scale.grid.color = theme.grid;
			scale.ticks.color = theme['ink-soft'];
		});
		globalThis.Chart.defaults.font.family = theme.family;
		this.#chart.update('none');
	}

	// Another chart begins: nothing of the former may be seen, and prices may need other places.
	forget() {
		this.#chart.data.datasets[0].data = [];
		this.scene.gaps = [];
		this.scene.places = PLACES_LEAST;
		this.scene.last = null;
		this.scene.cross = null;
		this.#chart.update('none');
	}

	#point(bar) {
		let point = this.#points.get(bar);
		if (!point) {
			point = pointOf(bar);
			this.#points.set(bar, point);
			const needed = Math.max(...[bar.o, bar.h, bar.l, bar.c].map(places));
			this.scene.places = Math.max(this.scene.places, needed);
		}
		return point;
	}

	// bars: all that are known, oldest first; view: a settled View; gaps: merged; cross: { t, y } or null.
	draw({ bars, view, gaps, cross }) {
		const { options, data } = this.#chart;
		const { width } = view.interval;
		const shown = bars.filter((bar) => bar.t > view.from - width && bar.t < view.to + width).map((bar) => this.#point(bar));
		Object.assign(this.scene, {
			gaps, cross, width, last: bars.length ? this.#point(bars.at(-1)) : null, hasVolume: shown.some((point) => point.v > 0),
			barPixels: this.plotWidth / view.bars,
		});
		data.datasets[0].data = shown;
		Object.assign(options.scales.x, { min: view.from, max: view.to });
		if (shown.length) {
			Object.assign(options.scales.y, priceRange(shown, this.scene.hasVolume, this.scene.places));
		}
		this.#chart.update('none');
	}

	// Only the cross is another one.
	drawCross(cross) {
		this.scene.cross = cross;
		this.#chart.draw();
	}

	get shown() {
		return this.#chart.data.datasets[0].data.map((point) => point.bar);
	}

	// Where bars stand, in px of the canvas.
	get plot() {
		const { chartArea: area } = this.#chart;
		return area ? { left: area.left, width: area.right - area.left } : { left: 0, width: this.#chart.width };
	}

	get plotWidth() {
		return this.plot.width;
	}

	// The time at `x` px in `view`, which need not be drawn yet.
	timeAt(x, view) {
		return view.from + (x - this.plot.left) / this.plotWidth * view.span;
	}

	isInside(x, y) {
		const { chartArea: area } = this.#chart;
		return x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
	}
}
