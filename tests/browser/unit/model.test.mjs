// One symbol's answers, one after the other: cursor, revision, doubt, gaps.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findInterval } from '../../../www/js/interval.js';
import { Model } from '../../../www/js/model.js';
import { compareRevisions } from '../../../www/js/revision.js';

const COLUMNS = ['t', 'o', 'h', 'l', 'c', 'v', 'q', 'n', 'origin', 'complete'];
const row = (t, price, more = {}) => {
	const bar = { t, o: price, h: price, l: price, c: price, v: '1', q: '1', n: 1, origin: 'kline', complete: true, ...more };
	return COLUMNS.map((name) => bar[name]);
};
const base = (t, price) => row(t, price).slice(0, 9);
const event = (t, price, more = {}) => ({
	type: 'candle', symbol: 'BTCUSDT', t, o: price, h: price, l: price, c: price, v: '1', q: '1', n: 1,
	origin: 'kline', closed: true, ...more,
});

// At 1m: bars 0 and 60 s settled, the third open since 120 s; as_of 146 s, from 140 s.
const initialAnswer = (more = {}) => ({
	venue: 'synthetic', symbol: 'BTCUSDT', interval: '1m', as_of: 146_000, from: 0, to: 180_000, lag_ms: 100, state: 'synthetic', columns: COLUMNS,
	candles: [row(0, '1'), row(60_000, '2')], gaps: [], revision: '1.10', cursor: 'c1:synthetic:1:3.trade.5',
	open: { t: 120_000, from: 140_000, base: base(120_000, '3') }, ...more,
});
const liveAnswer = (asOf, events, more = {}) => ({
	venue: 'synthetic', epoch: 1, cursor: 'c1:synthetic:1:3.trade.9', recovered: true, state: 'synthetic', lag_ms: 50,
	as_of: { BTCUSDT: asOf }, revision: { BTCUSDT: '1.10' }, events, ...more,
});
const periodicAnswer = (more = {}) => ({
	...initialAnswer(), candles: [], removed: [], reload: false, revision: '1.20', cursor: 'c1:of-periodic', ...more,
});

function loaded(more) {
	const model = new Model('BTCUSDT', findInterval('1m'));
	model.load(initialAnswer(more));
	return model;
}
const closes = (model) => model.bars().map((bar) => [bar.t / 60_000, bar.c]);

test('initial and live make one line', () => {
	const model = loaded();
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '3']]);
	assert.equal(model.live(liveAnswer(147_000, [event(144_000, '4')]), 1000), true);
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '4']]);
	assert.equal(model.doubt, null);
});

test('events of other symbols and kinds are not taken', () => {
	const model = loaded();
	model.live(liveAnswer(147_000, [event(144_000, '4', { symbol: 'ETHUSDT' }), { type: 'raw', symbol: 'BTCUSDT' }]), 1000);
	assert.deepEqual(closes(model).at(-1), [2, '3']);
});

test('the cursor is that of the newest answer of the line, never of periodic', () => {
	const model = loaded();
	assert.equal(model.cursor, 'c1:synthetic:1:3.trade.5');
	model.live(liveAnswer(147_000, []), 1000);
	assert.equal(model.cursor, 'c1:synthetic:1:3.trade.9');
	model.refresh(periodicAnswer());
	assert.equal(model.cursor, 'c1:synthetic:1:3.trade.9');
	model.live(liveAnswer(148_000, [], { recovered: false, cursor: 'c1:new' }), 1000);
	assert.equal(model.cursor, 'c1:new');
});

test('rows of the bar still open count until live has told as much as the snapshot knew', () => {
	const model = loaded({ candles: [row(0, '1'), row(60_000, '2'), row(120_000, '3.5', { complete: false })] });
	assert.deepEqual(closes(model).at(-1), [2, '3.5']);
	model.live(liveAnswer(145_000, [event(141_000, '4')]), 100);
	assert.deepEqual(closes(model).at(-1), [2, '3.5']);
	model.live(liveAnswer(146_500, [event(142_000, '5')]), 100);
	assert.deepEqual(closes(model).at(-1), [2, '5']);
});

test('an event for a settled second asks periodic, and is not drawn', () => {
	const model = loaded();
	model.live(liveAnswer(147_000, [event(100_000, '99')]), 1000);
	assert.equal(model.doubt, 'late');
	assert.deepEqual(closes(model)[1], [1, '2']);
	model.refresh(periodicAnswer({ candles: [row(60_000, '2.5')] }));
	assert.deepEqual(closes(model)[1], [1, '2.5']);
	assert.equal(model.doubt, null);
});

