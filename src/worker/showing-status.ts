// Shows the status page, which the master makes, in the place of the handler.

import type { ConnectionHandler, Environment } from '../gateway/handler.ts';
import type { MasterMessage } from '../ipc/messages.ts';
import type { WorkerChannel } from '../ipc/worker-channel.ts';
import { wholePath } from '../protocol/mount.ts';

type StatusMessage = Extract<MasterMessage, { type: 'status' }>;

/** What is the page's, behind its path; anything else there is the handler's. */
const TARGETS = ['', '/', '/status.json', '/metrics'];
/** Longest time that the master may take, milliseconds. */
const PATIENCE_MS = 5_000;
/** Questions to the master at once. */
const MOST_AT_ONCE = 4;
const TEXT = 'Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n';

/**
 * Returns the handler with the requests for the page taken out.
 *
 * @param path - of the page: decoded, latin-1
 */
export function showingStatus(
  handler: ConnectionHandler,
  path: string,
  channel: WorkerChannel,
): ConnectionHandler {
  const questions = new Questions(channel);
  const targetOf = (env: Environment): string | undefined => {
    const whole = wholePath(env);
    if (whole?.startsWith(path) !== true) return undefined;
    const below = whole.slice(path.length);
    return TARGETS.includes(below) ? below : undefined;
  };
  return {
    ...handler,
    // oxlint-disable-next-line max-params -- the contract's shape
    produce: (env, bodySize, input, output, context) => {
      const target = targetOf(env);
      return target === undefined
        ? handler.produce(env, bodySize, input, output, context)
        : questions.ask(env, target).then((answer) => output.end(answer));
    },
    ...('serveOn' in handler && {
      serveOn: (connection, request, context) =>
        targetOf(request.env) === undefined
          ? handler.serveOn?.(connection, request, context)
          : undefined,
    }),
  };
}

/** Questions to the master, and who waits for the answer. */
class Questions {
  readonly #channel: WorkerChannel;
  readonly #waiting = new Map<number, (answer: StatusMessage) => void>();
  #lastId = 0;

  constructor(channel: WorkerChannel) {
    this.#channel = channel;
    channel.onMessage((message) => {
      if (message.type === 'status') this.#waiting.get(message.id)?.(message);
    });
  }

  /** Resolves with a CGI response. */
  async ask(env: Environment, below: string): Promise<string> {
    const method = env['REQUEST_METHOD'] ?? 'GET';
    const target = `${below}?${env['QUERY_STRING'] ?? ''}`;
    if (this.#waiting.size >= MOST_AT_ONCE) return unavailable('Too many ask at once.');
    const id = ++this.#lastId;
    const answer = await new Promise<StatusMessage | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
      this.#waiting.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      this.#channel.send({ type: 'status-wanted', id, method, target });
    });
    this.#waiting.delete(id);
    return answer === undefined
      ? unavailable('The master does not answer.')
      : toResponse(answer, method);
  }
}

function toResponse({ status, fields, body }: StatusMessage, method: string): string {
  const head = [`Status: ${status}`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return `${head.join('\r\n')}\r\n\r\n${method === 'HEAD' ? '' : body}`;
}

function unavailable(reason: string): string {
  return `Status: 503\r\nRetry-After: 1\r\n${TEXT}\r\n${reason}\n`;
}
