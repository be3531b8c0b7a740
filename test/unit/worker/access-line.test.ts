import { describe, expect, it } from 'vitest';
import type { RequestClient } from '../../../src/connection/request-identity.ts';
import type { Outcome } from '../../../src/connection/outcome.ts';
import { newOutcome } from '../../../src/connection/outcome.ts';
import type { AccessFormat } from '../../../src/worker/access-line.ts';
import { formatAccess } from '../../../src/worker/access-line.ts';

const CLIENT: RequestClient = {
  address: '192.0.2.7',
  user: 'frank',
  protocol: 'HTTP/1.1',
  host: 'example.com',
  referer: 'https://example.com/',
  agent: 'Mozilla/5.0',
};
const at = new Date(2026, 0, 5, 3, 4, 9, 250);

function line(
  format: AccessFormat,
  { uri = '/a?b=1', client = {}, ...how }: Partial<Outcome & { uri: string; client: object }> = {},
): string {
  const request = { id: 'r-1', method: 'GET', uri, client: { ...CLIENT, ...client } };
  const outcome: Outcome = {
    ...newOutcome('answered'),
    status: 200,
    durationMs: 1_000.04,
    bytesIn: 3,
    bytesOut: 5,
    request,
    ...how,
  };
  const limits = { headerTimeout: 5_000, bodyTimeout: 60_000, sendTimeout: 60_000 };
  return formatAccess({ request, outcome, limits, worker: 2, at }, format);
}

describe('a combined line', () => {
  it('is what Apache writes, with the time at which the request began', () => {
    const zone = /\[(05\/Jan\/2026:03:04:08 [+-]\d{4})\]/.exec(line('combined'))?.[1];
    expect(line('combined')).toBe(
      `192.0.2.7 - frank [${zone}] "GET /a?b=1 HTTP/1.1" 200 5 "https://example.com/" "Mozilla/5.0"\n`,
    );
  });

  it('has a dash for what is not there', () => {
    const client = {
      address: undefined,
      user: '',
      protocol: undefined,
      referer: '',
      agent: undefined,
    };
    expect(line('combined', { client, bytesOut: 0, status: undefined })).toMatch(
      /^- - - \[.*\] "GET \/a\?b=1" - - "-" "-"\n$/,
    );
  });

  it('has the status that nginx invented for a client that hung up', () => {
    expect(line('combined', { kind: 'aborted', status: undefined })).toMatch(/" 499 5 "/);
  });

  it('escapes as Apache does, and the space that would end a bare field', () => {
    const client = { agent: 'a"b\\c\n\x01é', user: 'a b"', referer: '\t\x7f' };
    expect(line('combined', { client, uri: '/"\r' })).toMatch(
      /^192\.0\.2\.7 - a\\x20b\\" \[[^\]]+\] "GET \/\\"\\r HTTP\/1\.1" 200 5 "\\t\\x7f" "a\\"b\\\\c\\n\\x01\\xe9"\n$/,
    );
  });
});

describe('a line of JSON', () => {
  it('has every field that is known', () => {
    expect(JSON.parse(line('json', { peer: '127.0.0.1' }))).toEqual({
      time: at.toISOString(),
      request: 'r-1',
      client: '192.0.2.7',
      user: 'frank',
      method: 'GET',
      uri: '/a?b=1',
      protocol: 'HTTP/1.1',
      host: 'example.com',
      status: 200,
      outcome: 'answered',
      ms: 1000,
      in: 3,
      out: 5,
      referer: 'https://example.com/',
      agent: 'Mozilla/5.0',
      peer: '127.0.0.1',
      worker: 2,
    });
  });

  it('leaves out what is not, and says how a request failed', () => {
    const client = { user: undefined, host: '', referer: undefined };
    const record: unknown = JSON.parse(
      line('json', { client, kind: 'timed-out', phase: 'send', cut: true }),
    );
    expect(record).toMatchObject({ outcome: 'timed-out', phase: 'send', cut: true, peer: 'unix' });
    expect(record).not.toHaveProperty('user');
    expect(record).not.toHaveProperty('host');
  });

  it('takes the bytes of a request for UTF-8', () => {
    const agent = Buffer.from('größer\xff', 'latin1').toString('latin1');
    expect(JSON.parse(line('json', { client: { agent: 'gr\xc3\xb6\xc3\x9fer' } }))).toMatchObject({
      agent: 'größer',
    });
    expect(line('json', { client: { agent } }).split('\n')).toHaveLength(2);
  });

  it('steers no terminal, which JSON alone would not prevent', () => {
    const agent = Buffer.from('\u009b31m\u007f').toString('latin1');
    const text = line('json', { client: { agent } });
    expect(text).toContain('"agent":"\\u009b31m\\u007f"');
    expect(JSON.parse(text)).toMatchObject({ agent: '\u009b31m\u007f' });
  });
});

describe('a line of text', () => {
  it('is that of the log, with a time stamp', () => {
    expect(line('text')).toBe(
      `${at.toISOString()} info  GET /a?b=1: answered request=r-1 status=200 ms=1000 in=3 out=5 peer=unix worker=2\n`,
    );
  });
});
