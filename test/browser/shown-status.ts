// A status page that shows what a test says.

import type { ServerStatus } from '../../src/ops/server-status.ts';
import { StatusAnswers } from '../../src/status-page/status-answers.ts';
import type { StatusServer } from '../../src/status-page/status-server.ts';
import { startStatusServer } from '../../src/status-page/status-server.ts';

export interface ShownStatus {
  readonly url: string;
  readonly port: number;
  show(status: ServerStatus): void;
  /** Nobody listens any more. */
  stop(): void;
  /** On the same port. */
  startAgain(): Promise<void>;
}

export async function showStatus(first: ServerStatus): Promise<ShownStatus> {
  let status = first;
  const answers = new StatusAnswers({
    status: async () => status,
    metrics: async () => 'scgi_up 1\n',
  });
  const start = (port: number): Promise<StatusServer> =>
    startStatusServer({
      host: '127.0.0.1',
      port,
      answer: (method, target) => answers.answer(method, target),
      warn: (message) => console.error(message),
    });
  let server = await start(0);
  const port = Number(new URL(server.url).port);
  return {
    url: server.url,
    port,
    show: (next) => {
      status = next;
    },
    stop: () => server.close(),
    startAgain: async () => {
      server = await start(port);
    },
  };
}
