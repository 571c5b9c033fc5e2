// Volume at the foot of the chart, where it is known.
import { bodyWidth } from './candles.js';

export const SHARE = 0.16; // of the chart's height

export const volumePlugin = {
	id: 'volume',
	beforeDatasetsDraw({ ctx, chartArea: area, scales, scene, data }) {
		const { data: points } = data.datasets[0];
		const most = points.reduce((greatest, point) => Math.max(greatest, point.v ?? 0), 0);
		if (!scene.hasVolume || most === 0) {
			return;
		}
		const width = bodyWidth(scene.barPixels);
		ctx.save();
		ctx.beginPath();
		ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
		ctx.clip();
		points.forEach((point) => {
			const height = (point.v ?? 0) / most * (area.bottom - area.top) * SHARE;
			if (height > 0) {
				ctx.fillStyle = point.c < point.o ? scene.theme['volume-down'] : scene.theme['volume-up'];
				const left = Math.round(scales.x.getPixelForValue(point.x)) - (width - 1) / 2;
				ctx.fillRect(left, area.bottom, width, -Math.max(1, Math.round(height)));
			}
		});
		ctx.restore();
	},
};
