// The kinds of export that make a handler, in order of preference. What turns another shape into
// `produce` is loaded when a module exports that shape, and not before.

import type { Server } from 'node:http';
import type { Exported, PlainFunction } from './exported.ts';
import { bound, isClass, isObject, isPlainFunction, methodOf } from './exported.ts';
import type { Fetch, Produce, StartContext } from './handler.ts';
import { HandlerLoadError } from './handler-error.ts';

/** A handler's `produce`, and the object that it belongs to. */
export interface Owner {
  readonly object: unknown;
  readonly produce: Produce;
}

/** What a module exports, and what it takes to make a handler of that. */
export interface Candidate extends Exported {
  /** Absolute path of the module. */
  readonly file: string;
  /** What the constructor of a class is given. */
  readonly context: StartContext;
  /** Where the application is mounted; empty: at the root. */
  readonly mount: string;
}

export interface HandlerKind {
  /** Names it in the list of what is accepted. */
  readonly accepted: string;
  /** Returns the handler, if the module exports this kind. */
  find(candidate: Candidate): Owner | undefined | Promise<Owner | undefined>;
}

/** Fewer parameters than `env, bodySize, input, output` belong to a listener. */
const PRODUCE_ARITY = 4;

/** A function that can be called without its object, and that object. */
interface Found {
  readonly object: unknown;
  readonly call: PlainFunction;
}

const exportedProduce: HandlerKind = {
  accepted: '"produce"',
  find: (candidate) => asProduce(exported(candidate, 'produce')),
};

const exportedCgilike: HandlerKind = {
  accepted: '"produceCgilike"',
  find: async (candidate) => {
    const found = exported(candidate, 'produceCgilike');
    if (found === undefined) return undefined;
    const { fromCgilike } = await import('./from-cgilike.ts');
    return { object: found.object, produce: fromCgilike(found.call, candidate.file) };
  },
};

const exportedFetch: HandlerKind = {
  accepted: '"fetch"',
  find: (candidate) => asFetch(exported(candidate, 'fetch'), candidate),
};

const classOrObject: HandlerKind = {
  accepted: 'a class or an object with a method "produce"',
  find: (candidate) => {
    const { main } = candidate;
    const isHandlerClass = isClass(main) && methodOf(main.prototype, 'produce') !== undefined;
    const object = isHandlerClass ? construct(main, candidate) : main;
    return isPlainFunction(main) ? undefined : asProduce(method(object, 'produce'));
  },
};

const fetchObject: HandlerKind = {
  accepted: 'an object with a method "fetch" (an app of Hono)',
  find: (candidate) => asFetch(method(candidate.main, 'fetch'), candidate),
};

const httpServer: HandlerKind = {
  accepted: 'an http.Server that does not listen (app.server of Fastify)',
  find: async ({ main, file, context, mount }) => {
    if (!isServer(main)) return undefined;
    const { fromServer } = await import('./from-server.ts');
    return { object: main, produce: fromServer(main, { file, log: context.log, mount }) };
  },
};

const produceFunction: HandlerKind = {
  accepted: `a function that is named "produce" or has at least ${PRODUCE_ARITY} parameters`,
  find: ({ main }) => {
    if (!isPlainFunction(main)) return undefined;
    const isProduce = main.name === 'produce' || main.length >= PRODUCE_ARITY;
    return isProduce ? asProduce({ object: main, call: main }) : undefined;
  },
};

const fetchFunction: HandlerKind = {
  accepted: 'a function that is named "fetch"',
  find: (candidate) => {
    const { main } = candidate;
    const isFetch = isPlainFunction(main) && main.name === 'fetch';
    return isFetch ? asFetch({ object: main, call: main }, candidate) : undefined;
  },
};

const listener: HandlerKind = {
  accepted: 'a listener of node:http (an Express app, app.callback() of Koa, app.handler of Polka)',
  find: async ({ main, mount }) => {
    if (!isPlainFunction(main)) return undefined;
    const { fromListener } = await import('./from-listener.ts');
    return { object: main, produce: fromListener(main, mount) };
  },
};

/** Exported functions, in order of preference. */
export const EXPORTED_KINDS: readonly HandlerKind[] = [
  exportedProduce,
  exportedCgilike,
  exportedFetch,
];

/** What the default export may be, in order of preference, which comes after them. */
export const DEFAULT_KINDS: readonly HandlerKind[] = [
  classOrObject,
  fetchObject,
  httpServer,
  produceFunction,
  fetchFunction,
  listener,
];

function exported({ exports, main }: Candidate, name: string): Found | undefined {
  const call = exports[name];
  if (!isPlainFunction(call)) return undefined;
  // The methods of a CommonJS module's object may use each other through `this`.
  const object = methodOf(main, name) === call ? main : exports;
  return { object, call: bound(object, call) };
}

function method(object: unknown, name: string): Found | undefined {
  const call = methodOf(object, name);
  return call && { object, call: bound(object, call) };
}

function asProduce(found: Found | undefined): Owner | undefined {
  return found && { object: found.object, produce: found.call };
}

async function asFetch(found: Found | undefined, { mount }: Candidate): Promise<Owner | undefined> {
  if (found === undefined) return undefined;
  const { fromFetch } = await import('./from-fetch.ts');
  return { object: found.object, produce: fromFetch(found.call as Fetch, mount) };
}

/** By its looks: to ask for the class would load `node:http`, which few handlers need. */
function isServer(main: unknown): main is Server {
  const hasState = isObject(main) && typeof main['listening'] === 'boolean';
  return hasState && methodOf(main, 'listenerCount') !== undefined;
}

type HandlerClass = new (context: StartContext) => object;

function construct(main: HandlerClass, { file, context }: Candidate): object {
  try {
    return new main(context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HandlerLoadError(
      file,
      `the constructor of class ${main.name || '(anonymous)'} in ${file} failed: ${reason}`,
      { cause: error },
    );
  }
}
