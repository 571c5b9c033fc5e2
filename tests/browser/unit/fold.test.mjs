// Seconds into bars, by the server's rules.
import assert from 'node:assert/strict';
import test from 'node:test';
import { barOf, flat, fold, rank } from '../../../www/js/fold.js';

const part = (o, h, l, c, more = {}) => ({ o, h, l, c, v: '1.5', q: '3', n: 2, origin: 'kline', ...more });
const empty = (close) => part(close, close, close, close, { v: '0.00000000', q: '0.00000000', n: 0 });

test('open of the first, close of the last, extremes of all, sums', () => {
	const bar = fold(60_000, [part('9', '10', '8', '9.5'), part('9.5', '11', '9', '10.25')]);
	assert.deepEqual(bar, {
		t: 60_000, o: '9', h: '11', l: '8', c: '10.25', v: '3.0', q: '6', n: 4, origin: 'kline', complete: true,
	});
});

test('prices compare as numbers, not as texts', () => {
	const bar = fold(0, [part('99', '99', '99', '99'), part('100', '100', '100', '100')]);
	assert.equal(bar.h, '100');
	assert.equal(bar.l, '99');
});

test('parts without a trade give no price beside others', () => {
	const bar = fold(0, [empty('1'), part('9', '10', '8', '9.5'), empty('9.5')]);
	assert.deepEqual([bar.o, bar.h, bar.l, bar.c, bar.n], ['9', '10', '8', '9.5', 2]);
});

test('only parts without a trade make a flat bar with volume 0', () => {
	const bar = fold(0, [empty('7'), empty('7')]);
	assert.deepEqual([bar.o, bar.c, bar.v, bar.n], ['7', '7', '0.00000000', 0]);
});

test('a sum is unknown if a part that was traded in does not know it', () => {
	const bar = fold(0, [part('9', '9', '9', '9'), part('9', '9', '9', '9', { v: null, q: null, n: null, origin: 'sample' })]);
	assert.deepEqual([bar.v, bar.q, bar.n, bar.origin], [null, null, null, 'sample']);
});

test('an empty part does not make a sum unknown', () => {
	const bar = fold(0, [part('9', '9', '9', '9'), empty('9')]);
	assert.equal(bar.v, '1.5');
});

test('the origin is the least of the parts', () => {
	assert.equal(fold(0, [part('1', '1', '1', '1'), part('1', '1', '1', '1', { origin: 'trade' })]).origin, 'trade');
	assert.ok(rank('sample') < rank('aggTrade') && rank('trade') < rank('kline') && rank('kline') < rank('correction'));
});

test('a flat bar repeats the close; where volumes are unknown it is incomplete', () => {
	assert.deepEqual(flat(5, '7.1', true), {
		t: 5, o: '7.1', h: '7.1', l: '7.1', c: '7.1', v: '0', q: '0', n: 0, origin: null, complete: true,
	});
	assert.deepEqual([flat(5, '7.1', false).v, flat(5, '7.1', false).complete], [null, false]);
});

test('rows are read by the names of their columns', () => {
	assert.deepEqual(barOf(['1', 5, false], ['o', 't', 'complete']), { o: '1', t: 5, complete: false, origin: null });
});
