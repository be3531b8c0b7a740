import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/protocol/environment.ts';
import type { FrontRules } from '../../../src/protocol/front-rules.ts';
import { ResponseError } from '../../../src/protocol/protocol-error.ts';
import {
  createResponseHead,
  encodeResponseHead,
  findHeadEnd,
  parseResponseHead,
} from '../../../src/protocol/response-head.ts';
import { thrownBy } from './feed.ts';

const parse = (text: string, rules?: FrontRules, env?: Environment) =>
  parseResponseHead(Buffer.from(text, 'latin1'), rules, env);
const bytes = (text: string) => Buffer.from(text, 'latin1');
const rules = (rule: Partial<FrontRules>): FrontRules => ({
  absoluteRedirects: 'auto',
  sendfile: 'off',
  ...rule,
});

describe('findHeadEnd', () => {
  it.each([
    ['A: b\r\n\r\nbody', 8],
    ['A: b\n\nbody', 6],
    ['A: b\r\n\nbody', 7],
    ['A: b\n\r\nbody', 7],
    ['A: b\nC: d\r\n\r\n\r\n', 13],
    ['\nbody', 1],
    ['\r\nbody', 2],
    ['A: b\r\n', -1],
    ['A: b\r\n\r', -1],
    ['A: b\r\rbody', -1],
    ['A: b\n\r\rb\n', -1],
    ['\r', -1],
    ['', -1],
  ])('finds the byte behind the blank line of %j at %d', (text, end) => {
    expect(findHeadEnd(bytes(text))).toBe(end);
  });

  it('finds the same place when it goes on where an earlier search ended', () => {
    for (const text of ['A: b\r\n\r\nx', 'A: b\n\nx', 'A: b\n\r\nx', '\r\nx', '\nx']) {
      const end = findHeadEnd(bytes(text));
      for (let searched = 0; searched < end; searched++) {
        expect(findHeadEnd(bytes(text), searched)).toBe(end);
      }
    }
  });
});

