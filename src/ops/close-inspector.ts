// Undoes what Node does at SIGUSR1 before our own listener is there: it opens its inspector, through
// which whoever can connect runs code in the process.

import inspector from 'node:inspector';

/** How long, and how often, Node may still come round to a signal that it got before, milliseconds. */
const LOOK_FOR_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * Closes the inspector, unless a flag asked for it, and looks again for a second: a thread of Node's
 * own takes the signal, and opens it a little later. Call it when a listener for SIGUSR1 is installed.
 *
 * `--disable-sigusr1`, of Node 22, would prevent the opening, but it blocks the signal for good.
 */
export function closeInspector(): void {
  if (process.execArgv.some((argument) => argument.startsWith('--inspect'))) return;
  const until = performance.now() + LOOK_FOR_MS;
  const look = (): void => {
    if (inspector.url() !== undefined) inspector.close();
    if (performance.now() < until) setTimeout(look, LOOK_EVERY_MS).unref();
  };
  look();
}
