// The kinds of export that make a handler, in order of preference. What turns another shape into
// `produce` is loaded when a module exports that shape, and not before.

import type { Server } from 'node:http';
import type { Exported } from './exported.ts';
import { bound, isClass, isObject, isPlainFunction, methodOf } from './exported.ts';
import type { Produce, StartContext } from './handler.ts';
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
}

export interface HandlerKind {
  /** Names it in the list of what is accepted. */
  readonly accepted: string;
  /** Returns the handler, if the module exports this kind. */
  find(candidate: Candidate): Owner | undefined | Promise<Owner | undefined>;
}

/** Fewer parameters than `env, bodySize, input, output` belong to a listener. */
const PRODUCE_ARITY = 4;

const exportedProduce: HandlerKind = {
  accepted: 'an exported function "produce"',
  find: ({ exports, main }) => {
    const { produce } = exports;
    if (!isPlainFunction(produce)) return undefined;
    // The methods of a CommonJS module's object may use each other through `this`.
    const object = methodOf(main, 'produce') === produce ? main : exports;
    return { object, produce: bound(object, produce) };
  },
};

const classOrObject: HandlerKind = {
  accepted: 'a class or an object with a method "produce"',
  find: (candidate) => {
    const { main } = candidate;
    const isHandlerClass = isClass(main) && methodOf(main.prototype, 'produce') !== undefined;
    const object = isHandlerClass ? construct(main, candidate) : main;
    const method = isPlainFunction(main) ? undefined : methodOf(object, 'produce');
    return method && { object, produce: bound(object, method) };
  },
};

const httpServer: HandlerKind = {
  accepted: 'an http.Server that does not listen (app.server of Fastify)',
  find: async ({ main, file, context }) => {
    if (!isServer(main)) return undefined;
    const { fromServer } = await import('./from-server.ts');
    return { object: main, produce: fromServer(main, file, context.log) };
  },
};

const produceFunction: HandlerKind = {
  accepted: `a function that is named "produce" or has at least ${PRODUCE_ARITY} parameters`,
  find: ({ main }) => {
    if (!isPlainFunction(main)) return undefined;
    const isProduce = main.name === 'produce' || main.length >= PRODUCE_ARITY;
    return isProduce ? { object: main, produce: main } : undefined;
  },
};

const listener: HandlerKind = {
  accepted: 'a listener of node:http (an Express app, app.callback() of Koa, app.handler of Polka)',
  find: async ({ main }) => {
    if (!isPlainFunction(main)) return undefined;
    const { fromListener } = await import('./from-listener.ts');
    return { object: main, produce: fromListener(main) };
  },
};

/** Every kind but the first is looked for in the default export. */
export const HANDLER_KINDS: readonly [HandlerKind, ...HandlerKind[]] = [
  exportedProduce,
  classOrObject,
  httpServer,
  produceFunction,
  listener,
];

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
