// Colours and fonts of the canvas: the style sheet's custom properties, read anew when the scheme changes.

const NAMES = ['up', 'down', 'ink', 'ink-soft', 'grid', 'paper', 'accent', 'gap', 'gap-ink', 'volume-up', 'volume-down',
	'tag', 'tag-ink'];

export function readTheme() {
	const style = getComputedStyle(document.documentElement);
	const theme = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
	return { ...theme, family: getComputedStyle(document.body).fontFamily };
}

export function onSchemeChange(act) {
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', act);
}
