// The routes of the control socket, and how one is found.

import { statusText } from '../status-text.ts';
import { explain } from '../status-why.ts';
import type { Reply, Route } from './route.ts';
import { Query, RequestError } from './route.ts';

/** What is refused is refused within this time, milliseconds; what takes longer has been begun. */
const REFUSED_WITHIN_MS = 20;
const PLAIN_TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const WAIT = 'answer when it is done, with what came of it';

export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/status',
    parameters: { text: 'one screen of text', why: 'one paragraph that explains the load' },
    description: 'what the server and each of its workers do',
    answer: async (operations, query) => {
      const status = await operations.status();
      if (query.has('why')) return text(PLAIN_TEXT, `${explain(status)}\n`);
      if (query.has('text')) return text(PLAIN_TEXT, `${statusText(status).join('\n')}\n`);
      return json(200, status);
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    parameters: {},
    description: 'the same figures, as Prometheus reads them',
    answer: async (operations) => text(PROMETHEUS, await operations.metrics()),
  },
  {
    method: 'POST',
    path: '/reload',
    parameters: { wait: WAIT, 'only-code': 'do not read the configuration again' },
    description: 'new workers with new settings and code take the place of the old ones',
    answer: (operations, query) =>
      inTime(operations.reload(query.has('only-code')), query.has('wait')),
  },
  {
    method: 'POST',
    path: '/recycle',
    parameters: { wait: WAIT, slot: 'of the worker that is meant; without it all are' },
    description: 'workers are replaced, one after the other',
    answer: (operations, query) =>
      inTime(operations.recycle(query.number('slot')), query.has('wait')),
  },
  {
    method: 'POST',
    path: '/scale',
    parameters: { to: 'a number of workers' },
    description: 'another maximum of workers, until the next reload',
    answer: async (operations, query) => {
      const to = query.number('to');
      if (to === undefined)
        throw new RequestError(400, 'to: expected a number of workers, got none');
      return json(200, await operations.scale(to));
    },
  },
  {
    method: 'POST',
    path: '/ping',
    parameters: {},
    description: 'a request through a worker, which answers it itself',
    answer: (operations) => ({ type: 'later', receipt: operations.ping() }),
  },
  {
    method: 'POST',
    path: '/stop',
    parameters: { quick: 'within two seconds', wait: 'answer when the server has stopped' },
    description: 'stop: what runs is finished, within --graceful-timeout',
    answer: (operations, query) => {
      const [isQuick, isWaiting] = [query.has('quick'), query.has('wait')];
      operations.stop(isQuick);
      return isWaiting ? { type: 'at-end' } : json(202, { ok: true, stopped: false });
    },
  },
];

/** Says what there is. */
export function listRoutes(): unknown[] {
  return ROUTES.map(({ method, path, parameters, description }) => ({
    method,
    path,
    parameters,
    description,
  }));
}

/**
 * Finds the route of a request.
 *
 * @throws {@link RequestError} that says what there is instead
 */
export function findRoute(method: string, target: string): { route: Route; query: Query } {
  if (!target.startsWith('/') || !URL.canParse(target, 'http://localhost')) {
    throw new RequestError(400, 'expected a path such as /status', { routes: listRoutes() });
  }
  const { pathname, searchParams } = new URL(target, 'http://localhost');
  const there = ROUTES.filter(({ path }) => path === pathname);
  const route = there.find((one) => one.method === method);
  if (there.length === 0) {
    throw new RequestError(404, `there is no ${pathname} here`, { routes: listRoutes() });
  }
  if (route === undefined) {
    const allowed = there.map((one) => one.method).join(', ');
    throw new RequestError(405, `${pathname}: expected ${allowed}, got ${method}`, {
      routes: listRoutes(),
    });
  }
  const query = new Query(searchParams);
  const unknown = query.names().find((name) => !Object.hasOwn(route.parameters, name));
  if (unknown === undefined) return { route, query };
  const message = `${pathname} has no parameter ${JSON.stringify(unknown)}`;
  throw new RequestError(400, message, { parameters: route.parameters });
}

/** Without waiting, what cannot be done at all is told all the same. */
async function inTime(receipt: Promise<unknown>, isWaiting: boolean): Promise<Reply> {
  if (isWaiting) return { type: 'later', receipt };
  let timer: NodeJS.Timeout | undefined;
  const begun = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), REFUSED_WITHIN_MS);
  });
  const known = await Promise.race([receipt, begun]);
  clearTimeout(timer);
  return known === undefined ? json(202, { ok: true, done: false }) : json(200, known);
}

function json(status: number, value: unknown): Reply {
  return { type: 'json', status, value };
}

function text(contentType: string, content: string): Reply {
  return { type: 'text', contentType, text: content };
}
