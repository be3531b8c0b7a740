// Runs in the thread that Node has for module hooks: tells the worker which modules are loaded.

import type { MessagePort } from 'node:worker_threads';

interface Loaded {
  format: string;
}

type NextLoad = (url: string, context: unknown) => Promise<Loaded>;

let port: MessagePort | undefined;

export function initialize(data: { port: MessagePort }): void {
  port = data.port;
}

export function load(url: string, context: unknown, nextLoad: NextLoad): Promise<Loaded> {
  port?.postMessage(url);
  return nextLoad(url, context);
}
