// Pointer, wheel and keys on the chart, as calls of `actions`:
// pan(share of the window, + = past), zoom(factor, x or undefined), hover({x, y} or null), step(bars), ends('first' | 'latest'), release()

const WHEEL_STEP = 0.0015;
const KEY_ZOOM = 1.25;
const KEY_PAN = 0.5;
const TAP = 6; // px: less is no drag

function place(element, event) {
	const box = element.getBoundingClientRect();
	return { x: event.clientX - box.left, y: event.clientY - box.top };
}

// Drag with one pointer, pinch with two.
function followPointers(element, actions, plotWidth) {
	const held = new Map();
	let moved = 0;
	const pinch = () => {
		const [a, b] = [...held.values()];
		return { size: Math.max(20, Math.hypot(a.x - b.x, a.y - b.y)), x: (a.x + b.x) / 2 };
	};
	element.addEventListener('pointerdown', (event) => {
		// A captured pointer would take the click away from a button on the chart.
		if (event.button === 0 && !event.target.closest('button')) {
			held.set(event.pointerId, place(element, event));
			element.setPointerCapture(event.pointerId);
			moved = 0;
		}
	});
	element.addEventListener('pointermove', (event) => {
		const now = place(element, event);
		const was = held.get(event.pointerId);
		if (!was) {
			actions.hover(now);
			return;
		}
		const before = held.size === 2 ? pinch() : null;
		held.set(event.pointerId, now);
		moved += Math.abs(now.x - was.x);
		if (before) {
			const after = pinch();
			actions.zoom(before.size / after.size, after.x);
			actions.pan((after.x - before.x) / plotWidth());
		} else if (moved > TAP) {
			actions.hover(event.pointerType === 'mouse' ? now : null);
			actions.pan((now.x - was.x) / plotWidth());
		}
	});
	const end = (event) => {
		if (held.delete(event.pointerId)) {
			if (event.type === 'pointerup' && moved <= TAP) {
				actions.hover(place(element, event));
			}
			actions.release();
		}
	};
	element.addEventListener('pointerup', end);
	element.addEventListener('pointercancel', end);
	element.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && actions.hover(null));
	element.addEventListener('dblclick', () => actions.ends('latest'));
}

function followWheel(element, actions, plotWidth) {
	element.addEventListener('wheel', (event) => {
		event.preventDefault();
		const unit = event.deltaMode === 1 ? 16 : 1;
		const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
		if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
			actions.pan(-sideways * unit / plotWidth());
		} else {
			actions.zoom(Math.exp(event.deltaY * unit * WHEEL_STEP), place(element, event).x);
		}
		actions.release();
	}, { passive: false });
}

function followKeys(element, actions) {
	const keys = {
		ArrowLeft: (event) => (event.shiftKey ? actions.pan(KEY_PAN / 4) : actions.step(-1)),
		ArrowRight: (event) => (event.shiftKey ? actions.pan(-KEY_PAN / 4) : actions.step(1)),
		PageUp: () => actions.pan(KEY_PAN),
		PageDown: () => actions.pan(-KEY_PAN),
		'+': () => actions.zoom(1 / KEY_ZOOM),
		'=': () => actions.zoom(1 / KEY_ZOOM),
		'-': () => actions.zoom(KEY_ZOOM),
		Home: () => actions.ends('first'),
		End: () => actions.ends('latest'),
		Escape: () => actions.hover(null),
	};
	element.addEventListener('keydown', (event) => {
		if (event.key in keys && !event.ctrlKey && !event.altKey && !event.metaKey) {
			event.preventDefault();
			keys[event.key](event);
			actions.release();
		}
	});
	element.addEventListener('blur', () => actions.hover(null));
}

// `element` takes the focus; `plotWidth()` gives the px that a whole window takes.
export function navigate(element, actions, plotWidth) {
	followPointers(element, actions, plotWidth);
	followWheel(element, actions, plotWidth);
	followKeys(element, actions);
}
