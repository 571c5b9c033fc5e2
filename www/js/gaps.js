// Spans in which nobody listened: their words, and which of them to draw as one. Pure.

const CAUSES = {
	feed: 'connection lost',
	stopped: 'collector stopped',
	startup: 'collector was not running',
	overflow: 'queue overflow',
	expired: 'data expired',
	ids: 'trades missed',
	recording: 'pause in the recording',
};
const STATES = { repairing: ', being repaired', unrepairable: ', cannot be repaired' };

export const gapText = (gap) => `No data: ${CAUSES[gap.cause] ?? gap.cause}${STATES[gap.state] ?? ''}`;

// Several streams may miss the same time: overlapping gaps of one kind become one.
export function mergeGaps(gaps) {
	const merged = [];
	[...gaps].sort((a, b) => a.from - b.from).forEach((gap) => {
		const same = merged.find((other) => other.cause === gap.cause && other.state === gap.state && other.to >= gap.from);
		if (same) {
			same.to = Math.max(same.to, gap.to);
		} else {
			merged.push({ ...gap });
		}
	});
	return merged;
}
