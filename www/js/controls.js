// Symbol and interval: the choice in the address, the controls show it.
import { formatHash, parseHash } from './hash.js';
import { findInterval, intervals } from './interval.js';

const DEFAULT_INTERVAL = '1m';
const SHORT_INTERVAL = '1s';

export class Controls {
	#select;
	#fieldset;
	#symbols = null;
	#fallback = DEFAULT_INTERVAL;

	constructor(select, fieldset, chosen) {
		this.#select = select;
		this.#fieldset = fieldset;
		this.#addIntervals();
		select.addEventListener('change', () => this.#go({ symbol: select.value }));
		fieldset.addEventListener('change', (event) => this.#go({ interval: event.target.value }));
		addEventListener('hashchange', () => chosen(this.choice));
	}

	// { symbol: name or null, interval }
	get choice() {
		const { symbol, interval } = parseHash(location.hash);
		const first = this.#symbols?.includes('BTCUSDT') ? 'BTCUSDT' : this.#symbols?.[0];
		return { symbol: symbol ?? first ?? null, interval: findInterval(interval) ?? findInterval(this.#fallback) };
	}

	// For who chose no interval: a market heard of since minutes only has more to show at 1s. True: that changes the choice.
	preferSeconds() {
		const changes = this.#fallback === DEFAULT_INTERVAL && !findInterval(parseHash(location.hash).interval);
		this.#fallback = SHORT_INTERVAL;
		return changes;
	}

	get symbols() {
		return this.#symbols;
	}

	set symbols(names) {
		this.#symbols = names;
		this.show();
	}

	show() {
		const { symbol, interval } = this.choice;
		const names = this.#symbols ?? [];
		const offered = symbol && !names.includes(symbol) ? [symbol, ...names] : names;
		if (offered.join() !== [...this.#select.options].map((option) => option.value).join()) {
			this.#select.replaceChildren(...offered.map((name) => new Option(name, name)));
		}
		this.#select.value = symbol ?? '';
		this.#select.disabled = offered.length === 0;
		const radio = this.#fieldset.querySelector(`input[value="${interval.name}"]`);
		radio.checked = true;
		radio.parentElement.scrollIntoView({ block: 'nearest', inline: 'nearest' });
	}

	#go(change) {
		const { symbol, interval } = this.choice;
		location.hash = formatHash({ symbol, interval: interval.name, ...change });
	}

	#addIntervals() {
		this.#fieldset.append(...intervals.map(({ name, title }) => {
			const label = document.createElement('label');
			const radio = Object.assign(document.createElement('input'), {
				type: 'radio', name: 'interval', value: name, className: 'unseen',
			});
			radio.setAttribute('aria-label', `1 ${title}`.replace(/^1 (\d)/, '$1'));
			const text = document.createElement('span');
			text.textContent = name;
			label.append(radio, text);
			return label;
		}));
	}
}
