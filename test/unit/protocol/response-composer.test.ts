import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from '../../../src/errors.ts';
import type { Piece } from '../../../src/protocol/pieces.ts';
import { toBuffers } from '../../../src/protocol/pieces.ts';
import { ResponseError } from '../../../src/protocol/protocol-error.ts';
import { ResponseComposer } from '../../../src/protocol/response-composer.ts';
import type { FrontRules } from '../../../src/protocol/front-rules.ts';
import type { ResponseVector } from '../../corpus/responses.ts';
import { REFUSED_OUTPUTS, RESPONSE_VECTORS } from '../../corpus/responses.ts';
import { byteByByte, cutAt, cutPlaces, thrownBy } from './feed.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (pieces: readonly Piece[]) => Buffer.concat(toBuffers(pieces)).toString('latin1');

type Asked = Pick<ResponseVector, 'method' | 'env' | 'rules'>;

const DEFAULT_RULES: FrontRules = { absoluteRedirects: 'auto', sendfile: 'off' };

/** A handler that writes `pieces` and returns at once: what is sent, and the composer. */
function compose(pieces: readonly Buffer[], { method = 'GET', env, rules }: Asked = {}) {
  const composer = new ResponseComposer(method, { ...DEFAULT_RULES, ...rules }, env);
  for (const piece of pieces) composer.push(piece);
  return { sent: text(composer.end()), composer };
}

