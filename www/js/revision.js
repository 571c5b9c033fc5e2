// A revision is "<generation>.<number>", both rising.

export function compareRevisions(a, b) {
	const [generationA, numberA] = a.split('.').map(BigInt);
	const [generationB, numberB] = b.split('.').map(BigInt);
	const difference = generationA - generationB || numberA - numberB;
	return difference < 0n ? -1 : Number(difference > 0n);
}
