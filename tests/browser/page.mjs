// The goal: the page in a real browser against a real stack (PRICEGRAPH_URL) draws what the server answered, follows it live,
// and says what it knows and what not. Prints one line a check; the last line is `page <passed> <failed>`.
import assert from 'node:assert/strict';
import path from 'node:path';
import { compare } from '../../www/js/decimal.js';
import { findInterval, intervals } from '../../www/js/interval.js';
import { Checks, screenshots, until, withBrowser } from './harness.mjs';

const url = process.env.PRICEGRAPH_URL;
const checks = new Checks();
const NUMBERS = ['o', 'h', 'l', 'c', 'v', 'q'];

async function get(name, parameters) {
	const address = new URL(`api/v1/${name}`, url);
	Object.entries(parameters).forEach(([key, value]) => address.searchParams.set(key, value));
	const response = await fetch(address);
	assert.equal(response.status, 200, `${address}: ${response.status}`);
	return response.json();
}

const initial = (symbol, interval, more = {}) => get('initial', { symbol, interval, limit: 500, ...more });
const rowsOf = (answer) => answer.candles.map((row) => Object.fromEntries(answer.columns.map((name, i) => [name, row[i]])));

// What window.pricegraph tells.
const told = (page, name) => page.evaluate((key) => {
	const value = window.pricegraph[key];
	return typeof value === 'function' ? null : JSON.parse(JSON.stringify(value));
}, name);
const text = (page, selector) => page.locator(selector).textContent();
const shot = (page, name) => page.screenshot({ path: path.join(screenshots, `${name}.png`) });

async function open(context, hash) {
	const page = await context.newPage();
	const errors = [];
	page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
	page.on('pageerror', (error) => errors.push(String(error)));
	await page.goto(`${url}${hash}`);
	return { page, errors };
}

// Bars that are over and settled in both, compared number by number.
function assertSame(drawn, answer, interval) {
	const end = Math.min(answer.open.from, drawn.settledUntil);
	const from = Math.max(drawn.bars[0].t, answer.candles[0]?.[0] ?? 0);
	const settled = (bar) => bar.t >= from && interval.next(bar.t) <= end;
	const [ours, theirs] = [drawn.bars.filter(settled), rowsOf(answer).filter(settled)];
	assert.deepEqual(ours.map((bar) => bar.t), theirs.map((bar) => bar.t), 'open times');
	ours.forEach((bar, i) => {
		NUMBERS.forEach((key) => {
			const same = bar[key] === null || theirs[i][key] === null
				? bar[key] === theirs[i][key] : compare(bar[key], theirs[i][key]) === 0;
			assert.ok(same, `${key} of ${bar.t}: drawn ${bar[key]}, answered ${theirs[i][key]}`);
		});
		assert.equal(bar.n, theirs[i].n, `n of ${bar.t}`);
	});
	return ours.length;
}

// What is drawn now against what `initial` answers afterwards.
async function compareWithInitial(page, symbol, interval) {
	const drawn = await page.evaluate(() => ({
		bars: JSON.parse(JSON.stringify(window.pricegraph.drawn)), settledUntil: window.pricegraph.settledUntil,
	}));
	assert.ok(drawn.bars.length > 0, 'nothing is drawn');
	return assertSame(drawn, await initial(symbol, interval.name), interval);
}

const choose = async (page, interval) => {
	await page.locator(`#intervals input[value="${interval}"]`).check({ force: true });
	await until(`interval ${interval} is drawn`, async () =>
		await told(page, 'interval') === interval && (await told(page, 'drawn')).length > 0);
};

