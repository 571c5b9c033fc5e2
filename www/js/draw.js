// Small helpers of the plugins.

export const FONT = 12;

export const font = (theme, weight = 400, size = FONT) => `${weight} ${size}px ${theme.family}`;

// Text on a rounded plate; gives the plate's width. `x`: its left edge, or its middle with `centred`; `y`: its middle.
export function plate(ctx, theme, { x, y, text, fill, ink, centred = false, least = 0, within = null }) {
	ctx.save();
	ctx.font = font(theme, 500);
	const width = Math.max(least, ctx.measureText(text).width + 12);
	const height = FONT + 8;
	let left = centred ? x - width / 2 : x;
	if (within) {
		left = Math.max(within.left, Math.min(within.right - width, left));
	}
	ctx.fillStyle = fill;
	ctx.beginPath();
	ctx.roundRect(Math.round(left), Math.round(y - height / 2), width, height, 3);
	ctx.fill();
	ctx.fillStyle = ink;
	ctx.textBaseline = 'middle';
	ctx.fillText(text, Math.round(left) + 6, Math.round(y) + 0.5);
	ctx.restore();
	return width;
}

export function line(ctx, colour, [x1, y1], [x2, y2], dash = []) {
	ctx.save();
	ctx.strokeStyle = colour;
	ctx.lineWidth = 1;
	ctx.setLineDash(dash);
	ctx.beginPath();
	ctx.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
	ctx.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
	ctx.stroke();
	ctx.restore();
}