describe('parseResponseHead', () => {
  it('keeps the fields in their order and as they are', () => {
    expect(parse('Status: 201 Made\r\nX-b: 1\r\nx-A:2\r\nEmpty:\r\n\r\n')).toEqual({
      status: 201,
      reason: 'Made',
      fields: [
        ['X-b', '1'],
        ['x-A', '2'],
        ['Empty', ''],
      ],
      contentLength: undefined,
      warnings: [],
    });
  });

  it.each(['A: 1\r\nB: 2\r\n\r\n', 'A: 1\nB: 2\n\n', 'A: 1\r\nB: 2\n\r\n', 'A:1\nB: \t2 \r\n\n'])(
    'reads the line ends of %j alike',
    (text) => {
      expect(parse(text).fields).toEqual([
        ['A', '1'],
        ['B', '2'],
      ]);
    },
  );

  it('keeps bytes above 0x7f, such as the end of a UTF-8 "à"', () => {
    expect(parse('X: \xc3\xa0\n\n').fields).toEqual([['X', '\xc3\xa0']]);
  });

  it.each([
    ['A: b', 200, 'OK'],
    ['Status: 404', 404, 'Not Found'],
    ['status:404 ', 404, 'Not Found'],
    ['Status: 404 nf', 404, 'nf'],
    ['Status: 200\t  All  good', 200, 'All  good'],
    ['Status: 299', 299, 'Status 299'],
    ['Status: 599', 599, 'Status 599'],
    ['Location: /p', 302, 'Found'],
    ['Location:', 200, 'OK'],
    ['Location: /p\nStatus: 201', 201, 'Created'],
    ['Status: 200\nStatus: 200 Fine', 200, 'Fine'],
    ['Status: 200 Fine\nStatus: 200', 200, 'Fine'],
    ['Status: 200 One\nStatus: 200 Two', 200, 'One'],
    ['HTTP/1.1 200 OK\nA: b', 200, 'OK'],
    ['HTTP/1.0 404 ', 404, 'Not Found'],
    ['HTTP/2 204', 204, 'No Content'],
    ['HTTP/1.1 200 OK\nStatus: 200', 200, 'OK'],
    ['HTTP/1.1 301 Moved\nLocation: /p', 301, 'Moved'],
  ])('completes the status of %j', (head, status, reason) => {
    expect(parse(`${head}\n\n`)).toMatchObject({ status, reason });
  });

  it.each([
    ['Status: 99', '200 to 599'],
    ['Status: 1000', '200 to 599'],
    ['Status: abc', '200 to 599'],
    ['Status: 0', '200 to 599'],
    ['Status:', '200 to 599'],
    ['Status: 20', '200 to 599'],
    ['Status: 100 Continue', '200 to 599'],
    ['Status: 101', '200 to 599'],
    ['Status: 103', '200 to 599'],
    ['Status: 600', '200 to 599'],
    ['Status: 200OK', '200 to 599'],
    ['Status: +200', '200 to 599'],
    ['Status: 200\nStatus: 404', 'two statuses: 200 and 404'],
    ['HTTP/1.1 200 OK\nStatus: 404', 'two statuses: 200 and 404'],
    ['HTTP/1.1 100 Continue', '200 to 599'],
    ['HTTP/1.1', '200 to 599'],
    ['A: b\nHTTP/1.1 200 OK', 'expected "name: value"'],
    ['garbage line', 'expected "name: value"'],
    ['A: b\n folded', 'folded'],
    ['A: b\n\tfolded', 'folded'],
    ['A : b', 'invalid header name'],
    [': b', 'invalid header name'],
    ['X(P: b', 'invalid header name'],
    ['A: b\0', 'control characters'],
    ['A: b\x01', 'control characters'],
    ['A: b\x7f', 'control characters'],
    ['A: b\rc', 'control characters'],
    ['A: b\r\r', 'control characters'],
    ['Status: 200 O\x01K', 'control characters'],
    ['HTTP/1.1 200 O\x01K', 'control characters'],
    [`A: ${'v'.repeat(8188)}`, 'has 8191 bytes'],
    [`Status: 200 ${'v'.repeat(8188)}`, 'has 8200 bytes'],
    [`HTTP/1.1 200 ${'v'.repeat(8188)}`, 'bytes'],
    ['', 'the response head is empty'],
  ])('refuses %j', (head, message) => {
    const error = thrownBy(() => parse(`${head}\r\n\r\n`));
    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toHaveProperty('code', 'ERR_SCGI_RESPONSE');
    expect(String(error)).toContain(message);
  });

  it('leaves out the fields of the hop, whatever their case', () => {
    const names = ['Connection', 'KEEP-ALIVE', 'proxy-connection', 'te', 'Trailer', 'Upgrade'];
    const text = [...names, 'Transfer-Encoding'].map((name) => `${name}: x\n`).join('');
    expect(parse(`${text}\n`).fields).toEqual([]);
    expect(parse(`${text}Ten: x\n\n`).fields).toEqual([['Ten', 'x']]);
  });

  it.each([
    ['Content-Length: 5', 5, []],
    ['content-length: 005', 5, []],
    ['Content-Length: 0', 0, []],
    ['Content-Length: 5\nContent-Length: 5', 5, []],
    [
      'Content-Length: 5\nContent-Length: 6',
      undefined,
      ['dropped differing Content-Length headers: 5, 6'],
    ],
    ['Content-Length: abc', undefined, ['dropped the invalid Content-Length "abc"']],
    ['Content-Length: -1', undefined, ['dropped the invalid Content-Length "-1"']],
    ['Content-Length:', undefined, ['dropped the invalid Content-Length ""']],
    [
      'Content-Length: 9007199254740992',
      undefined,
      ['dropped the invalid Content-Length "9007199254740992"'],
    ],
    ['Content-Length: x\nContent-Length: 5', 5, ['dropped the invalid Content-Length "x"']],
  ])('takes %j apart', (text, contentLength, warnings) => {
    expect(parse(`${text}\n\n`)).toMatchObject({ contentLength, warnings, fields: [] });
  });
});

