// The public API: the types that a handler is written against. The codec is the "./protocol" entry.

export type {
  Environment,
  Handler,
  HandlerContext,
  HandlerLog,
  Produce,
  StartContext,
} from './gateway/handler.ts';