async function drawing(page, symbol) {
	const second = findInterval('1s');
	await checks.check('candles appear', async () => {
		await until('20 settled seconds', async () => {
			const [bars, settled] = [await told(page, 'drawn'), await told(page, 'settledUntil')];
			return bars.filter((bar) => second.next(bar.t) <= settled).length >= 20;
		}, 90);
		await shot(page, 'page');
	});
	await checks.check('the candles drawn are those of initial', async () => {
		assert.ok(await compareWithInitial(page, symbol, second) >= 10);
	});
	await checks.check('the price moves, and as_of with it', async () => {
		const [price, asOf] = [await text(page, '#price'), await told(page, 'asOf')];
		assert.match(price, /^\d+(\.\d+)?$/);
		await until('another price', async () => await text(page, '#price') !== price && await told(page, 'asOf') > asOf);
	});
	await checks.check('the price shown is the close of the newest candle', async () => {
		const [price, bars] = await page.evaluate(() => [document.getElementById('price').textContent, window.pricegraph.bars]);
		assert.equal(compare(price, bars.at(-1).c), 0);
	});
	await checks.check('candles made here from live become those of the database', async () => {
		const fresh = (await told(page, 'bars')).at(-1).t;
		await until('that second is settled', async () => await told(page, 'settledUntil') > fresh + 2000, 60);
		assert.ok(await compareWithInitial(page, symbol, second) >= 10);
	});
	await checks.check('it says plainly that the prices are not live ones', async () => {
		assert.equal(await told(page, 'state'), 'synthetic');
		assert.equal(await text(page, '#badge'), 'Synthetic');
		assert.match(await text(page, '#notice'), /invented/);
		assert.match(await text(page, '#detail'), /UTC/);
	});
}

async function choosing(page, symbol) {
	await checks.check('every interval draws what initial answers', async () => {
		for (const interval of intervals) {
			await choose(page, interval.name);
			assert.ok((await page.evaluate(() => location.hash)).endsWith(`/${interval.name}`));
			await compareWithInitial(page, symbol, interval);
		}
	});
	await checks.check('the open candle equals a later initial', async () => {
		await choose(page, '1h');
		const bar = (await told(page, 'bars')).at(-1);
		const asOf = await told(page, 'asOf');
		const base = await until('the database has folded as much', async () => {
			const parts = (await initial(symbol, '1h', { limit: 1 })).open;
			return parts.from > asOf && [parts, parts.before].find((part) => part?.t === bar.t)?.base;
		});
		const later = Object.fromEntries(['t', ...NUMBERS, 'n'].map((name, i) => [name, base[i]]));
		assert.equal(compare(bar.o, later.o), 0);
		assert.ok(compare(bar.h, later.h) <= 0 && compare(bar.l, later.l) >= 0);
		assert.ok(bar.v === null || (compare(bar.v, later.v) <= 0 && bar.n <= later.n), `${bar.v} ${bar.n}, later ${later.v} ${later.n}`);
	});
	await checks.check('the choice survives loading again, and going back', async () => {
		await choose(page, '5m');
		await page.reload();
		await until('5m is drawn again', async () => await told(page, 'interval') === '5m');
		await choose(page, '1s');
		await page.goBack();
		await until('5m is back', async () => await told(page, 'interval') === '5m');
	});
	await checks.check('another symbol is another chart', async () => {
		const other = await page.evaluate(() => [...document.getElementById('symbol').options].map((option) => option.value)[1]);
		await page.locator('#symbol').selectOption(other);
		await until(`${other} is drawn`, async () =>
			await told(page, 'symbol') === other && (await told(page, 'drawn')).length > 0);
		await compareWithInitial(page, other, findInterval('5m'));
		await page.locator('#symbol').selectOption(symbol);
		await choose(page, '1s');
	});
}

