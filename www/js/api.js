// The server's answers. Addresses are relative to the page, so that it works under any prefix.

// A failed request. status 0: nobody answered (network, time-out).
export class ApiError extends Error {
	constructor(status, problem = {}, retryAfter = 0) {
		super(problem.detail ?? problem.msg ?? problem.title ?? (status ? `HTTP ${status}` : 'no answer'));
		this.status = status;
		this.code = problem.code ?? null;
		this.retryAfter = retryAfter;
	}

	// Asking again can help.
	get passing() {
		return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
	}
}

const SHORT = 10_000;

async function get(path, parameters, { signal, timeout = SHORT, headers = {} } = {}) {
	const url = new URL(`api/v1/${path}`, document.baseURI);
	Object.entries(parameters).forEach(([name, value]) => url.searchParams.set(name, value));
	const signals = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
	try {
		const response = await fetch(url, { signal: AbortSignal.any(signals), headers, cache: 'no-store' });
		if (!response.ok && response.status !== 304) {
			const problem = await response.json().catch(() => ({}));
			throw new ApiError(response.status, problem, 1000 * Number(response.headers.get('Retry-After') ?? 0));
		}
		// A body that breaks off is no answer.
		const body = response.status === 304 ? null : await response.json();
		return { body, etag: response.headers.get('ETag') };
	} catch (error) {
		signal?.throwIfAborted();
		throw error instanceof ApiError ? error : new ApiError(0);
	}
}

// Names of what is collected.
export async function symbols(signal) {
	const { body } = await get('symbols', {}, { signal });
	return body.symbols.map((entry) => entry.symbol ?? entry);
}

// { symbol, interval, limit[, end] }
export async function initial(parameters, signal) {
	return (await get('initial', parameters, { signal })).body;
}

// `periodic` remembers what it answered last; asked the same again and nothing changed, it gives null.
export function makePeriodic() {
	let last = { key: '', etag: null };
	return async function periodic(parameters, signal) {
		const key = JSON.stringify(parameters);
		const headers = last.key === key && last.etag ? { 'If-None-Match': last.etag } : {};
		const { body, etag } = await get('periodic', parameters, { signal, headers });
		last = { key, etag: etag ?? (body ? null : last.etag) };
		return body;
	};
}

// Answered after `wait` seconds at the latest, with or without an event.
export async function live(symbol, cursor, wait, signal) {
	const { body } = await get('live', { symbols: symbol, cursor, wait }, { signal, timeout: wait * 1000 + SHORT });
	return body;
}
