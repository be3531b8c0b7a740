import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { ConnectionHandler, HandlerContext } from '../../../src/gateway/handler.ts';
import { PING_VARIABLE, pingDigest } from '../../../src/ipc/ping.ts';
import { answeringPings } from '../../../src/worker/answering-pings.ts';

const CONTEXT = {} as HandlerContext;

function ask(handler: ConnectionHandler, env: Record<string, string>): Promise<string> {
  const output = new PassThrough();
  void handler.produce(env, 0, new PassThrough().end(), output, CONTEXT);
  return text(output);
}

class Application implements ConnectionHandler {
  readonly #greeting = 'from the handler';

  produce: ConnectionHandler['produce'] = (_env, _size, _input, output) =>
    output.end(this.#greeting);
}

it('answers what holds the secret, and nothing else', async () => {
  const handler = answeringPings(new Application(), 3, pingDigest('secret'));
  const pong = await ask(handler, { [PING_VARIABLE]: 'secret' });
  expect(pong).toContain(JSON.stringify({ slot: 3, pid: process.pid }));
  for (const env of [{}, { [PING_VARIABLE]: 'guess' }, { [PING_VARIABLE]: pingDigest('secret') }]) {
    expect(await ask(handler, env as Record<string, string>)).toBe('from the handler');
  }
});

it('leaves the handler as it is where there are no pings', () => {
  const handler = new Application();
  expect(answeringPings(handler, 0, undefined)).toBe(handler);
});

const request = (env: Record<string, string>) => ({ env, bodySize: 0 });

it('does not lend the connection of a ping to a program', async () => {
  const lent: unknown[] = [];
  const direct: ConnectionHandler = {
    produce: new Application().produce,
    serveOn: (connection) => {
      lent.push(connection);
      return Promise.resolve();
    },
  };
  const handler = answeringPings(direct, 0, pingDigest('secret'));
  expect(handler.serveOn?.(5, request({ [PING_VARIABLE]: 'secret' }), CONTEXT)).toBeUndefined();
  expect(handler.serveOn?.(6, request({}), CONTEXT)).toBeInstanceOf(Promise);
  expect(lent).toEqual([6]);
});
