// Chart.js chart type 'price': chartjs-chart-financial's candlesticks on whole pixels. A bar that is not completely known is hollow
// (dashed: part of its time is missing; plain: only samples are known), one in which nobody traded is a grey dash. Chart.js is a
// plain script that the page loads before its modules.
const { Chart } = globalThis;
const Controller = Chart.registry.getController('candlestick');
const Element = Chart.registry.getElement('candlestick');

const BODY = 0.68; // of the room that a bar has
const WIDEST = 19; // px

// An odd number of px, so that the wick stands in the middle.
export const bodyWidth = (room) => Math.min(WIDEST, Math.max(1, 2 * Math.round((room * BODY - 1) / 2) + 1));

class PriceElement extends Element {
	static id = 'price';

	draw(ctx) {
		const { x, open, high, low, close, width, look } = this;
		const body = bodyWidth(width);
		const middle = Math.round(x);
		const left = middle - (body - 1) / 2;
		const top = Math.round(Math.min(open, close));
		const height = Math.max(1, Math.round(Math.max(open, close)) - top);
		ctx.fillStyle = look.colour;
		ctx.strokeStyle = look.colour;
		ctx.lineWidth = 1;
		const upper = Math.round(high);
		const lower = Math.round(low);
		ctx.fillRect(middle, upper, 1, top - upper);
		ctx.fillRect(middle, top + height, 1, Math.max(0, lower - top - height));
		if (look.hollow && body > 2 && height > 2) {
			ctx.setLineDash(look.holed ? [2, 2] : []);
			ctx.strokeRect(left + 0.5, top + 0.5, body - 1, height - 1);
			ctx.setLineDash([]);
		} else {
			ctx.fillRect(left, top, body, height);
		}
	}
}

function lookOf(point, theme) {
	if (point.idle) {
		return { colour: theme['ink-soft'], hollow: false, holed: false };
	}
	const hollow = point.bar.complete === false;
	return { colour: point.c < point.o ? theme.down : theme.up, hollow, holed: hollow && point.v !== null };
}

class PriceController extends Controller {
	static id = 'price';

	static defaults = { ...Controller.defaults, dataElementType: PriceElement.id };

	updateElements(elements, start, count, mode) {
		const { xScale, yScale } = this._cachedMeta;
		const { data } = this.getDataset();
		const { scene } = this.chart;
		for (let i = start; i < start + count; i += 1) {
			const point = data[i];
			this.updateElement(elements[i], i, {
				x: xScale.getPixelForValue(point.x),
				open: yScale.getPixelForValue(point.o),
				high: yScale.getPixelForValue(point.h),
				low: yScale.getPixelForValue(point.l),
				close: yScale.getPixelForValue(point.c),
				width: scene.barPixels,
				look: lookOf(point, scene.theme),
			}, mode);
		}
	}
}

Chart.register(PriceController, PriceElement);
