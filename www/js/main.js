// Wires the page together: controls choose, the feed fetches, the page draws.
import { symbols } from './api.js';
import { Controls } from './controls.js';
import { Feed } from './feed.js';
import { navigate } from './navigate.js';
import { Page } from './page.js';
import { PriceChart } from './price_chart.js';
import { Backoff } from './retry.js';
import { onSchemeChange, readTheme } from './theme.js';

const SYMBOLS_EVERY = 60_000;
const SYMBOLS_EMPTY = 2000;
const SECOND = 1000;
const YOUNG = 10; // bars

const at = (id) => document.getElementById(id);
const chart = new PriceChart(at('canvas'), readTheme());
let page = null;
const feed = new Feed(() => {
	refreshIfOtherVenue();
	preferSecondsIfYoung();
	page.draw();
});
let shown = '';
let venue = null;
let judged = false;
let timer = 0;

function preferSecondsIfYoung() {
	if (!judged && feed.loaded) {
		judged = true;
		if (feed.model.bars().length < YOUNG && controls.preferSeconds()) {
			choose(controls.choice);
		}
	}
}

function choose({ symbol, interval }) {
	controls.show();
	const key = `${symbol}/${interval.name}`;
	if (symbol && key !== shown) {
		shown = key;
		page.show(symbol, interval);
	}
}

const controls = new Controls(at('symbol'), at('intervals'), choose);
page = new Page(feed, chart, controls);

const backoff = new Backoff();

async function refreshSymbols() {
	let wait = SYMBOLS_EVERY;
	try {
		controls.symbols = await symbols();
		backoff.reset();
		wait = controls.symbols.length ? SYMBOLS_EVERY : SYMBOLS_EMPTY;
	} catch (error) {
		wait = backoff.next(error.retryAfter);
	}
	choose(controls.choice);
	page.draw();
	clearTimeout(timer);
	timer = setTimeout(refreshSymbols, wait);
}

// The same address may serve another market than before.
function refreshIfOtherVenue() {
	const before = venue;
	venue = feed.model?.venue ?? venue;
	if (before !== null && venue !== before) {
		refreshSymbols();
	}
}

navigate(at('chart'), page, () => chart.plotWidth);
onSchemeChange(() => {
	chart.setTheme(readTheme());
	page.draw();
});
setInterval(() => page.showFreshness(), SECOND);
choose(controls.choice);
refreshSymbols();

// What tests and the curious may look at: what is drawn, not how.
window.pricegraph = {
	get symbol() { return feed.model?.symbol ?? null; },
	get interval() { return feed.model?.interval.name ?? null; },
	get venue() { return feed.model?.venue ?? null; },
	get state() { return feed.model?.state ?? null; },
	get asOf() { return feed.model?.asOf ?? null; },
	get revision() { return feed.model?.revision ?? null; },
	get cursor() { return feed.model?.cursor ?? null; },
	get settledUntil() { return feed.model?.tail.from ?? null; },
	get bars() { return page.bars; },
	get drawn() { return chart.shown; },
	get gaps() { return feed.model?.holes() ?? []; },
	get plot() { return chart.plot; },
	get window() { return page.view && { from: page.view.from, to: page.view.to, follow: page.view.follow }; },
};
