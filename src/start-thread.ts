// Starts a file of ours as a thread, compiled or not as this one is.

import { Worker } from 'node:worker_threads';

/**
 * @param entry - URL of the file without its extension
 * @param workerData - what the thread is to know
 */
export function startThread(entry: URL, workerData: unknown): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL(`${entry.href}.js`), { workerData });
  // A thread does not inherit what makes its starter able to load TypeScript: it has to ask anew.
  const file = `${entry.href}.ts`;
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import('${file}'); })`;
  return new Worker(source, { workerData, eval: true });
}
