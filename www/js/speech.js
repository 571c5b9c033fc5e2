// What a screen reader is told: the price at a modest rate, a candle when keys chose it.

const PRICE_EVERY = 20_000;

export class Speech {
	#node;
	#spokenAt = -Infinity;
	#price = '';

	constructor(node) {
		this.#node = node;
	}

	say(text) {
		this.#node.textContent = text;
		this.#spokenAt = performance.now();
	}

	price(text) {
		if (text !== this.#price && performance.now() - this.#spokenAt >= PRICE_EVERY) {
			this.#price = text;
			this.say(text);
		}
	}
}
