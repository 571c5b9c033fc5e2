// The read-out above the chart: one bar in exact numbers, and what is unusual about it.
import { show } from './decimal.js';
import { gapText } from './gaps.js';
import { stamp } from './time_ticks.js';

const FIELDS = [['o', 'Open'], ['h', 'High'], ['l', 'Low'], ['c', 'Close']];

export function changeOf(bar) {
	const [open, close] = [Number(bar.o), Number(bar.c)];
	const percent = open ? (close - open) / open * 100 : 0;
	const size = Math.abs(percent).toFixed(2);
	const sign = percent < 0 ? '\u2212' : '+';
	return `${Number(size) ? sign : ''}${size} %`;
}

// What a reader must know of this bar besides its numbers.
export function noteOf(bar, model) {
	if (bar.complete === false && !model.isOpen(bar)) {
		return bar.v === null ? 'volume unknown' : 'incomplete';
	}
	if (model.isOpen(bar)) {
		return 'open';
	}
	return bar.n === 0 ? 'no trade' : '';
}

export function sentence(bar, model, places) {
	const numbers = FIELDS.map(([key, name]) => `${name} ${show(bar[key], places)}`).join(', ');
	const volume = bar.v === null ? '' : `, volume ${show(bar.v)}`;
	const note = noteOf(bar, model);
	return `${stamp(bar.t, model.interval.width)} UTC: ${numbers}${volume}${note ? `, ${note}` : ''}`;
}

export class Legend {
	#root;

	constructor(root) {
		this.#root = root;
	}

	#set(name, text) {
		const node = this.#root.querySelector(`[data-field="${name}"]`);
		if (node.textContent !== text) {
			node.textContent = text;
		}
		node.closest('[data-part]')?.toggleAttribute('hidden', text === '');
	}

	#note(text, grave) {
		this.#set('note', text);
		this.#root.querySelector('.note').dataset.grave = grave;
	}

	clear() {
		this.#root.hidden = true;
	}

	showBar(bar, model, places) {
		this.#root.hidden = false;
		this.#root.dataset.direction = Number(bar.c) < Number(bar.o) ? 'down' : 'up';
		this.#set('time', stamp(bar.t, model.interval.width));
		FIELDS.forEach(([key]) => this.#set(key, show(bar[key], places)));
		this.#set('v', bar.v === null ? '' : show(bar.v));
		this.#set('change', changeOf(bar));
		this.#note(noteOf(bar, model), bar.complete === false && !model.isOpen(bar));
	}

	showGap(t, gap, model) {
		this.#root.hidden = false;
		this.#set('time', stamp(t, model.interval.width));
		[...FIELDS.map(([key]) => key), 'v', 'change'].forEach((key) => this.#set(key, ''));
		this.#note(gapText(gap), true);
	}
}
