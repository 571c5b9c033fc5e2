// The newest bars: what the database had settled, and the seconds behind it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findInterval } from '../../../www/js/interval.js';
import { Tail } from '../../../www/js/tail.js';

const MINUTE = 60_000;
const second = (t, price, more = {}) => ({
	t, o: price, h: price, l: price, c: price, v: '1', q: '1', n: 1, origin: 'kline', closed: true, ...more,
});
const row = (t, price) => [t, price, price, price, price, '10', '10', 10, 'kline'];
const prices = (bars) => bars.map((bar) => [bar.t / 1000, bar.o, bar.c, bar.v]);

function tailOf(name, open, asOf = null) {
	const tail = new Tail(findInterval(name));
	tail.reset(open);
	tail.advance(asOf);
	return tail;
}

test('the open bar is the base and the seconds behind it', () => {
	const tail = tailOf('1m', { t: 0, from: 30_000, base: row(0, '5') }, 31_500);
	tail.add(second(30_000, '7'));
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '7', '11']]);
});

test('a second sent again replaces itself', () => {
	const tail = tailOf('1m', { t: 0, from: 30_000, base: row(0, '5') }, 31_500);
	tail.add(second(30_000, '7', { v: '0.5' }));
	tail.add(second(30_000, '8'));
	tail.add(second(30_000, '8'));
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '8', '11']]);
});

test('a result already drawn is folded anew when its second changes', () => {
	const tail = tailOf('1m', { t: 0, from: 0, base: null }, 3000);
	tail.add(second(0, '1'));
	tail.bars(null, []);
	tail.add(second(1000, '2'));
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '1', '2', '2']]);
});

test('an event before `from` is for the database to tell', () => {
	const tail = tailOf('1m', { t: 0, from: 30_000, base: row(0, '5') });
	assert.equal(tail.add(second(29_000, '9')), 'late');
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '5', '10']]);
	assert.equal(tailOf('1m', null).add(second(1000, '9')), 'late');
});

test('a lower origin never replaces a higher one', () => {
	const tail = tailOf('1s', { t: 1000, from: 0, base: null }, 1500);
	assert.equal(tail.add(second(0, '7')), 'taken');
	assert.equal(tail.add(second(0, '9', { origin: 'sample' })), 'outranked');
	assert.equal(tail.add(second(0, '8', { origin: 'correction' })), 'taken');
	assert.equal(tail.bars(null, [])[0].c, '8');
});

test('seconds roll into a new bar, and the one before stays', () => {
	const tail = tailOf('1m', { t: 0, from: 55_000, base: row(0, '5') }, 56_000);
	tail.add(second(59_000, '6'));
	tail.add(second(60_000, '7'));
	tail.advance(61_000);
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '6', '11'], [60, '7', '7', '1']]);
});

test('where `from` lies in the bar before, that bar has its own base', () => {
	const tail = tailOf('1m', { t: MINUTE, from: 57_000, base: null, before: { t: 0, base: row(0, '5') } }, 62_000);
	tail.add(second(58_000, '6'));
	tail.add(second(61_000, '7'));
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '6', '11'], [60, '7', '7', '1']]);
});

test('a second without event is a flat bar once it is over, up to as_of', () => {
	const tail = tailOf('1s', { t: 5000, from: 0, base: null }, 5500);
	tail.add(second(1000, '7'));
	const bars = tail.bars({ t: -1000, c: '6', v: '1' }, []);
	assert.deepEqual(prices(bars), [[0, '6', '6', '0'], [1, '7', '7', '1'], [2, '7', '7', '0'], [3, '7', '7', '0']]);
});

test('before the first candle of all there is no flat bar', () => {
	assert.deepEqual(tailOf('1s', { t: 5000, from: 0, base: null }, 5500).bars(null, []), []);
});

test('where volumes are unknown, flat bars do not claim none', () => {
	const tail = tailOf('1s', { t: 3000, from: 0, base: null }, 2500);
	assert.deepEqual(tail.bars({ t: -1000, c: '6', v: null }, []).map((bar) => [bar.v, bar.complete]), [[null, false]]);
});

test('nothing flat is drawn where nobody listened', () => {
	const tail = tailOf('1s', { t: 9000, from: 0, base: null }, 9500);
	tail.add(second(6000, '7'));
	const bars = tail.bars({ t: -1000, c: '6', v: '1' }, [{ from: 1500, to: 6500 }]);
	assert.deepEqual(bars.map((bar) => [bar.t, bar.complete]), [[0, true], [6000, false], [7000, true]]);
});

test('a leap of as_of proves nothing about the time it jumped over', () => {
	const tail = tailOf('1s', { t: 1000, from: 0, base: null }, 2000);
	tail.advance(40_000, 10_000);
	assert.deepEqual(tail.bars({ t: -1000, c: '6', v: '1' }, []).map((bar) => bar.t), [0, 1000]);
	tail.confirm({ t: 40_000, from: 40_000, base: null });
	tail.advance(43_000, 10_000);
	assert.deepEqual(tail.bars({ t: -1000, c: '6', v: '1' }, []).map((bar) => bar.t), [40_000, 41_000]);
});

test('as_of never goes back', () => {
	const tail = tailOf('1s', { t: 1000, from: 0, base: null }, 5000);
	tail.advance(3000);
	tail.advance(null);
	assert.equal(tail.asOf, 5000);
});

test('a later `open` takes over what it has settled, an earlier one is ignored', () => {
	const tail = tailOf('1m', { t: 0, from: 30_000, base: row(0, '5') }, 42_000);
	tail.add(second(31_000, '6'));
	tail.add(second(41_000, '7'));
	tail.confirm({ t: 0, from: 40_000, base: row(0, '5.5') });
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5.5', '7', '11']]);
	tail.confirm({ t: 0, from: 35_000, base: row(0, '1') });
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5.5', '7', '11']]);
	tail.confirm(null);
	assert.equal(tail.from, 40_000);
});

test('a volume not known yet is left out of the open bar, for a moment', () => {
	const sample = { v: null, q: null, n: null, origin: 'sample' };
	const tail = tailOf('1m', { t: 0, from: 0, base: null }, 11_000);
	tail.add(second(9000, '5'));
	tail.add(second(10_000, '6', sample));
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '6', '1']]);
	tail.advance(15_000);
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '6', null]]);
	tail.add(second(10_000, '6'));
	assert.deepEqual(prices(tail.bars(null, [])), [[0, '5', '6', '2']]);
	const samples = tailOf('1m', { t: 0, from: 0, base: null }, 11_000);
	samples.add(second(10_000, '6', sample));
	assert.equal(samples.bars(null, [])[0].v, null);
});

test('a month is folded like any other bar', () => {
	const start = Date.UTC(2026, 10, 1);
	const tail = tailOf('1M', { t: start, from: start + 5000, base: row(start, '5') }, start + 6000);
	tail.add(second(start + 5000, '8'));
	assert.deepEqual(tail.bars(null, []).map((bar) => [bar.t, bar.c]), [[start, '8']]);
});
