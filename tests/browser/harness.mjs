// What the browser test stands on: a fresh Chromium, waiting for conditions, and counted checks.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(new URL('../../www/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'];
export const screenshots = fileURLToPath(new URL('../../build/screenshots/', import.meta.url));

// Runs `use(context)` in a browser with a user-data-dir of its own, which is gone afterwards.
export async function withBrowser(options, use) {
	const folder = mkdtempSync(path.join(tmpdir(), 'pricegraph-browser-'));
	mkdirSync(screenshots, { recursive: true });
	const context = await chromium.launchPersistentContext(folder, {
		executablePath: process.env.PRICEGRAPH_CHROMIUM ?? '/usr/bin/chromium',
		args: FLAGS, viewport: { width: 1280, height: 800 }, timezoneId: 'Asia/Tokyo', ...options,
	});
	try {
		return await use(context);
	} finally {
		await context.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

// Until `condition()` gives something truthy, which is returned.
export async function until(what, condition, seconds = 30) {
	const end = Date.now() + 1000 * seconds;
	for (;;) {
		const found = await condition();
		if (found) {
			return found;
		}
		if (Date.now() > end) {
			throw new Error(`not within ${seconds} s: ${what}`);
		}
		await new Promise((resolve) => {
			setTimeout(resolve, 50);
		});
	}
}

export class Checks {
	passed = 0;
	failed = 0;

	async check(name, run) {
		try {
			await run();
			this.passed += 1;
			console.log(`ok   ${name}`);
		} catch (error) {
			this.failed += 1;
			console.log(`FAIL ${name}\n     ${String(error.stack).split('\n').slice(0, 12).join('\n     ')}`);
		}
	}
}
