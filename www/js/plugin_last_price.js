// A line at the newest price, with the price on the axis.
import { line, plate } from './draw.js';

export const lastPricePlugin = {
	id: 'lastPrice',
	afterDatasetsDraw({ ctx, chartArea: area, scales, scene }) {
		const { last, theme } = scene;
		if (!last) {
			return;
		}
		const y = scales.y.getPixelForValue(last.c);
		if (y < area.top || y > area.bottom) {
			return;
		}
		const colour = last.c < last.o ? theme.down : theme.up;
		line(ctx, colour, [area.left, y], [area.right, y], [1, 3]);
		plate(ctx, theme, { x: area.right + 2, y, text: scene.price(last.bar.c), fill: colour, ink: theme.paper });
	},
};
