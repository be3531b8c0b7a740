// The bytes of a request as nginx sends it for a browser, prepared once before the load begins.

import { encodeRequest } from '../../../src/protocol/request-encoder.ts';

/** What to ask for. */
export interface RequestShape {
  path: string;
  /** Bytes of body: with some, it is a POST. */
  bodyBytes?: number;
  /** Bytes of cookie on top of what every request carries. */
  headerBytes?: number;
}

/** In the place of a token, which has the same length. */
const PLACEHOLDER = '0000000000000000';

export const TOKEN_LENGTH: number = PLACEHOLDER.length;

/** Returns a whole request, body included. */
export function makeRequest(shape: RequestShape): Buffer {
  const { path, bodyBytes = 0, headerBytes = 0 } = shape;
  const variables: Array<[string, string]> = [
    ['REQUEST_METHOD', bodyBytes > 0 ? 'POST' : 'GET'],
    ['REQUEST_URI', path],
    ['QUERY_STRING', 'a=1&b=2'],
    ['CONTENT_TYPE', ''],
    ['DOCUMENT_URI', path],
    ['DOCUMENT_ROOT', '/usr/share/nginx/html'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '47088'],
    ['SERVER_PORT', '8080'],
    ['SERVER_NAME', 'localhost'],
    ['SCRIPT_NAME', ''],
    ['PATH_INFO', path],
    ['HTTP_HOST', 'localhost:8080'],
    ['HTTP_USER_AGENT', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0'],
    ['HTTP_ACCEPT', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['HTTP_ACCEPT_ENCODING', 'gzip, deflate, br'],
    ['HTTP_ACCEPT_LANGUAGE', 'en-US,en;q=0.5'],
    ['HTTP_X_TOKEN', PLACEHOLDER],
  ];
  if (headerBytes > 0) variables.push(['HTTP_COOKIE', `s=${'c'.repeat(headerBytes)}`]);
  return Buffer.concat([encodeRequest(variables, bodyBytes), Buffer.alloc(bodyBytes, 'x')]);
}

/** Returns where the token is, in a request of {@link makeRequest}. */
export function tokenOffset(request: Buffer): number {
  return request.indexOf(`HTTP_X_TOKEN\0${PLACEHOLDER}`) + 'HTTP_X_TOKEN\0'.length;
}

/** Returns the token of a request: as long as the placeholder. */
export function tokenOf(number: number): string {
  return String(number).padStart(TOKEN_LENGTH, '0');
}