describe('parseResponseHead with rules for a web server', () => {
  const HOST = { HTTP_HOST: 'front.example' };

  it.each([
    ['never', '/p', '/p'],
    ['auto', '/p', 'http://front.example/p'],
    ['auto', '//other.example/p', 'http://other.example/p'],
    ['always', '/p', 'http://front.example/p'],
    // Web servers pass these on: only a slash at the beginning means anything to them.
    ['always', 'p', 'p'],
    ['always', '?p', '?p'],
    ['always', '../p', '../p'],
    ['always', 'https://other.example/p', 'https://other.example/p'],
    ['always', '', ''],
  ] as const)('%s: a Location of %j becomes %j', (absoluteRedirects, given, sent) => {
    const head = parse(
      `Status: 200\nA: /a\nlocation: ${given}\nB: /b\n\n`,
      rules({ absoluteRedirects }),
      HOST,
    );
    expect(head).toMatchObject({
      fields: [
        ['A', '/a'],
        ['location', sent],
        ['B', '/b'],
      ],
      warnings: [],
    });
  });

  it('leaves the Location of a redirect alone where nobody keeps it to himself', () => {
    for (const status of ['Status: 302\n', 'Status: 201\n', '']) {
      const { fields } = parse(`${status}Location: /p\n\n`, rules({}), HOST);
      expect(fields).toEqual([['Location', '/p']]);
    }
  });

  it('leaves it alone where no host is named, and says so', () => {
    const head = parse('Status: 200\nLocation: /p\n\n', rules({}), { HTTP_HOST: 'a b' });
    expect(head.fields).toEqual([['Location', '/p']]);
    expect(head.warnings).toEqual(['left Location "/p" as it is: the request names no valid host']);
  });

  it('refuses one that has become too long', () => {
    const text = `Status: 200\nLocation: /${'p'.repeat(8170)}\n\n`;
    expect(parse(text).fields).toHaveLength(1);
    const error = thrownBy(() => parse(text, rules({}), HOST));
    expect(error).toBeInstanceOf(ResponseError);
    expect(String(error)).toContain('the line of header "Location" has 8201 bytes');
  });

  it.each([
    ['nginx', 'x-accel-redirect: /f', 'X-Accel-Redirect'],
    ['apache', 'X-SENDFILE: /f', 'X-Sendfile'],
    ['lighttpd', 'X-Sendfile: /f', 'X-Sendfile'],
    ['lighttpd', 'X-LIGHTTPD-send-file: /f', 'X-Sendfile'],
  ] as const)('passes what %s is told with %j', (sendfile, field, sent) => {
    const head = parse(`A: b\n${field}\n\n`, rules({ sendfile }));
    expect(head).toMatchObject({
      fields: [
        ['A', 'b'],
        [sent, '/f'],
      ],
      file: '/f',
      warnings: [],
    });
  });

  it.each(['off', 'nginx', 'apache', 'lighttpd'] as const)(
    'drops what %s does not understand, with one warning',
    (sendfile) => {
      const meant = { 'X-Accel-Redirect': 'nginx', 'X-Sendfile': 'apache' };
      for (const [name, server] of Object.entries(meant)) {
        if (server === sendfile || (server === 'apache' && sendfile === 'lighttpd')) continue;
        const head = parse(`A: b\n${name}: /f\n${name}: /g\n\n`, rules({ sendfile }));
        expect(head).toMatchObject({ fields: [['A', 'b']], file: undefined });
        expect(head.warnings).toEqual([expect.stringContaining(`dropped ${name}, `)]);
      }
    },
  );

  it('passes the first of several, whoever the others are meant for', () => {
    const text =
      'X-Accel-Redirect: /a\nX-Sendfile: /b\nX-Sendfile: /c\nX-LIGHTTPD-send-file: /d\n\n';
    expect(parse(text, rules({ sendfile: 'lighttpd' }))).toMatchObject({
      fields: [['X-Sendfile', '/b']],
      file: '/b',
      warnings: [],
    });
  });

  it('takes an empty one for none', () => {
    for (const sendfile of ['off', 'apache'] as const) {
      const head = parse('A: b\nX-Sendfile:\n\n', rules({ sendfile }));
      expect(head).toMatchObject({ fields: [['A', 'b']], file: undefined, warnings: [] });
    }
  });

  it('passes other fields for nginx', () => {
    const text = 'X-Accel-Buffering: no\nX-Accel-Expires: 0\n\n';
    expect(parse(text, rules({})).fields).toEqual([
      ['X-Accel-Buffering', 'no'],
      ['X-Accel-Expires', '0'],
    ]);
  });

  it('keeps every field when there are none', () => {
    const text = 'Status: 200\nLocation: /p\nX-Accel-Redirect: /f\nX-Sendfile:\n\n';
    expect(parse(text)).toMatchObject({
      fields: [
        ['Location', '/p'],
        ['X-Accel-Redirect', '/f'],
        ['X-Sendfile', ''],
      ],
      file: undefined,
      warnings: [],
    });
  });
});

