// Cross lines at the pointer (or at the bar chosen by keys), with time and price on the axes.
import { line, plate } from './draw.js';

const DASH = [3, 3];

export const crosshairPlugin = {
	id: 'crosshair',
	afterDraw({ ctx, chartArea: area, scales, scene }) {
		const { cross, theme } = scene;
		if (!cross) {
			return;
		}
		const tag = { fill: theme.tag, ink: theme['tag-ink'] };
		const x = scales.x.getPixelForValue(cross.t);
		if (x >= area.left && x <= area.right) {
			line(ctx, theme['ink-soft'], [x, area.top], [x, area.bottom], DASH);
			plate(ctx, theme, { ...tag, x, y: area.bottom + 13, text: scene.stamp(cross.t), centred: true, within: area });
		}
		if (cross.y !== null && cross.y >= area.top && cross.y <= area.bottom) {
			line(ctx, theme['ink-soft'], [area.left, cross.y], [area.right, cross.y], DASH);
			const price = scales.y.getValueForPixel(cross.y).toFixed(scene.places);
			plate(ctx, theme, { ...tag, x: area.right + 2, y: cross.y, text: price });
		}
	},
};
