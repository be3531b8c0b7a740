// The response that a node:http application is given: Node's own class. Node writes its head and its
// body as ever, and what it writes is a CGI response, since a status line of HTTP is understood as well.

import type { IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's server does to a response, besides what applications may. */
interface NodeResponse extends ServerResponse {
  outputData: { data: string; encoding: BufferEncoding; callback: null }[];
  /** Makes the text of the head. */
  _storeHeader(firstLine: string, headers: unknown): void;
  /** Sends what waits in `outputData`, after which the response needs no draining. */
  _flush(): void;
}

const NODE = ServerResponse.prototype as NodeResponse;

/**
 * Makes a response.
 *
 * Applications may give it another prototype, as Express does: what is to stay must be in the object.
 *
 * @param socket - what it writes through
 */
export function createResponse(request: IncomingMessage, socket: object): ServerResponse {
  const response = new ServerResponse(request) as NodeResponse;
  // Both belong to the web server.
  response.sendDate = false;
  response.removeHeader('connection');
  // As if it were HTTP/1.1, whatever the user agent speaks with the web server: trailers do no harm.
  response.useChunkedEncodingByDefault = true;
  response._storeHeader = storeHeader;
  response.assignSocket(socket as Socket);
  return response;
}

/** Node may have announced chunks, which the web server is not told of; it shall not write any. */
function storeHeader(this: NodeResponse, firstLine: string, headers: unknown): void {
  NODE._storeHeader.call(this, firstLine, headers);
  this.chunkedEncoding = false;
}

/** There is room again: tells those who wait for it. */
export function drainResponse(response: ServerResponse): void {
  // Only a flush of something makes Node take back that it needs draining.
  (response as NodeResponse).outputData.push({ data: '', encoding: 'latin1', callback: null });
  (response as NodeResponse)._flush();
}