describe('createResponseHead', () => {
  it('follows the same rules as the parser', () => {
    const head = createResponseHead(
      [
        ['Content-Type', ' text/plain '],
        ['Connection', 'close'],
        ['Content-Length', '5'],
      ],
      404,
    );
    expect(head).toEqual({
      status: 404,
      reason: 'Not Found',
      fields: [['Content-Type', 'text/plain']],
      contentLength: 5,
      warnings: [],
    });
    expect(createResponseHead([], 200, 'Fine').reason).toBe('Fine');
    expect(createResponseHead([], 200, '').reason).toBe('OK');
    expect(createResponseHead([['Location', '/p']]).status).toBe(302);
  });

  it('takes a Status in the list for the status, and refuses a contradiction (H37)', () => {
    expect(createResponseHead([['Status', '404']])).toMatchObject({
      status: 404,
      reason: 'Not Found',
      fields: [],
    });
    expect(createResponseHead([['status', '404 nf']], 404).reason).toBe('nf');
    expect(thrownBy(() => createResponseHead([['Status', '404']], 200))).toBeInstanceOf(
      ResponseError,
    );
  });

  it.each<[string, () => unknown]>([
    ['a NUL in a value (H11)', () => createResponseHead([['X', 'a\0']])],
    ['0x01 in a value (H11)', () => createResponseHead([['X', 'a\x01']])],
    ['0x7f in a value (H11)', () => createResponseHead([['X', 'a\x7f']])],
    ['a value that is not latin-1 (H13)', () => createResponseHead([['X', '\u20ac']])],
    ['a name that is no token', () => createResponseHead([['X Y', 'a']])],
    ['a reason with a line end', () => createResponseHead([], 200, 'OK\r\nX: y')],
    ['a status of 99 (H04)', () => createResponseHead([], 99)],
    ['a status of 1000 (H04)', () => createResponseHead([], 1000)],
    ['a status of 0 (H04)', () => createResponseHead([], 0)],
    ['a status that is no number (H04)', () => createResponseHead([], Number.NaN)],
    ['an informational status (H05)', () => createResponseHead([], 103)],
    ['a status that is no integer', () => createResponseHead([], 200.5)],
    ['nothing at all', () => createResponseHead([])],
  ])('refuses %s', (_what, create) => {
    expect(thrownBy(create)).toBeInstanceOf(ResponseError);
  });
});

describe('encodeResponseHead', () => {
  it('starts with the status and ends with the length and a blank line', () => {
    const head = parse('A: 1\nContent-Length: 9\nStatus: 404\nB: caf\xe9\n\n');
    expect(encodeResponseHead(head, 5)).toBe(
      'Status: 404 Not Found\r\nA: 1\r\nB: caf\xe9\r\nContent-Length: 5\r\n\r\n',
    );
    expect(encodeResponseHead(head, undefined)).toBe(
      'Status: 404 Not Found\r\nA: 1\r\nB: caf\xe9\r\n\r\n',
    );
    expect(head.warnings).toEqual([]);
  });

  it('warns above 4096 bytes, blank line included', () => {
    const frame = 'Status: 200 OK\r\nX: \r\n\r\n'.length;
    const fits = createResponseHead([['X', 'v'.repeat(4096 - frame)]]);
    const exceeds = createResponseHead([['X', 'v'.repeat(4097 - frame)]]);
    expect(encodeResponseHead(fits, undefined).length).toBe(4096);
    expect(encodeResponseHead(exceeds, undefined).length).toBe(4097);
    expect(fits.warnings).toEqual([]);
    expect(exceeds.warnings).toEqual([
      'the response head has 4097 bytes: nginx needs a larger scgi_buffer_size than 4096',
    ]);
  });

  it('is undone by parseResponseHead for any head', () => {
    const values = fc
      .string({
        unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
      })
      .map((value) => value.replaceAll('\x7f', ''));
    const names = fc.stringMatching(/^X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
    const heads = fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      fields: fc.array(fc.tuple(names, values)),
      contentLength: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(heads, ({ status, fields, contentLength }) => {
        const head = { ...createResponseHead(fields, status), contentLength };
        expect(head.fields).toEqual(fields);
        expect(parse(encodeResponseHead(head, contentLength))).toEqual({ ...head, warnings: [] });
      }),
    );
  });
});
