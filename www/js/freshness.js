// What the badge and the notice say: how fresh the prices are, and whether they are real ones of now. Pure.
import { clock, day } from './time_ticks.js';

const DAY = 86_400_000;
const STILL = 12_000; // the server's 10 s, and the way here

// "8 s", "4 min", "3 h", "2 d"
export function age(ms) {
	const seconds = Math.max(0, Math.round(ms / 1000));
	const units = [[86_400, 'd'], [3600, 'h'], [60, 'min']];
	const [size, name] = units.find(([limit]) => seconds >= 2 * limit) ?? [1, 's'];
	return `${Math.floor(seconds / size)} ${name}`;
}

// Which kind of market a venue is: 'live', 'synthetic' or 'replay'.
export function marketOf(venue, state) {
	if (venue === 'synthetic' || state === 'synthetic') {
		return 'synthetic';
	}
	return venue?.startsWith('replay-') || state === 'replay' ? 'replay' : 'live';
}

// By the server's word, or because as_of stands still, which it never does while somebody listens. `elapsed`: ms since it came on.
export function isStale(model, elapsed) {
	return !model.ended && model.asOf !== null && (model.state === 'stale' || elapsed > STILL);
}

// The line above everything; empty where prices are live ones.
export function noticeOf(model) {
	const market = marketOf(model.venue, model.state);
	if (market === 'synthetic') {
		return 'Synthetic market: these prices are invented.';
	}
	if (market === 'replay') {
		const when = model.asOf === null ? '' : ` of ${day(model.asOf)}`;
		return `Replay of a recording${when}: not current prices.`;
	}
	return '';
}

// { kind, text, detail }. `elapsed`: ms since as_of came on; `wait`: ms until the next try, null when connected.
export function badgeOf(model, elapsed, wait, today = Date.now()) {
	if (wait !== null) {
		const next = wait > 1500 && wait < Infinity ? `next try in ${age(wait)}` : '';
		return { kind: 'reconnecting', text: 'Reconnecting', detail: [next, asOf(model, today)].filter(Boolean).join(', ') };
	}
	if (model.asOf === null) {
		return { kind: 'waiting', text: 'Waiting', detail: '' };
	}
	const market = marketOf(model.venue, model.state);
	const behind = (model.lag ?? 0) + elapsed;
	if (model.ended) {
		return { kind: 'replay', text: 'Recording ended', detail: asOf(model, today) };
	}
	if (isStale(model, elapsed)) {
		return { kind: 'stale', text: 'Stale', detail: `${asOf(model, today)}, ${age(behind)} old` };
	}
	const text = { live: 'Live', synthetic: 'Synthetic', replay: 'Replay' }[market];
	const detail = market === 'replay' ? asOf(model, today) : `${asOf(model, today)}, ${age(behind)} ago`;
	return { kind: market, text, detail };
}

function asOf(model, today) {
	if (model.asOf === null) {
		return '';
	}
	const old = Math.floor(model.asOf / DAY) !== Math.floor(today / DAY);
	return `as of ${old ? `${day(model.asOf)} ` : ''}${clock(model.asOf)} UTC`;
}