test('a higher revision asks periodic, an equal or lower one does not', () => {
	const model = loaded();
	model.live(liveAnswer(147_000, [], { revision: { BTCUSDT: '1.9' } }), 1000);
	assert.equal(model.doubt, null);
	model.live(liveAnswer(147_000, [], { revision: { BTCUSDT: '1.11' } }), 1000);
	assert.equal(model.doubt, 'changed');
	model.refresh(periodicAnswer());
	assert.equal(model.doubt, null);
});

test('revisions order by generation, then by number', () => {
	assert.equal(compareRevisions('1.9', '1.10'), -1);
	assert.equal(compareRevisions('2.1', '1.99'), 1);
	assert.equal(compareRevisions('3.7', '3.7'), 0);
});

test('a bar that closed stays drawn until periodic confirms it', () => {
	const model = loaded();
	model.live(liveAnswer(181_000, [event(150_000, '4'), event(180_000, '5')]), 35_000);
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '4'], [3, '5']]);
	assert.equal(model.doubt, null);
	model.live(liveAnswer(187_000, []), 6000);
	assert.equal(model.doubt, 'closed');
	model.refresh(periodicAnswer({
		as_of: 186_500, candles: [row(120_000, '4')], open: { t: 180_000, from: 181_000, base: base(180_000, '5') },
	}));
	assert.equal(model.doubt, null);
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '4'], [3, '5']]);
	assert.equal(model.isOpen(model.bars()[2]), false);
	assert.equal(model.isOpen(model.bars()[3]), true);
});

test('flat bars drawn here outlive an answer that has no rows of them', () => {
	const model = loaded();
	for (let asOf = 147_000; asOf <= 250_000; asOf += 1000) {
		model.live(liveAnswer(asOf, []), 1000);
	}
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '3'], [3, '3'], [4, '3']]);
	const open = { t: 240_000, from: 244_000, base: base(240_000, '3') };
	model.refresh(periodicAnswer({ as_of: 249_000, open, candles: [row(120_000, '3')] }));
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '3'], [3, '3'], [4, '3']]);
	model.refresh(periodicAnswer({ as_of: 249_000, open, gaps: [{ from: 170_000, to: 200_000, cause: 'feed', state: 'open' }] }));
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '3'], [4, '3']]);
});

test('after a break of the line bars are marked until periodic has passed it', () => {
	const model = loaded();
	model.live(liveAnswer(170_000, [event(165_000, '6')], { recovered: false, cursor: 'c1:new' }), 1000);
	assert.equal(model.doubt, 'unsure');
	assert.equal(model.bars().at(-1).complete, false);
	model.refresh(periodicAnswer({ as_of: 168_000, open: { t: 120_000, from: 163_000, base: base(120_000, '4') } }));
	assert.equal(model.doubt, 'unsure');
	model.refresh(periodicAnswer({ as_of: 177_000, open: { t: 120_000, from: 171_000, base: base(120_000, '6') } }));
	assert.equal(model.doubt, null);
	assert.equal(model.bars().at(-1).complete, true);
});

test('at 1s periodic is asked from before the seconds that were not settled yet', () => {
	const model = new Model('BTCUSDT', findInterval('1s'));
	const open = (from) => ({ t: from + 5000, from, base: null });
	model.load(initialAnswer({ as_of: 146_000, open: open(140_000), revision: '3.10' }));
	assert.equal(model.since, '3.0');
	model.refresh(periodicAnswer({ as_of: 153_000, open: open(147_000), revision: '3.20' }));
	assert.equal(model.since, '3.0');
	model.refresh(periodicAnswer({ as_of: 160_000, open: open(154_000), revision: '3.30' }));
	assert.equal(model.since, '3.10');
	assert.equal(loaded().since, '1.10');
});

test('seconds from live stay when their row is older than the revision asked from', () => {
	const model = new Model('BTCUSDT', findInterval('1s'));
	model.load(initialAnswer({ candles: [row(139_000, '1')], open: { t: 146_000, from: 140_000, base: null } }));
	model.live(liveAnswer(147_000, [140, 141, 142, 143, 144, 145].map((t) => event(t * 1000, String(t)))), 1000);
	model.refresh(periodicAnswer({ as_of: 148_000, open: { t: 148_000, from: 142_000, base: null } }));
	assert.deepEqual(model.bars().map((bar) => bar.c), ['1', '140', '141', '142', '143', '144', '145']);
});

