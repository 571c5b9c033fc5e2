// What the page says: freshness, notices, messages, gaps, the read-out, the address.
import assert from 'node:assert/strict';
import test from 'node:test';
import { age, badgeOf, marketOf, noticeOf } from '../../../www/js/freshness.js';
import { gapText, mergeGaps } from '../../../www/js/gaps.js';
import { formatHash, parseHash } from '../../../www/js/hash.js';
import { findInterval } from '../../../www/js/interval.js';
import { changeOf, noteOf, sentence } from '../../../www/js/legend.js';
import { messageOf } from '../../../www/js/messages.js';
import { Backoff } from '../../../www/js/retry.js';

const NOON = Date.UTC(2026, 10, 22, 12);
const model = (more) => ({ venue: 'binance', state: 'live', asOf: NOON, lag: 300, ended: false, ...more });

test('the badge tells live, stale, replay, synthetic and reconnecting apart', () => {
	assert.deepEqual(badgeOf(model(), 1700, null, NOON), { kind: 'live', text: 'Live', detail: 'as of 12:00:00 UTC, 2 s ago' });
	assert.equal(badgeOf(model({ state: 'stale' }), 0, null, NOON).text, 'Stale');
	assert.equal(badgeOf(model(), 13_000, null, NOON).detail, 'as of 12:00:00 UTC, 13 s old');
	assert.equal(badgeOf(model({ ended: true }), 13_000, null, NOON).text, 'Recording ended');
	assert.equal(badgeOf(model({ state: 'synthetic', venue: 'synthetic' }), 0, null, NOON).kind, 'synthetic');
	assert.equal(badgeOf(model({ state: 'replay', venue: 'replay-x' }), 0, null, NOON).kind, 'replay');
	assert.equal(badgeOf(model({ state: 'replay', ended: true }), 0, null, NOON).text, 'Recording ended');
	assert.equal(badgeOf(model(), 0, 4000, NOON).detail, 'next try in 4 s, as of 12:00:00 UTC');
	assert.equal(badgeOf(model({ asOf: null }), 0, null, NOON).text, 'Waiting');
});

test('an old as_of is told with its day', () => {
	assert.match(badgeOf(model({ state: 'stale' }), 0, null, NOON + 86_400_000).detail, /^as of 22 Nov 2026 12:00:00 UTC/);
});

test('prices that are not live ones are called so, also when stale', () => {
	assert.equal(noticeOf(model()), '');
	assert.match(noticeOf(model({ venue: 'synthetic', state: 'stale' })), /invented/);
	assert.match(noticeOf(model({ venue: 'replay-a', state: 'stale' })), /22 Nov 2026: not current/);
	assert.equal(marketOf('binance', 'stale'), 'live');
});

test('ages are short', () => {
	assert.deepEqual([0, 8400, 119_000, 120_000, 7_200_000, 200_000_000].map(age), ['0 s', '8 s', '119 s', '2 min', '2 h', '2 d']);
	assert.equal(age(-5), '0 s');
});

test('an empty chart says why', () => {
	const state = { symbol: 'X', failure: null, loaded: true, hasBars: false, symbols: ['A'] };
	const failed = (error) => messageOf({ ...state, failure: { error } }).title;
	assert.equal(messageOf({ ...state, hasBars: true }), null);
	assert.equal(messageOf(state).title, 'No data yet');
	assert.equal(messageOf({ ...state, loaded: false }).title, 'Loading');
	assert.match(failed({ passing: true }), /does not answer/);
	assert.match(failed({ passing: false, code: -1121 }), /^X is not collected/);
	assert.match(messageOf({ ...state, symbol: 'A', failure: { error: { passing: false, message: 'no' } } }).text, /^no$/);
});

test('gaps name their cause; overlapping ones of a kind are one', () => {
	assert.equal(gapText({ cause: 'stopped', state: 'open' }), 'No data: collector stopped');
	assert.equal(gapText({ cause: 'startup', state: 'open' }), 'No data: collector was not running');
	assert.equal(gapText({ cause: 'other', state: 'unrepairable' }), 'No data: other, cannot be repaired');
	const gap = (from, to, cause = 'feed') => ({ from, to, cause, state: 'open' });
	assert.deepEqual(mergeGaps([gap(5, 9), gap(1, 5), gap(20, 30), gap(2, 3, 'ids')]), [gap(1, 9), gap(2, 3, 'ids'), gap(20, 30)]);
});

test('the read-out of a bar', () => {
	const bar = { t: NOON, o: '100.00', h: '101.00', l: '99.50', c: '99.50', v: '1.250', n: 3, complete: true };
	const of = { interval: findInterval('1m'), isOpen: () => false };
	assert.equal(changeOf(bar), '\u22120.50 %');
	assert.equal(changeOf({ o: '100000', c: '100000.1' }), '0.00 %');
	assert.equal(sentence(bar, of, 2),
		'22 Nov 2026 12:00 UTC: Open 100.00, High 101.00, Low 99.50, Close 99.50, volume 1.25');
	assert.equal(noteOf({ ...bar, complete: false }, of), 'incomplete');
	assert.equal(noteOf({ ...bar, complete: false, v: null }, of), 'volume unknown');
	assert.equal(noteOf({ ...bar, n: 0 }, of), 'no trade');
	assert.equal(noteOf(bar, { ...of, isOpen: () => true }), 'open');
});

test('the address keeps symbol and interval', () => {
	assert.deepEqual(parseHash('#BTCUSDT/1M'), { symbol: 'BTCUSDT', interval: '1M' });
	assert.deepEqual(parseHash(''), { symbol: null, interval: null });
	assert.deepEqual(parseHash('#%'), { symbol: null, interval: null });
	assert.deepEqual(parseHash(formatHash({ symbol: '\u5e01/X', interval: '1s' })), { symbol: '\u5e01/X', interval: '1s' });
});

test('waits double up to a cap, with jitter, and obey the server', () => {
	const backoff = new Backoff();
	assert.deepEqual([0, 0, 0].map(() => backoff.next(0, () => 1)), [500, 1000, 2000]);
	assert.equal(backoff.next(0, () => 0), 2000);
	[...Array(20)].forEach(() => backoff.next());
	assert.equal(backoff.next(0, () => 1), 15_000);
	assert.equal(backoff.next(60_000), 60_000);
	backoff.reset();
	assert.equal(backoff.next(0, () => 1), 500);
});
