// The command that looks at a running server again and again: on a terminal on the whole of its screen,
// elsewhere as text, one status after the other.

import { EXIT_OK } from '../../exit-codes.ts';
import type { ControlClient } from '../../client/control-client.ts';
import { fit, wrap } from '../../ops/human.ts';
import { judge } from '../../ops/judgement.ts';
import type { ServerStatus } from '../../ops/server-status.ts';
import { statusText, USUAL_SCREEN } from '../../ops/status-text.ts';
import { explain } from '../../ops/status-why.ts';
import { askStatus } from './looks.ts';
import { paint, wantsColour } from './paint.ts';
import type { ControlFlags } from './reach.ts';
import { reach } from './reach.ts';
import { TerminalScreen } from './screen.ts';

const EVERY_MS = 1_000;
/** Lines of the explanation, where there is something to explain. */
const WHY_ROWS = 5;

type Seen = ServerStatus | Error;
type Show = (seen: Seen) => void;

interface Watch {
  client: ControlClient;
  /** It is enough. */
  signal: AbortSignal;
}

/** Looks until somebody has seen enough. @returns the exit code */
export async function top(flags: ControlFlags): Promise<number> {
  const client = await reach(flags);
  try {
    // A server that is not there at all is told at once; one that goes away later may come back.
    const first = await askStatus(client);
    await (canUseScreen() ? onScreen(client, first) : asText(client, first));
    return EXIT_OK;
  } finally {
    client.close();
  }
}

/** A terminal that understands more than text. */
function canUseScreen(): boolean {
  const { TERM = 'dumb' } = process.env;
  return process.stdout.isTTY && TERM !== 'dumb' && TERM !== '';
}

async function onScreen(client: ControlClient, first: ServerStatus): Promise<void> {
  const end = new AbortController();
  let latest: Seen = first;
  const draw = (): void => screen.draw(linesFor(latest, screen));
  const screen = new TerminalScreen(process, () => end.abort(), draw);
  screen.open();
  try {
    await repeat({ client, signal: end.signal }, first, (seen) => {
      latest = seen;
      draw();
    });
  } finally {
    screen.close();
  }
}

function linesFor(seen: Seen, { columns, rows }: TerminalScreen): string[] {
  if (seen instanceof Error) return [fit(seen.message, columns), '', 'trying again; q: quit'];
  const { level } = judge(seen);
  const why = level === 'good' ? [] : ['', ...wrap(explain(seen), columns, WHY_ROWS)];
  const footer = [...why, '', fit('every second; q: quit', columns)];
  const room = Math.max(1, rows - footer.length);
  const shown = statusText(seen, { columns, rows: room }).slice(0, room);
  const painted = wantsColour(process.env) ? paint(shown, level) : shown;
  return [...painted, ...footer];
}

async function asText(client: ControlClient, first: ServerStatus): Promise<void> {
  const end = new AbortController();
  // Whoever read this has seen enough.
  process.stdout.once('close', () => end.abort()).once('error', () => end.abort());
  await repeat({ client, signal: end.signal }, first, (seen) => {
    const lines = seen instanceof Error ? [seen.message] : statusText(seen, USUAL_SCREEN);
    process.stdout.write(`${lines.join('\n')}\n\n`);
  });
}

/** Shows a status, and what comes of another look every second, until `signal` says that it is enough. */
async function repeat({ client, signal }: Watch, first: Seen, show: Show): Promise<void> {
  let seen = first;
  while (!signal.aborted) {
    show(seen);
    await pause(signal);
    if (!signal.aborted) seen = await askStatus(client).catch((error: Error) => error);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, EVERY_MS);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
