// Reads a configuration file that is a module although it, or what it imports, has been imported before.

import { once } from 'node:events';
import { startThread } from '../start-thread.ts';

/** A module that has not been loaded by then never will be, milliseconds. */
const LONGEST_LOAD_MS = 10_000;

/**
 * Imports it in a thread of its own, which remembers no earlier import, and which can be ended.
 *
 * @param path - absolute
 */
export async function readModuleAnew(path: string): Promise<unknown> {
  const thread = startThread(new URL('./module-thread', import.meta.url), { path });
  const signal = AbortSignal.timeout(LONGEST_LOAD_MS);
  const ended = once(thread, 'exit', { signal }).then(() => {
    throw new Error('it ended its process instead of exporting a configuration');
  });
  try {
    const [content] = await Promise.race([once(thread, 'message', { signal }), ended]);
    return content as unknown;
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Error(`it was not loaded within ${LONGEST_LOAD_MS} ms`, { cause });
  } finally {
    ended.catch(() => {});
    await thread.terminate();
  }
}
