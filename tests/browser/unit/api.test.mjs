// Requests that end badly: as an error that says so, never as an answer without its members.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ApiError, symbols } from '../../../www/js/api.js';

globalThis.document = { baseURI: 'http://127.0.0.1/' };

// An answer whose body breaks off; the caller may have given up meanwhile.
const answering = (status, broken) => {
	globalThis.fetch = async () => new Response(new ReadableStream({ start: (stream) => broken(stream) }), { status });
};

test('an answer that is given up while it is read is given up, not empty', async () => {
	const caller = new AbortController();
	answering(200, (stream) => {
		stream.enqueue(new TextEncoder().encode('{"symbols":['));
		setTimeout(() => {
			caller.abort();
			stream.error(caller.signal.reason);
		});
	});
	await assert.rejects(symbols(caller.signal), { name: 'AbortError' });
});

test('an answer that breaks off is no answer', async () => {
	answering(200, (stream) => stream.error(new TypeError('network')));
	await assert.rejects(symbols(), (error) => error instanceof ApiError && error.status === 0);
});

test('an error without a problem document keeps its status', async () => {
	answering(502, (stream) => stream.error(new TypeError('network')));
	await assert.rejects(symbols(), (error) => error instanceof ApiError && error.status === 502);
});
