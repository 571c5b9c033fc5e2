// The window of time and the marks of its axis.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findInterval, intervals } from '../../../www/js/interval.js';
import { Series } from '../../../www/js/series.js';
import { stamp, timeTicks } from '../../../www/js/time_ticks.js';
import { View } from '../../../www/js/view.js';

const MINUTE = 60_000;
const view = (pixels = 900) => {
	const made = new View(findInterval('1m'), pixels);
	made.settle(0, 1000 * MINUTE);
	return made;
};

test('the newest bar stays in sight until one moves into the past', () => {
	const shown = view();
	shown.settle(0, 1001 * MINUTE);
	assert.ok(shown.to > 1001 * MINUTE);
	shown.pan(0.5);
	const { to } = shown;
	shown.settle(0, 1002 * MINUTE);
	assert.equal(shown.to, to);
	shown.release(1002 * MINUTE);
	assert.equal(shown.follow, false);
	shown.pan(-1);
	shown.release(1002 * MINUTE);
	assert.equal(shown.follow, true);
});

test('a short history fills the window, until somebody zooms', () => {
	const shown = new View(findInterval('1m'), 900);
	shown.settle(0, 3 * MINUTE);
	assert.equal(shown.bars, 24);
	shown.settle(0, 39 * MINUTE);
	assert.equal(shown.bars, 50);
	shown.zoom(0.5);
	shown.settle(0, 60 * MINUTE);
	assert.equal(shown.bars, 25);
	const long = new View(findInterval('1m'), 900);
	long.settle(0, 1000 * MINUTE);
	assert.equal(long.bars, 100);
});

test('one cannot lose the data', () => {
	const shown = view();
	shown.pan(1000);
	shown.settle(0, 1000 * MINUTE);
	assert.ok(shown.to > 0);
	shown.pan(-1000);
	shown.settle(0, 1000 * MINUTE);
	assert.ok(shown.from < 1000 * MINUTE);
});

test('zoom keeps the time under the pointer, and has bounds', () => {
	const shown = view();
	shown.pan(1);
	const anchor = shown.from + shown.span / 4;
	shown.zoom(0.5, anchor);
	assert.ok(Math.abs(shown.from + shown.span / 4 - anchor) < 1);
	shown.zoom(1e-9);
	assert.equal(shown.bars, 8);
	shown.zoom(1e9);
	assert.equal(Math.round(shown.bars), Math.round(900 / 1.6));
	shown.resize(320);
	assert.equal(shown.bars, 200);
});

test('a stretch without a bar is hopped over', () => {
	const shown = view();
	const bars = [{ t: 10 * MINUTE }, { t: 5000 * MINUTE }];
	shown.right = 3000 * MINUTE;
	shown.hop(bars, true);
	assert.ok(shown.from < bars[0].t && shown.to > bars[0].t);
	shown.right = 3000 * MINUTE;
	shown.hop(bars, false);
	assert.ok(shown.from < bars[1].t && shown.to > bars[1].t);
	const { right } = shown;
	shown.hop(bars, true);
	assert.equal(shown.right, right);
});

test('marks are round UTC times, in order, inside, and not too many', () => {
	const to = Date.UTC(2026, 10, 22, 13, 7, 11);
	intervals.forEach(({ name, width }) => {
		[8, 130, 700].forEach((bars) => {
			const from = to - bars * width;
			const marks = timeTicks(from, to, 10, width);
			assert.ok(marks.length <= 16, `${name} ${bars}: ${marks.length}`);
			marks.forEach((mark, i) => {
				assert.ok(mark.value >= from && mark.value <= to && mark.label, name);
				assert.ok(i === 0 || mark.value > marks[i - 1].value, name);
			});
		});
	});
});

test('a greater unit is named where it begins', () => {
	const midnight = Date.UTC(2026, 10, 22);
	const labels = (from, to) => timeTicks(from, to, 4, MINUTE).map((mark) => [mark.label, mark.major]);
	assert.deepEqual(labels(midnight - 30 * MINUTE, midnight + 29 * MINUTE),
		[['23:30', false], ['23:45', false], ['22 Nov', true], ['00:15', false]]);
	assert.deepEqual(timeTicks(Date.UTC(2025, 10, 15), Date.UTC(2026, 2, 2), 5, 86_400_000).map((mark) => mark.label),
		['Dec', '2026', 'Feb', 'Mar']);
});

test('a bar is named as precisely as its interval needs', () => {
	const t = Date.UTC(2026, 10, 1, 5, 6, 7);
	assert.deepEqual(['1s', '1m', '1d', '1M'].map((name) => stamp(t, findInterval(name).width)),
		['1 Nov 2026 05:06:07', '1 Nov 2026 05:06', '1 Nov 2026', 'Nov 2026']);
});

test('a series keeps one bar a time, in order', () => {
	const series = new Series();
	series.merge([{ t: 3, c: 'a' }, { t: 1, c: 'b' }]);
	series.merge([{ t: 3, c: 'c' }, { t: 2, c: 'd' }]);
	assert.deepEqual(series.bars.map((bar) => bar.c), ['b', 'd', 'c']);
	assert.deepEqual([series.oldest.t, series.newest.t, series.has(2), series.has(9)], [1, 3, true, false]);
	assert.deepEqual(series.before(3).map((bar) => bar.t), [1, 2]);
	series.remove([2, 7]);
	assert.deepEqual(series.bars.map((bar) => bar.t), [1, 3]);
});