describe('ResponseComposer', () => {
  it.each(RESPONSE_VECTORS)('completes the response of $id', (vector) => {
    const output = bytes(vector.output);
    for (const pieces of [[output], byteByByte(output)]) {
      const { sent, composer } = compose(pieces, vector);
      expect(sent).toBe(vector.sent);
      expect(composer.warnings).toEqual(vector.warning === undefined ? [] : [vector.warning]);
      expect(composer.missingBytes).toBe(vector.missing ?? 0);
      expect(composer).toMatchObject({ headSent: true, heldBytes: 0 });
      expect(composer.bodyBytes).toBe(sent.length - sent.indexOf('\r\n\r\n') - 4);
    }
  });

  it.each(REFUSED_OUTPUTS)('refuses the response of %s, %j', (_id, output, message) => {
    for (const pieces of [[bytes(output)], byteByByte(bytes(output))]) {
      const composer = new ResponseComposer('GET');
      const error = thrownBy(() => {
        for (const piece of pieces) composer.push(piece);
        composer.end();
      });
      expect(error).toBeInstanceOf(ResponseError);
      expect(String(error)).toContain(message);
      expect(composer.headSent).toBe(false);
    }
  });

  it('streams a body of unknown length without a Content-Length (H34)', () => {
    const composer = new ResponseComposer('GET');
    composer.push(bytes('Content-Type: text/plain\r\n'));
    expect(composer.flush()).toEqual([]);
    expect(composer).toMatchObject({ headSent: false, heldBytes: 26 });
    composer.push(bytes('\r\none'));
    expect(composer).toMatchObject({ headSent: false, heldBytes: 31, bodyBytes: 0 });
    expect(text(composer.flush())).toBe('Status: 200 OK\r\nContent-Type: text/plain\r\n\r\none');
    expect(composer).toMatchObject({ headSent: true, heldBytes: 0, bodyBytes: 3 });
    expect(composer.flush()).toEqual([]);
    composer.push(bytes('two'));
    composer.push(bytes('three'));
    expect(composer).toMatchObject({ heldBytes: 8, bodyBytes: 3 });
    expect(text(composer.flush())).toBe('twothree');
    composer.push(bytes('four'));
    expect(text(composer.end())).toBe('four');
    expect(composer).toMatchObject({ heldBytes: 0, bodyBytes: 15, missingBytes: 0 });
  });

  it('can send the head before the body begins', () => {
    const composer = new ResponseComposer('GET');
    composer.push(bytes('A: b\n\n'));
    expect(text(composer.flush())).toBe('Status: 200 OK\r\nA: b\r\n\r\n');
    expect(composer.end()).toEqual([]);
  });

  it('keeps the declared length in a stream, and tells what is missing at its end', () => {
    const composer = new ResponseComposer('GET');
    composer.push(bytes('Content-Length: 6\n\nab'));
    expect(text(composer.flush())).toBe('Status: 200 OK\r\nContent-Length: 6\r\n\r\nab');
    expect(composer.missingBytes).toBe(0);
    composer.push(bytes('cd'));
    expect(text(composer.end())).toBe('cd');
    expect(composer.missingBytes).toBe(2);
  });

  it('cuts the body at the declared length, with one warning', () => {
    const composer = new ResponseComposer('GET');
    composer.push(bytes('Content-Length: 3\n\nab'));
    composer.push(bytes('cd'));
    composer.push(bytes('ef'));
    expect(composer.heldBytes).toBe('Content-Length: 3\n\nabc'.length);
    expect(text(composer.end())).toBe('Status: 200 OK\r\nContent-Length: 3\r\n\r\nabc');
    expect(composer).toMatchObject({ bodyBytes: 3, missingBytes: 0 });
    expect(composer.warnings).toEqual(['cut the body at the declared Content-Length of 3 bytes']);
  });

  it.each([
    ['Content-Length: 7\n\n', 'Content-Length: 7\r\n'],
    ['Content-Length: 7\n\nhello', 'Content-Length: 7\r\n'],
    ['A: b\n\n', 'A: b\r\n'],
    ['A: b\n\nhello', 'A: b\r\nContent-Length: 5\r\n'],
  ])('answers HEAD without a body and without guessing its length: %j', (output, fields) => {
    const { sent, composer } = compose([bytes(output)], { method: 'HEAD' });
    expect(sent).toBe(`Status: 200 OK\r\n${fields}\r\n`);
    expect(composer.warnings).toEqual([]);
    expect(composer.missingBytes).toBe(0);
  });

  it('drops the body of a streamed HEAD response', () => {
    const composer = new ResponseComposer('HEAD');
    composer.push(bytes('A: b\n\nhello'));
    expect(text(composer.flush())).toBe('Status: 200 OK\r\nA: b\r\n\r\n');
    composer.push(bytes('world'));
    expect(composer.heldBytes).toBe(0);
    expect(composer.end()).toEqual([]);
    expect(composer.bodyBytes).toBe(0);
  });

  it('takes only the upper-case method HEAD for HEAD', () => {
    expect(compose([bytes('A: b\n\nx')], { method: 'head' }).sent).toContain('\r\n\r\nx');
  });

  it.each([
    ['204', ''],
    ['304', ''],
    ['205', 'Content-Length: 0\r\n'],
  ])('ignores a Content-Length declared for status %s', (status, field) => {
    const { sent, composer } = compose([bytes(`Status: ${status} R\nContent-Length: 5\n\n`)]);
    expect(sent).toBe(`Status: ${status} R\r\n${field}\r\n`);
    expect(composer).toMatchObject({ missingBytes: 0, warnings: [] });
  });

  it.each(['GET', 'HEAD'])(
    'tells the web server of a file, and nothing of a body: %s',
    (method) => {
      for (const output of ['X-Sendfile: /f\n\n', 'Content-Length: 9\nX-Sendfile: /f\n\nhello']) {
        const asked: Asked = { method, rules: { sendfile: 'apache' } };
        const { sent, composer } = compose([bytes(output)], asked);
        expect(sent).toBe('Status: 200 OK\r\nX-Sendfile: /f\r\n\r\n');
        expect(composer).toMatchObject({
          missingBytes: 0,
          bodyBytes: 0,
          heldBytes: 0,
          warnings: [],
        });
      }
    },
  );

  it('drops what a stream has written beside a file', () => {
    const composer = new ResponseComposer('GET', { ...DEFAULT_RULES, sendfile: 'nginx' });
    composer.push(bytes('X-Accel-Redirect: /f\n\none'));
    expect(text(composer.flush())).toBe('Status: 200 OK\r\nX-Accel-Redirect: /f\r\n\r\n');
    composer.push(bytes('two'));
    expect(composer.heldBytes).toBe(0);
    expect(composer.end()).toEqual([]);
    expect(composer).toMatchObject({ missingBytes: 0, bodyBytes: 0, warnings: [] });
  });

  it('copies nothing of a body', () => {
    const composer = new ResponseComposer('GET');
    const [large, last] = [Buffer.alloc(100_000, 'x'), bytes('last')];
    composer.push(bytes('A: b\n\nsmall'));
    composer.push(large);
    composer.push(last);
    const pieces = composer.flush();
    expect(pieces.slice(0, 2)).toEqual(['Status: 200 OK\r\nA: b\r\n\r\n', bytes('small')]);
    expect(pieces[2]).toBe(large);
    expect(pieces[3]).toBe(last);
    composer.push(large);
    expect(composer.flush()).toEqual([large]);
  });

  it('offers the head once it is complete', () => {
    const composer = new ResponseComposer('GET');
    composer.push(bytes('Status: 404\r\nA: b\r\n'));
    expect(composer.head).toBeUndefined();
    expect(composer.warnings).toEqual([]);
    composer.push(bytes('\r\n'));
    expect(composer.head).toMatchObject({ status: 404, fields: [['A', 'b']] });
  });

  it('takes nothing after its end', () => {
    const { composer } = compose([bytes('A: b\n\n')]);
    expect(thrownBy(() => composer.push(bytes('x')))).toBeInstanceOf(InternalError);
    expect(composer.end()).toEqual([]);
  });

  it('sends the same bytes however the handler cuts its output', () => {
    const samples = fc
      .constantFrom(...RESPONSE_VECTORS)
      .chain((vector) => fc.tuple(fc.constant(vector), cutPlaces(vector.output.length)));
    fc.assert(
      fc.property(samples, ([vector, places]) => {
        const pieces = cutAt(bytes(vector.output), places);
        expect(compose(pieces, vector).sent).toBe(vector.sent);
      }),
      { numRuns: 500 },
    );
  });

  it('streams the same body however it is cut and whenever it is flushed', () => {
    const output = bytes(`Status: 200\nA: b\r\n\n${'body\r\n\n'.repeat(20)}`);
    const samples = fc.tuple(cutPlaces(output.length), fc.array(fc.boolean()));
    fc.assert(
      fc.property(samples, ([places, flushes]) => {
        const composer = new ResponseComposer('GET');
        const sent: Piece[] = [];
        cutAt(output, places).forEach((piece, i) => {
          composer.push(piece);
          if (flushes[i] === true) sent.push(...composer.flush());
        });
        sent.push(...composer.end());
        const [head, ...body] = text(sent).split('\r\n\r\n');
        expect(head).toMatch(/^Status: 200 OK\r\nA: b(\r\nContent-Length: 140)?$/);
        expect(body.join('\r\n\r\n')).toBe('body\r\n\n'.repeat(20));
      }),
    );
  });
});
