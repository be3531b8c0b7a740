// The status page as people meet it, in the real Chromium.

import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { WatchedPage } from './chromium.ts';
import { launchChromium, newPage } from './chromium.ts';
import { AA, contrasts } from './contrast.ts';
import { startNginx } from '../helpers/nginx.ts';
import type { ShownStatus } from './shown-status.ts';
import { showStatus } from './shown-status.ts';
import { startServer } from '../helpers/start-server.ts';
import {
  busyStatus,
  busyWorker,
  crashLoopStatus,
  idleStatus,
  idleWorker,
  largeStatus,
  saturatedStatus,
} from '../helpers/status-sample.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { hasProgram } from '../servers/front.ts';

const TITLE = 'the status page';
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 900 };
/** Everything that is read, each kind of text. */
const TEXTS = [
  '.clock, .pause, .verdict p, .verdict span, .verdict strong, .heading *, footer',
  'dt, dd, th, td, time, summary, .fold h2, .worker summary span, .uri, .method',
  '.title, .unit, .value, .axis span, .times span, .events *, .listeners *',
].join(', ');
const HOSTILE = `/<script>alert(1)</script><img src=x onerror=alert(2)>"'&amp;${'x'.repeat(3_000)}`;

interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[];
}

function verdict(page: Page): Promise<string> {
  return page.innerText('.verdict .words');
}

/** Has the page ask at once, as it does when its tab is looked at again, and waits for the answer. */
async function askNow(page: Page): Promise<void> {
  const answered = page.waitForResponse(/json/);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await answered;
}

async function reads(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await waitFor(`${pattern} in ${selector}`, async () =>
    pattern.test((await page.textContent(selector)) ?? ''),
  );
}

async function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

