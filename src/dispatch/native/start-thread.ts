// Starts the dispatch thread.

import { Worker } from 'node:worker_threads';
import type { ThreadSettings } from './orders.ts';

/** A thread does not inherit what makes its starter able to load TypeScript: it has to ask anew. */
export function startThread(workerData: ThreadSettings): Worker {
  if (import.meta.url.endsWith('.js')) {
    return new Worker(new URL('./dispatch-thread.js', import.meta.url), { workerData });
  }
  const entry = new URL('./dispatch-thread.ts', import.meta.url).href;
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import('${entry}'); })`;
  return new Worker(source, { workerData, eval: true });
}
