// Decides who answers a request: a handler on its streams, or on the connection itself.

import type { ConnectionHandler } from '../gateway/handler.ts';
import type { ParsedRequest } from '../protocol/request-parser.ts';
import type { ExchangeOptions } from './exchange.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeOwner } from './exchange-owner.ts';
import { HandedOver } from './handed-over.ts';
import { RequestContext } from './request-context.ts';
import type { Transport } from './transport.ts';

interface AskedRequest {
  request: ParsedRequest;
  id: string;
  /** Bytes that came first, and at once. */
  arrived: number;
}

const EMPTY = Buffer.alloc(0);

/** A handler may be able to do with the connection itself what its streams are for. */
export function newExchange(
  parties: { transport: Transport; owner: ExchangeOwner },
  { request, id, arrived }: AskedRequest,
  options: ExchangeOptions & { handler: ConnectionHandler },
): Exchange | HandedOver {
  const { handler } = options;
  if (handler.serveOn === undefined) return new Exchange(parties, { request, id }, options);
  const lent = parties.transport.lend(arrived - request.rest.length);
  if (lent === undefined) return new Exchange(parties, { request, id }, options);
  // What has come behind the header block is unread again.
  const unread = { head: request.head, rest: EMPTY };
  const context = new RequestContext(options.context, id);
  const done = handler.serveOn(lent.fd, request.head, context);
  return done === undefined
    ? new Exchange(parties, { request: unread, id }, options)
    : new HandedOver(parties, { lent, done, context, bodySize: request.head.bodySize });
}
