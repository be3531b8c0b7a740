// A handler in two files that is worked on, and the server that watches it.

import { request } from './scgi-peer.ts';
import type { RunningServer } from './start-server.ts';
import { startServer } from './start-server.ts';
import { waitFor } from './wait-for.ts';

/** Source of a function that answers with what the expression `text` says. */
export const produce = (text: string): string =>
  `(env, bodySize, input, output) => output.end('Content-Type: text/plain\\n\\n' + ${text})`;

/** Source of a handler that answers with what `lib/text.mjs` exports. */
export const HANDLER: string = `import { text } from './lib/text.mjs'; export const produce = ${produce('text')};`;

/** Source of `lib/text.mjs`. */
export const text = (value: string): string => `export const text = ${JSON.stringify(value)};`;

export function startWatching(handler: string, ...args: string[]): Promise<RunningServer> {
  return startServer({ handler, args: ['--watch', ...args] });
}

export async function body(server: RunningServer): Promise<string> {
  return (await request(server.address())).body.toString();
}

/** How many changes the server knows of. */
export function changes({ log }: RunningServer): number {
  return log.filter(({ msg }) => msg.includes('has changed: all workers are replaced')).length;
}

/** Waits until the server knows of the n-th change. From then on only new code answers. */
export async function changed(server: RunningServer, n: number): Promise<void> {
  await waitFor(`change ${n}`, () => changes(server) >= n);
}