async function moving(page) {
	await checks.check('keys read candle by candle', async () => {
		await page.locator('#chart').focus();
		await page.keyboard.press('ArrowLeft');
		await page.keyboard.press('ArrowLeft');
		const first = await until('a candle is read out', async () => /Open/.test(await text(page, '#spoken')) && text(page, '#spoken'));
		await page.keyboard.press('ArrowLeft');
		await until('the one before', async () => {
			const spoken = await text(page, '#spoken');
			return spoken !== first && spoken.startsWith(`${await text(page, '#legend .time')} UTC`);
		});
	});
	await checks.check('keys that come faster than frames are steps all the same', async () => {
		const [before, after] = await page.evaluate(() => {
			const press = () => document.getElementById('chart').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }));
			const spoken = () => document.getElementById('spoken').textContent;
			const first = spoken();
			press();
			press();
			press();
			return [first, spoken()];
		});
		const bars = await told(page, 'bars');
		const at = (sentence) => bars.findIndex((bar) => sentence.includes(new Date(bar.t).toISOString().slice(11, 19)));
		assert.ok(at(after) >= 0, after);
		assert.equal(at(before) - at(after), 3, `${before} ... ${after}`);
	});
	await checks.check('keys zoom, move, and go back to the newest', async () => {
		const before = await told(page, 'window');
		await page.keyboard.press('+');
		await page.keyboard.press('+');
		await until('narrower', async () => {
			const now = await told(page, 'window');
			return now.to - now.from < before.to - before.from;
		});
		await page.keyboard.press('PageUp');
		await until('in the past', async () => !(await told(page, 'window')).follow);
		await page.locator('#latest').waitFor({ state: 'visible' });
		await page.keyboard.press('End');
		await until('at the newest', async () => (await told(page, 'window')).follow);
		await page.locator('#latest').waitFor({ state: 'hidden' });
		await page.keyboard.press('Escape');
	});
	await checks.check('the interval is chosen by keys too', async () => {
		await page.locator('#intervals input:checked').focus();
		await page.keyboard.press('ArrowRight');
		await until('1m', async () => await told(page, 'interval') === '1m');
		await page.keyboard.press('ArrowLeft');
		await until('1s', async () => await told(page, 'interval') === '1s' && (await told(page, 'drawn')).length > 0);
	});
	await checks.check('pointer: cross, wheel and drag', async () => {
		const box = await page.locator('#chart').boundingBox();
		const [x, y] = [box.x + box.width * 0.6, box.y + box.height / 2];
		await page.mouse.move(x, y);
		const before = await told(page, 'window');
		await page.mouse.wheel(0, -400);
		await until('narrower', async () => {
			const now = await told(page, 'window');
			return now.to - now.from < before.to - before.from;
		});
		await page.mouse.down();
		await page.mouse.move(x + 300, y, { steps: 5 });
		await page.mouse.up();
		await until('in the past', async () => !(await told(page, 'window')).follow);
		await page.locator('#latest').click();
		await until('at the newest', async () => (await told(page, 'window')).follow);
	});
}

// The same page on a phone, in the dark, with a hole that the answers tell of.
async function phone(context, symbol) {
	const { page, errors } = await open(context, `#${symbol}/1s`);
	const holed = { from: 0, to: 0, cause: 'feed', state: 'open' };
	await page.route('**/api/v1/{initial,periodic}*', async (route) => {
		const response = await route.fetch();
		const answer = response.status() === 200 ? await response.json() : null;
		if (answer?.open) {
			holed.to ||= answer.open.from - 4000;
			holed.from ||= holed.to - 6000;
			answer.gaps.push(holed);
			answer.candles = answer.candles.filter(([t]) => t < holed.from || t >= holed.to);
		}
		await (answer ? route.fulfill({ response, json: answer }) : route.fulfill({ response }));
	});
	await page.reload();
	await checks.check('a gap is shaded and named', async () => {
		await until('candles and the gap', async () => (await told(page, 'drawn')).length > 0 && (await told(page, 'gaps')).length > 0);
		const box = await page.locator('#chart canvas').boundingBox();
		await until('its cause is read out', async () => {
			const shown = await told(page, 'window');
			const share = ((holed.from + holed.to) / 2 - shown.from) / (shown.to - shown.from);
			const plot = await page.evaluate(() => window.pricegraph.plot);
			await page.mouse.move(box.x + plot.left + share * plot.width, box.y + box.height / 2);
			return /connection lost/.test(await text(page, '#legend'));
		});
	});
	await checks.check('it fits a phone, in the dark', async () => {
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen');
		assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), 'higher than the screen');
		await shot(page, 'phone');
		assert.deepEqual(errors, []);
	});
	await page.close();
}