test('what was removed goes', () => {
	const model = loaded();
	model.refresh(periodicAnswer({ removed: [60_000] }));
	assert.deepEqual(closes(model), [[0, '1'], [2, '3']]);
});

test('periodic that gives up, or speaks of another venue, is not taken', () => {
	const model = loaded();
	assert.equal(model.refresh(periodicAnswer({ reload: true })), false);
	assert.equal(model.refresh(periodicAnswer({ venue: 'binance' })), false);
	assert.equal(model.live(liveAnswer(147_000, [], { venue: 'binance' }), 1000), false);
	assert.equal(model.revision, '1.10');
});

test('pages of the past join in front, gaps once', () => {
	const gap = { from: -90_000, to: -30_000, cause: 'stopped', state: 'open' };
	const model = loaded({ gaps: [gap] });
	model.older(initialAnswer({ candles: [row(-120_000, '0.5')], gaps: [gap], from: -120_000, to: 0 }));
	assert.deepEqual(closes(model)[0], [-2, '0.5']);
	assert.deepEqual([model.gaps.length, model.exhausted, model.loadedFrom], [1, false, -120_000]);
	model.older(initialAnswer({ candles: [], from: -120_000, to: -120_000 }));
	assert.equal(model.exhausted, true);
});

test('periodic is asked no further back than it can answer', () => {
	const model = loaded();
	assert.equal(model.periodicFrom, 0);
	const old = -20_000 * 60_000;
	model.older(initialAnswer({ candles: [row(old, '0.5')], from: old, to: 0 }));
	assert.equal(model.periodicFrom, 120_000 - 9000 * 60_000);
});

test('a change that periodic could not be asked for makes the past be loaded again', () => {
	const model = loaded();
	const old = -20_000 * 60_000;
	const gap = { from: old + 1, to: old + 2, cause: 'feed', state: 'open' };
	model.older(initialAnswer({ candles: [row(old, '0.5')], from: old, to: 0, gaps: [gap] }));
	const from = model.periodicFrom;
	model.refresh(periodicAnswer(), from);
	assert.deepEqual([closes(model)[0][1], model.loadedFrom, model.gaps.length], ['0.5', old, 1]);
	model.live(liveAnswer(147_000, [], { revision: { BTCUSDT: '1.21' } }), 1000);
	assert.equal(model.doubt, 'changed');
	model.refresh(periodicAnswer({ revision: '1.22' }), from);
	assert.deepEqual([closes(model)[0][1], model.loadedFrom, model.reach], ['1', from, old]);
	model.refresh(periodicAnswer({ revision: '1.23' }), from);
	assert.equal(model.loadedFrom, from);
});

test('a gap up to now ends where data go on; a repaired one is none', () => {
	const tailGap = { from: 146_000, to: 160_000, cause: 'feed', state: 'open' };
	const model = loaded({ gaps: [{ from: 0, to: 1000, cause: 'ids', state: 'repaired' }, tailGap] });
	assert.deepEqual(model.holes(), [tailGap]);
	model.live(liveAnswer(150_000, [event(148_000, '4')]), 4000);
	assert.deepEqual(model.holes(), []);
	assert.equal(model.doubt, 'resumed');
});

test('a bar with a hole in it is incomplete', () => {
	const model = loaded({ gaps: [{ from: 125_000, to: 130_000, cause: 'feed', state: 'open' }] });
	model.live(liveAnswer(147_000, [event(144_000, '4')]), 1000);
	assert.equal(model.bars().at(-1).complete, false);
});

test('a symbol without anything is loaded, empty', () => {
	const model = loaded({ as_of: null, lag_ms: null, candles: [], open: null });
	assert.deepEqual(model.bars(), []);
	assert.equal(model.doubt, null);
	assert.equal(model.asOf, null);
});

test('loading again forgets what was', () => {
	const model = loaded();
	model.live(liveAnswer(170_000, [event(100_000, '6')], { recovered: false }), 1000);
	model.load(initialAnswer({ revision: '2.1' }));
	assert.equal(model.doubt, null);
	assert.equal(model.loads, 2);
	assert.deepEqual(closes(model), [[0, '1'], [1, '2'], [2, '3']]);
});