describe.skipIf(!hasProgram('chromium', TITLE))('the status page', () => {
  let browser: Browser;
  let shown: ShownStatus;

  beforeAll(async () => {
    [browser, shown] = await Promise.all([launchChromium(), showStatus(idleStatus())]);
  });
  afterAll(async () => {
    shown.stop();
    await browser.close();
  });

  /** Opens it and waits until its script has taken over; afterwards it must have been quiet. */
  async function open(options: Parameters<typeof newPage>[1] = {}): Promise<Page> {
    const watched = await newPage(browser, options);
    const { page } = watched;
    onTestFinished(async () => {
      await page.context().close();
      expectQuiet(watched);
    });
    await page.goto(shown.url);
    if (options.javaScriptEnabled !== false) await page.waitForSelector('html.live .pause');
    return page;
  }

  function expectQuiet({ complaints, asked }: WatchedPage): void {
    expect(complaints).toEqual([]);
    const elsewhere = asked.filter((url) => !url.startsWith(shown.url) && !url.startsWith('data:'));
    expect(elsewhere).toEqual([]);
  }

  it('shows each worker with its state, its request and its figures', async () => {
    shown.show(
      crashLoopStatus({
        workers: [...busyStatus().workers, ...crashLoopStatus().workers.slice(1)].map(
          (worker, slot) => ({ ...worker, slot }),
        ),
      }),
    );
    const page = await open();
    const cells = await page.$$eval('.worker', (all) =>
      all.map((cell) => ({
        kind: cell.className,
        text: cell.querySelector('summary')?.innerText.replaceAll(/\s+/g, ' ').trim(),
        colour: getComputedStyle(cell).borderLeftColor,
      })),
    );
    expect(cells.map(({ kind }) => kind)).toEqual([
      'worker busy',
      'worker busy',
      'worker busy long',
      'worker idle',
      'worker booting',
      'worker draining',
      'worker killed',
    ]);
    expect(new Set(cells.map(({ colour }) => colour)).size).toBe(6);
    expect(cells[1]?.text).toBe(
      'worker 1 busy 1.2 s POST /search?q=tea+pots&page=2 pid 18073 · 87 MB · 17,180 done',
    );
    expect(cells[3]?.text).toBe('worker 3 idle 210 ms pid 18075 · 93 MB · 15,118 done');
    // A worker's state is a word and a sign besides.
    expect(
      await page.$$eval('.worker .sign', (signs) => new Set(signs.map((s) => s.innerHTML)).size),
    ).toBe(5);
  });

  it('changes its verdict by itself, and says it aloud once', async () => {
    shown.show(busyStatus());
    const page = await open();
    expect(await verdict(page)).toMatch(/^All is well\s*3 of 5 workers busy$/);
    expect(await page.textContent('#announcement')).toBe('');
    expect(await page.title()).toBe('All is well · scgi-server');

    shown.show(saturatedStatus());
    await reads(page, '.verdict', /Saturated.*all 5 workers busy, 449 connections wait/);
    expect(await page.title()).toBe('Saturated · scgi-server');
    const said = await page.textContent('#announcement');
    expect(said).toMatch(/^Saturated: all 5 workers busy, 449 connections wait\. Longest: /);
    // Other figures, the same situation: nobody is told again.
    shown.show(saturatedStatus({ waiting: 469 }));
    await reads(page, '.verdict', /469 connections wait/);
    expect(await page.textContent('#announcement')).toBe(said);

    shown.show(crashLoopStatus());
    await reads(page, '.verdict', /Crash loop.*4 workers died within a minute/);
    shown.show(busyStatus({ phase: 'reloading' }));
    await reads(page, '.verdict', /Reloading/);
  });

  it('keeps what the reader has opened and focused while figures change', async () => {
    shown.show(busyStatus());
    const page = await open();
    await page.click('.worker:nth-child(2) summary');
    await page.focus('.worker:nth-child(2) summary');
    // The first worker goes, another one comes.
    shown.show(busyStatus({ workers: [busyWorker(1, 2_340), idleWorker(2), idleWorker(5)] }));
    await reads(page, '.worker:nth-child(1) summary', /2\.3 s/);
    expect(
      await page.$$eval('.worker details', (all) => all.map((one) => one.hasAttribute('open'))),
    ).toEqual([true, false, false]);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^worker 1busy/);
  });

  it('shows hostile requests as text', async () => {
    const worker = busyWorker(0, 20, HOSTILE);
    worker.current = { ...worker.current!, method: '<b>GET</b>' };
    shown.show(
      saturatedStatus({
        workers: [worker, ...saturatedStatus().workers.slice(1)],
        events: [{ type: 'crash', at: Date.now(), message: `GET ${HOSTILE}` }],
        limits: { minWorkers: 1, spareWorkers: 1, maxWorkers: 1, concurrency: 1 },
      }),
    );
    for (const javaScriptEnabled of [true, false]) {
      const page = await open({ javaScriptEnabled, viewport: PHONE });
      expect(await page.textContent('.worker .uri')).toBe(HOSTILE);
      expect(await page.textContent('.worker .method')).toBe('<b>GET</b>');
      expect(await page.textContent('.events .message')).toBe(`GET ${HOSTILE}`);
      expect(await page.locator('#page script, #page img, #page b:not(.values b)').count()).toBe(0);
      if (javaScriptEnabled) expect(await scrollsSideways(page)).toBe(false);
    }
  });

  it('is accessible, easy to read, and fits a phone, light and dark', async () => {
    const page = await open({ bypassCSP: true });
    await page.evaluate(axe.source);
    for (const summary of await page.$$('.fold > summary')) await summary.click();
    for (const state of [
      saturatedStatus(),
      busyStatus({ phase: 'reloading' }),
      largeStatus(64),
      crashLoopStatus(),
    ]) {
      shown.show(state);
      await askNow(page);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const [worst] = await contrasts(page, TEXTS);
        expect(worst).toSatisfy(({ ratio }: { ratio: number }) => ratio > AA);
      }
      await page.setViewportSize(PHONE);
      expect(await scrollsSideways(page)).toBe(false);
      await page.setViewportSize(DESKTOP);
    }
    await page.click('.worker:nth-child(2) summary');
    for (const [colorScheme, viewport] of [
      ['light', DESKTOP],
      ['dark', PHONE],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      const { violations } = await page.evaluate<AxeResult>('axe.run()');
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    }
  });

  it('can be walked through with the keyboard', async () => {
    shown.show(largeStatus(64));
    const page = await open();
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const { activeElement: now } = document;
        return now?.getAttribute('aria-label') ?? now?.textContent ?? '';
      });
    const stops: string[] = [];
    for (let n = 0; n < 20; n++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement === document.body)) break;
      stops.push(await focused());
      expect(
        await page.evaluate(() => {
          const now = document.activeElement!;
          const outlined = now.matches('.moment') ? now.parentElement! : now;
          return getComputedStyle(outlined).outlineStyle;
        }),
      ).toBe('solid');
    }
    expect(stops.map((stop) => stop.slice(0, 10))).toEqual([
      'Pause',
      'worker 0id',
      'Moment: Re',
      'Moment: La',
      'Moment: Ba',
      'By the min',
      'Totals sin',
      'Options in',
    ]);

    await page.focus('.worker:nth-child(1) summary');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toMatch(/^worker 1/);
    await page.keyboard.press('End');
    expect(await focused()).toMatch(/^worker 63/);
    await page.keyboard.press('Enter');
    expect(await page.locator('.worker details[open]').count()).toBe(1);
  });

  it('tells the values of a moment to the pointer and to the keyboard', async () => {
    shown.show(busyStatus());
    const page = await open();
    const now = await page.innerText('.chart.requests .values');
    const plot = (await page.locator('.chart.latency .plot').boundingBox())!;
    await page.mouse.move(plot.x + plot.width / 4, plot.y + 20);
    expect(await page.innerText('.chart.requests .values')).not.toBe(now);
    expect(await page.$eval('.chart.backlog .cursor', (line) => line.getAttribute('d'))).toBe(
      'M30 0V100',
    );
    await page.mouse.move(0, 0);
    expect(await page.innerText('.chart.requests .values')).toBe(now);

    const slider = page.locator('.chart.latency .moment');
    const told = await slider.getAttribute('aria-valuetext');
    expect(told).toMatch(/^\d\d:\d\d:\d\d: p50 \d\S* ms, p99 \d+ ms$/);
    await slider.press('ArrowLeft');
    expect(await slider.getAttribute('aria-valuetext')).not.toBe(told);
    expect(await page.getByRole('img').first().getAttribute('aria-label')).toMatch(
      /^Requests, per second, over the last ten minutes\. all: \d+/,
    );
  });

  it('works without JavaScript', async () => {
    shown.show(saturatedStatus());
    const page = await open({ javaScriptEnabled: false });
    expect(await verdict(page)).toMatch(/^Saturated/);
    expect(await page.locator('.worker').count()).toBe(5);
    expect(await page.locator('.plot path.line').count()).toBe(5);
    expect(await page.locator('.pause').isVisible()).toBe(false);
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(1);
  });

  it('asks nothing while it is paused, or its tab hidden', async () => {
    shown.show(busyStatus());
    const page = await open();
    const asksNothing = (): Promise<void> =>
      expect(page.waitForRequest(/json/, { timeout: 1_200 })).rejects.toThrow(/Timeout/);
    await page.click('.pause');
    expect(await page.getAttribute('.pause', 'aria-pressed')).toBe('true');
    shown.show(saturatedStatus());
    await asksNothing();
    expect(await verdict(page)).toMatch(/^All is well/);
    await page.click('.pause');
    await reads(page, '.verdict', /Saturated/);

    const hide = (isHidden: boolean): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    await asksNothing();
    shown.show(idleStatus());
    await hide(false);
    await reads(page, '.verdict', /All is well/);
  });

  it('says at once that the server does not answer any more', async () => {
    shown.show(busyStatus());
    const { page } = await newPage(browser);
    onTestFinished(() => page.context().close());
    await page.goto(shown.url);
    await page.waitForSelector('html.live .pause');
    shown.stop();
    await reads(page, '.verdict', /Not answering.*Nothing listens any more/);
    expect(await page.textContent('#announcement')).toMatch(/^Not answering/);
    expect(await page.textContent('.clock')).toMatch(/^last seen/);
    await shown.startAgain();
    await reads(page, '.verdict', /All is well/);
  });

  it.skipIf(!hasProgram('nginx', TITLE))(
    'is kept from strangers behind nginx, with all below',
    async () => {
      const args = ['--port', '0', '--status-path', '/server-status'];
      const server = await startServer({ handler: 'kitchen.mjs', args });
      const nginx = await startNginx({
        dir: tempDir(),
        upstream: server.address(),
        uncomment: ['location ^~ /server-status {'],
        // Whoever asks here is one.
        replacements: [['allow 127.0.0.1;', 'allow 192.0.2.1;']],
      });
      onTestFinished(() => nginx.stop());
      const statuses = ['', '/', '/status.json', '/metrics'].map(async (below) => {
        return (await fetch(`${nginx.url}/server-status${below}`)).status;
      });
      expect(await Promise.all(statuses)).toEqual([403, 403, 403, 403]);
      expect(await (await fetch(`${nginx.url}/hello`)).text()).toBe('hello\n');
    },
  );

  it.skipIf(!hasProgram('nginx', TITLE))('is shown by a worker behind nginx', async () => {
    const dir = tempDir();
    const args = ['--port', '0', '--status-path', '/server-status'];
    const server = await startServer({ handler: 'kitchen.mjs', args });
    const nginx = await startNginx({
      dir,
      upstream: server.address(),
      uncomment: ['location ^~ /server-status {'],
    });
    onTestFinished(() => nginx.stop());
    const { page, complaints } = await newPage(browser);
    onTestFinished(() => page.context().close());
    const data = page.waitForResponse(/server-status\?json/);
    await page.goto(`${nginx.url}/server-status`);
    expect((await data).status()).toBe(200);
    await page.waitForSelector('html.live .pause');
    expect(await page.textContent('.worker .state')).toMatch(/busy|idle/);
    expect(complaints).toEqual([]);
    expect(await (await fetch(`${nginx.url}/hello`)).text()).toBe('hello\n');

    await server.stop();
    await reads(page, '.verdict', /Not answering.*status 502 from the web server/);
  });
});
