// The request that a node:http application is given: Node's own class, filled in from the
// meta-variables as Node's server fills it in from the bytes of a connection.

import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { headerField, requestLineTarget } from '../protocol/meta-variables.ts';
import { remembered } from '../protocol/name-cache.ts';
import type { Environment } from './handler.ts';

/** What Node's server does to a request, besides what applications may. */
interface NodeRequest extends IncomingMessage {
  /** Takes names and values in turn; the request's other views of its header are made from them. */
  _addHeaderLines(nameAndValue: string[], length: number): void;
}

/** User agents tell the length of a body of theirs even if it is empty. */
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Makes a request whose body has not begun to come.
 *
 * @param bodySize - bytes announced
 * @param socket - what it reads through
 */
export function createRequest(env: Environment, bodySize: number, socket: object): IncomingMessage {
  const request = new IncomingMessage(socket as Socket) as NodeRequest;
  request.method = env['REQUEST_METHOD'] ?? '';
  request.url = requestLineTarget(env);
  setVersion(request, env['SERVER_PROTOCOL']);
  const rawHeaders = toRawHeaders(env, bodySize);
  request._addHeaderLines(rawHeaders, rawHeaders.length);
  if (bodySize === 0) endBody(request);
  return request;
}

/** All of the body has come. */
export function endBody(request: IncomingMessage): void {
  request.complete = true;
  request.push(null);
}

/** The rest of the body will never come: tells it as Node does. Nothing happens to a request that is over. */
export function abortRequest(request: IncomingMessage): void {
  if (!request.destroyed) request.destroy(new ConnectionResetError());
}

/** Nobody has read the body, and now nobody will: those who wait for the request's end are told. */
export function endUnread(request: IncomingMessage): void {
  if (request.listenerCount('end') === 0 && request.listenerCount('close') === 0) return;
  if (!request.complete) endBody(request);
  request.resume();
}

/** In the words of Node's server. */
class ConnectionResetError extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('aborted');
  }
}

function setVersion(request: IncomingMessage, protocol: string | undefined): void {
  const [, major = '1', minor = '1'] =
    protocol === undefined || protocol === 'HTTP/1.1'
      ? []
      : (/^HTTP\/(\d)\.(\d)$/.exec(protocol) ?? []);
  request.httpVersion = `${major}.${minor}`;
  request.httpVersionMajor = Number(major);
  request.httpVersionMinor = Number(minor);
}

/** Names and values in turn, the names in the usual capitals: web servers keep nobody's own. */
function toRawHeaders(env: Environment, bodySize: number): string[] {
  const raw: string[] = [];
  for (const variable in env) {
    const name = rawName(variable);
    if (name !== undefined) raw.push(name, env[variable] ?? '');
  }
  // Web servers send an empty one for "none".
  if (env['CONTENT_TYPE']) raw.push('Content-Type', env['CONTENT_TYPE']);
  if (bodySize > 0 || hasEmptyBody(env)) raw.push('Content-Length', String(bodySize));
  return raw;
}

/** Whether the user agent sent a body of length 0, which is not the same as none. */
function hasEmptyBody(env: Environment): boolean {
  return (
    METHODS_WITH_BODY.has(env['REQUEST_METHOD'] ?? '') ||
    env['HTTP_CONTENT_LENGTH'] !== undefined ||
    env['HTTP_TRANSFER_ENCODING'] !== undefined
  );
}

/** Names of header fields by those of their variables; undefined where there is no field. */
const rawName = remembered((variable) =>
  headerField(variable)?.replaceAll(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase()),
);
