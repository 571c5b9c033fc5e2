// Decimal strings: exact where floats are not, and shown as received.
import assert from 'node:assert/strict';
import test from 'node:test';
import { add, compare, max, min, places, show } from '../../../www/js/decimal.js';

test('sums are exact beyond what floats hold', () => {
	assert.equal(add('0.10000000', '0.20000000'), '0.30000000');
	assert.equal(add('26000000000000000000000.00000001', '0.00000001'), '26000000000000000000000.00000002');
	assert.equal(add('1', '0.5'), '1.5');
	assert.equal(add('-0.30', '0.10'), '-0.20');
	assert.equal(add('0', '0'), '0');
});

test('numbers of different lengths and places compare by value', () => {
	assert.equal(compare('9.5', '10'), -1);
	assert.equal(compare('10.0', '10.00000000'), 0);
	assert.equal(compare('0.00000002', '0.00000001'), 1);
	assert.equal(compare('-2', '-1'), -1);
	assert.equal(max('99.9', '100.1'), '100.1');
	assert.equal(min('99.9', '100.1'), '99.9');
});

test('a maximum keeps the text of the first of equal numbers', () => {
	assert.equal(max('1.50', '1.5'), '1.50');
});

test('places count digits that mean something', () => {
	assert.equal(places('102492.27000000'), 2);
	assert.equal(places('0.06285000'), 5);
	assert.equal(places('5'), 0);
	assert.equal(places('5.00000000'), 0);
});

test('zeros go or come, digits are never cut', () => {
	assert.equal(show('102492.27000000', 2), '102492.27');
	assert.equal(show('102492.20000000', 2), '102492.20');
	assert.equal(show('102492', 2), '102492.00');
	assert.equal(show('0.00012345', 2), '0.00012345');
	assert.equal(show('5.00000000'), '5');
	assert.equal(show('2472261593.19821790'), '2472261593.1982179');
});
