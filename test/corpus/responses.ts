// What handlers write, and what becomes of it. All strings are latin-1.

import type { FrontRules } from '../../src/protocol/front-rules.ts';

/** What a handler writes before it returns, and the bytes that the web server gets. */
export interface ResponseVector {
  id: string;
  output: string;
  sent: string;
  method?: string;
  /** What the web server says of the request. */
  env?: Record<string, string>;
  /** Other options than the defaults. */
  rules?: Partial<FrontRules>;
  warning?: string;
  /** Bytes that were announced and not written. */
  missing?: number;
}

export const RESPONSE_VECTORS: readonly ResponseVector[] = [
  {
    id: 'H01',
    output: 'Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello',
    sent: 'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  },
  {
    id: 'H02',
    output: 'Status: 404\r\n\r\nx',
    sent: 'Status: 404 Not Found\r\nContent-Length: 1\r\n\r\nx',
  },
  {
    id: 'H06',
    output: 'Status: 204\r\n\r\nx',
    sent: 'Status: 204 No Content\r\n\r\n',
    warning: 'dropped the body: a response with status 204 has none',
  },
  {
    id: 'H07',
    output: 'Status: 304\r\nETag: "a"\r\n\r\nx',
    sent: 'Status: 304 Not Modified\r\nETag: "a"\r\n\r\n',
    warning: 'dropped the body: a response with status 304 has none',
  },
  {
    id: 'H08',
    output: 'Status: 205\r\n\r\nx',
    sent: 'Status: 205 Reset Content\r\nContent-Length: 0\r\n\r\n',
    warning: 'dropped the body: a response with status 205 has none',
  },
  {
    id: 'H09',
    method: 'HEAD',
    output: 'Status: 200\r\n\r\nhello',
    sent: 'Status: 200 OK\r\nContent-Length: 5\r\n\r\n',
  },
  {
    id: 'H12',
    output: 'X: caf\xe9\r\n\r\n',
    sent: 'Status: 200 OK\r\nX: caf\xe9\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H15',
    output:
      'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nTrailer: X\r\nA: b\r\n\r\n',
    sent: 'Status: 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H16',
    output: 'Transfer-Encoding: chunked\r\n\r\nBODY',
    sent: 'Status: 200 OK\r\nContent-Length: 4\r\n\r\nBODY',
  },
  {
    id: 'H17',
    output: 'Content-Length: 10\r\n\r\nBODY',
    sent: 'Status: 200 OK\r\nContent-Length: 10\r\n\r\nBODY',
    missing: 6,
  },
  {
    id: 'H20',
    env: { SERVER_SOFTWARE: 'Apache/2.4.71 (Debian) mod_scgi/2.2', HTTP_HOST: 'front.example' },
    output: 'Status: 302\r\nLocation: /p\r\n\r\n',
    sent: 'Status: 302 Found\r\nLocation: http://front.example/p\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H21',
    env: {
      SERVER_SOFTWARE: 'Apache/2.4.71 (Debian)',
      SCRIPT_FILENAME: 'proxy:scgi://127.0.0.1:4000//p',
      HTTP_HOST: 'front.example',
    },
    output: 'Status: 302\r\nLocation: /p\r\n\r\n',
    sent: 'Status: 302 Found\r\nLocation: /p\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H22',
    env: { HTTP_HOST: 'front.example' },
    output: 'Status: 200\r\nLocation: /p\r\n\r\n',
    sent: 'Status: 200 OK\r\nLocation: http://front.example/p\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H23',
    output: 'Location: /p\r\n\r\n',
    sent: 'Status: 302 Found\r\nLocation: /p\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H24',
    output: 'HTTP/1.1 200 OK\r\nA: b\r\n\r\nx',
    sent: 'Status: 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\nx',
  },
  {
    id: 'H26',
    output: 'Status: 200 OK\nA: b\r\nC: d\n\nline\nline\r\n',
    sent: 'Status: 200 OK\r\nA: b\r\nC: d\r\nContent-Length: 11\r\n\r\nline\nline\r\n',
  },
  {
    id: 'H29',
    output: `${'X: 1234567\r\n'.repeat(415)}\r\n`,
    sent: `Status: 200 OK\r\n${'X: 1234567\r\n'.repeat(415)}Content-Length: 0\r\n\r\n`,
    warning: 'the response head has 5017 bytes: nginx needs a larger scgi_buffer_size than 4096',
  },
  {
    id: 'H31',
    output: 'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
    sent: 'Status: 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H32',
    output: 'X-Sendfile: /path\r\nA: b\r\n\r\nbody',
    sent: 'Status: 200 OK\r\nA: b\r\nContent-Length: 4\r\n\r\nbody',
    warning:
      'dropped X-Sendfile, which takes --sendfile apache or --sendfile lighttpd, and kept the body',
  },
  {
    id: 'H33',
    rules: { sendfile: 'nginx' },
    output: 'X-Accel-Redirect: /internal/f\r\nContent-Length: 9\r\n\r\nbody',
    sent: 'Status: 200 OK\r\nX-Accel-Redirect: /internal/f\r\n\r\n',
  },
  {
    id: 'H37',
    output: 'Content-Type: text/plain\r\nStatus: 404\r\n\r\n',
    sent: 'Status: 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n',
  },
  {
    id: 'H38',
    output: 'Accept-Ranges: none\r\nETag: "a"\r\n\r\n0123456789',
    sent: 'Status: 200 OK\r\nAccept-Ranges: none\r\nETag: "a"\r\nContent-Length: 10\r\n\r\n0123456789',
  },
];

/** What cannot be sent and becomes a 500: name, output, part of the error's message. */
export const REFUSED_OUTPUTS: ReadonlyArray<
  readonly [id: string, output: string, message: string]
> = [
  ['H04', 'Status: 99\r\n\r\n', 'got "99"'],
  ['H04', 'Status: 1000\r\n\r\n', 'got "1000"'],
  ['H04', 'Status: abc\r\n\r\n', 'got "abc"'],
  ['H04', 'Status: 0\r\n\r\n', 'got "0"'],
  ['H05', 'Status: 100\r\n\r\n', 'got "100"'],
  ['H05', 'Status: 103\r\n\r\nStatus: 200 OK\r\n\r\n', 'got "103"'],
  ['H11', 'X: a\0b\r\n\r\n', String.raw`contains "\x00"`],
  ['H11', 'X: a\x01b\r\n\r\n', String.raw`contains "\x01"`],
  ['H11', 'X: a\x7fb\r\n\r\n', String.raw`contains "\x7f"`],
  ['H27', 'X: a\r\n b\r\n\r\n', 'folded'],
  ['H36', '', 'got nothing at all'],
  ['H37', 'Status: 200\r\nStatus: 404\r\n\r\n', 'two statuses'],
  ['plain text', 'hello\nworld\n', 'got 12 bytes without a blank line'],
  ['plain text', 'hello\n\nworld\n', 'expected "name: value", got "hello"'],
  ['a blank line first', '\r\nhello', 'the response head is empty'],
  ['bare CR', 'A: b\rC: d\r\r', 'got 11 bytes without a blank line'],
];
