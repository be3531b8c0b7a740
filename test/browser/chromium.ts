// Debian's Chromium without a screen, driven from a test.

import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { programPath } from '../helpers/foreground.ts';

/** Generous: other work may have the processors. */
const START_MS = 30_000;

/** What went on in a page beside what it shows. */
export interface WatchedPage {
  page: Page;
  /** What it said on its console, and errors that nobody caught. */
  complaints: string[];
  /** URLs that it asked for. */
  asked: string[];
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = programPath('chromium') ?? 'chromium';
  // Its sandbox is not for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args, timeout: START_MS });
}

/** Opens a page in a context of its own, which ends with it. */
export async function newPage(
  browser: Browser,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  return { page, complaints, asked };
}
