// Buckets of the 16 intervals.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findInterval, intervals } from '../../../www/js/interval.js';

const at = (text) => Date.parse(text);

test('there are 16, found by exact name', () => {
	assert.equal(intervals.length, 16);
	assert.notEqual(findInterval('1m'), findInterval('1M'));
	assert.equal(findInterval('1H'), undefined);
	assert.equal(findInterval(null), undefined);
});

test('a week begins on Monday, a month on the first', () => {
	const sunday = at('2026-11-22T12:00:00Z');
	assert.equal(findInterval('1w').floor(sunday), at('2026-11-16T00:00:00Z'));
	assert.equal(findInterval('1M').floor(sunday), at('2026-11-01T00:00:00Z'));
	assert.equal(findInterval('1M').next(at('2026-12-01T00:00:00Z')), at('2027-01-01T00:00:00Z'));
	assert.equal(findInterval('1M').next(at('2024-02-01T00:00:00Z')), at('2024-03-01T00:00:00Z'));
});

test('every bucket holds its start and ends where the next begins', () => {
	const t = at('2024-08-08T23:54:14.123Z');
	intervals.forEach((interval) => {
		const start = interval.floor(t);
		assert.ok(start <= t && t < interval.next(start), interval.name);
		assert.equal(interval.floor(start), start, interval.name);
		assert.equal(interval.floor(interval.next(start)), interval.next(start), interval.name);
		assert.equal(interval.floor(start - 1) < start, true, interval.name);
	});
});

test('3d counts from the epoch', () => {
	assert.equal(findInterval('3d').floor(at('1970-01-06T00:00:00Z')), at('1970-01-04T00:00:00Z'));
});
