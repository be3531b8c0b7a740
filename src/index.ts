// The public API: the types that a handler is written against. The codec is the "./protocol" entry.

export type {
  CgiProcess,
  Environment,
  Fetch,
  FetchContext,
  FetchHandler,
  Handler,
  HandlerContext,
  HandlerLog,
  LifeCycle,
  Produce,
  ProduceCgilike,
  StartContext,
} from './gateway/handler.ts';