// Relative luminance and contrast of WCAG 2.
const contrastScript = () => {
	const style = getComputedStyle(document.documentElement);
	const luminance = (name) => {
		const hex = style.getPropertyValue(name).trim();
		const parts = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
			.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
		return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
	};
	return [['--ink', '--paper'], ['--ink-soft', '--paper'], ['--ink-soft', '--panel'], ['--up', '--paper'], ['--down', '--paper'],
		['--warn', '--warn-paper'], ['--other', '--other-paper'], ['--gap-ink', '--paper'], ['--tag-ink', '--tag']]
		.map(([a, b]) => [luminance(a), luminance(b)].sort((m, n) => n - m))
		.map(([light, dark]) => (light + 0.05) / (dark + 0.05));
};

async function accessible(page) {
	await checks.check('everything that can be used has a name', async () => {
		const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, select, input, [tabindex]')]
			.filter((node) => !(node.getAttribute('aria-label') || node.labels?.[0]?.textContent.trim() || node.textContent.trim()))
			.map((node) => node.outerHTML));
		assert.deepEqual(unnamed, []);
	});
	await checks.check('texts have contrast, by day and by night', async () => {
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			const ratios = await page.evaluate(contrastScript);
			assert.ok(Math.min(...ratios) >= 4.5, `${colorScheme}: ${ratios.map((ratio) => ratio.toFixed(2))}`);
			await until('drawn in these colours', () => page.evaluate(() => new Promise((resolve) => {
				requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)));
			})));
			await shot(page, colorScheme);
		}
	});
}

// Failures are told, and healed without a hand. What the browser itself logs of failed requests is expected here.
async function failing(page, symbol) {
	await checks.check('an unknown symbol is said to be unknown', async () => {
		await page.goto(`${url}#NOSUCHUSDT/1s`);
		await until('the message', async () => /NOSUCHUSDT is not collected/.test(await text(page, '#message')));
		await page.locator('#symbol').selectOption(symbol);
		await until('candles', async () => (await told(page, 'drawn')).length > 0);
		await page.locator('#message').waitFor({ state: 'hidden' });
	});
	await checks.check('with the server away it reconnects, and misses nothing', async () => {
		await page.route('**/api/**', (route) => route.abort());
		await until('reconnecting', async () => await text(page, '#badge') === 'Reconnecting');
		assert.ok((await told(page, 'drawn')).length > 0);
		await shot(page, 'reconnecting');
		const asOf = await told(page, 'asOf');
		await until('5 s passed outside', async () => (await initial(symbol, '1s', { limit: 1 })).as_of > asOf + 5000);
		await page.unroute('**/api/**');
		await until('back', async () => await text(page, '#badge') === 'Synthetic', 40);
		await until('settled', async () => await told(page, 'settledUntil') > asOf + 6000, 60);
		await compareWithInitial(page, symbol, findInterval('1s'));
	});
	await checks.check('a bad address harms nothing', async () => {
		await page.goto(`${url}#%/9x`);
		await until('the default is drawn', async () => ['1m', '1s'].includes(await told(page, 'interval')) && (await told(page, 'drawn')).length > 0);
	});
}

async function main() {
	assert.ok(url, 'PRICEGRAPH_URL is not set');
	const names = await until('two symbols', async () => {
		// The collector may not have begun yet: 503 until then.
		const { symbols } = await get('symbols', {}).catch(() => ({ symbols: [] }));
		return symbols.length > 1 && symbols.map((entry) => entry.symbol);
	}, 60);
	const symbol = names.includes('BTCUSDT') ? 'BTCUSDT' : names[0];
	await withBrowser({}, async (context) => {
		const { page, errors } = await open(context, `#${symbol}/1s`);
		await drawing(page, symbol);
		await choosing(page, symbol);
		await moving(page);
		await accessible(page);
		await checks.check('no error in the console', () => assert.deepEqual(errors, []));
		await failing(page, symbol);
	});
	await withBrowser({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, colorScheme: 'dark' }, (context) => phone(context, symbol));
}

await main().catch((error) => {
	checks.failed += 1;
	console.log(`FAIL the test itself: ${error.stack}`);
});
console.log(`page ${checks.passed} ${checks.failed}`);
process.exit(checks.failed ? 1 : 0);
