// Shades the spans without data, with a word of why where there is room for it.
import { font } from './draw.js';
import { gapText } from './gaps.js';

const LEAST = 2; // px
const SIZE = 11;

const patterns = new Map();

function hatch(ctx, colour) {
	if (!patterns.has(colour)) {
		patterns.set(colour, ctx.createPattern(hatchTile(colour), 'repeat'));
	}
	return patterns.get(colour);
}

function hatchTile(colour) {
	const tile = document.createElement('canvas');
	tile.width = tile.height = 8;
	const pen = tile.getContext('2d');
	pen.strokeStyle = colour;
	pen.lineWidth = 1;
	pen.beginPath();
	[[-1, 1, 1, -1], [0, 8, 8, 0], [7, 9, 9, 7]].forEach(([x1, y1, x2, y2]) => {
		pen.moveTo(x1, y1);
		pen.lineTo(x2, y2);
	});
	pen.stroke();
	return tile;
}

// The longest of the wordings that fits, along the gap or up it.
function label(ctx, theme, text, box) {
	ctx.font = font(theme, 500, SIZE);
	const short = text.replace(/^No data: /, '').replace(/,.*/, '');
	const room = (length) => (words) => ctx.measureText(words).width + 16 <= length;
	const width = box.right - box.left;
	const along = [text, short].find(room(width));
	const up = width > SIZE + 4 ? [text, short].find(room(box.bottom - box.top)) : undefined;
	if (along || up) {
		ctx.fillStyle = theme['gap-ink'];
		ctx.textAlign = 'center';
		ctx.textBaseline = 'middle';
		ctx.translate((box.left + box.right) / 2, (box.top + box.bottom) / 2);
		ctx.rotate(along ? 0 : -Math.PI / 2);
		ctx.fillText(along ?? up, 0, 0);
	}
}

export const gapsPlugin = {
	id: 'gaps',
	beforeDatasetsDraw({ ctx, chartArea: area, scales, scene }) {
		const half = scene.barPixels / 2;
		const { theme } = scene;
		scene.gaps.forEach((gap) => {
			// A bar is drawn around its open time: what lies in it begins half a bar earlier.
			const left = Math.max(area.left, scales.x.getPixelForValue(gap.from) - half);
			const right = Math.min(area.right, Math.max(left + LEAST, scales.x.getPixelForValue(gap.to) - half));
			if (right <= area.left || left >= area.right) {
				return;
			}
			ctx.save();
			ctx.fillStyle = theme.gap;
			ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
			ctx.fillStyle = hatch(ctx, theme.gap);
			ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
			label(ctx, theme, gapText(gap), { left, right, top: area.top, bottom: area.bottom });
			ctx.restore();
		});
	},
};
