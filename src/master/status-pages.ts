// The places where people are shown how the server fares: a port of its own, and a path behind the web
// server, for which workers ask.

import type { Config } from '../config/config.ts';
import type { WorkerMessage } from '../ipc/messages.ts';
import type { Logger } from '../ops/logger.ts';
import type { Operations } from '../ops/operations.ts';
import type { StatusAnswer, StatusAnswers } from '../status-page/status-answers.ts';
import type { StatusServer } from '../status-page/status-server.ts';
import type { WorkerHandle } from './worker-handle.ts';

type StatusWanted = Extract<WorkerMessage, { type: 'status-wanted' }>;
type StatusSource = Pick<Operations, 'status' | 'metrics'>;

export interface StatusPages {
  /** Tells where the page is, and shows from now on what `source` knows. */
  serve(source: StatusSource): void;
  /** A worker asks for it. */
  hear(worker: WorkerHandle, message: StatusWanted): void;
  close(): void;
}

/**
 * Opens what the configuration asks for; `undefined`: nothing. Loaded as needed: most servers have none.
 *
 * @throws ServerError `ERR_SCGI_LISTEN` when the port cannot be bound
 */
export async function openStatusPages(
  { status: address, statusPath }: Pick<Config, 'status' | 'statusPath'>,
  log: Logger,
): Promise<StatusPages | undefined> {
  if (address === undefined && statusPath === undefined) return undefined;
  const [{ StatusAnswers: Answers, plainAnswer }, { isLoopback, startStatusServer }] =
    await Promise.all([
      import('../status-page/status-answers.ts'),
      import('../status-page/status-server.ts'),
    ]);
  let answers: StatusAnswers | undefined;
  const answer = async (method: string, target: string): Promise<StatusAnswer> =>
    answers?.answer(method, target) ?? plainAnswer(503, 'The server has not started yet.');
  let server: StatusServer | undefined;
  if (address !== undefined) {
    server = await startStatusServer({ ...address, answer, warn: (text) => log.warn(text) });
    if (!isLoopback(address.host)) {
      log.warn('--status shows the URIs of requests to whoever can reach its port');
    }
  }
  return {
    serve: (source) => {
      answers = new Answers(source);
      if (server !== undefined) log.info(`status page: ${server.url}`);
    },
    hear: (worker, { id, method, target }) => {
      // A worker may say anything; where there is no path it has not been asked.
      if (statusPath === undefined) return;
      void answer(method, target).then(({ status, fields, body }) => {
        const copied = fields.map(([name, value]): [string, string] => [name, value]);
        worker.send({ type: 'status', id, status, fields: copied, body });
      });
    },
    close: () => server?.close(),
  };
}
