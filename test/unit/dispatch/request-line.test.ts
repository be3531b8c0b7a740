import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RunningRequest } from '../../../src/dispatch/activity.ts';
import { cut, ID_ROOM, METHOD_ROOM, URI_ROOM } from '../../../src/dispatch/activity.ts';
import { RequestLine } from '../../../src/dispatch/native/request-line.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const BYTES = 320;
const request = (fields: Partial<RunningRequest> = {}): RunningRequest => ({
  method: 'GET',
  uri: '/report',
  id: '0-k2f9x1-1a',
  startedAt: performance.now(),
  headSent: false,
  fd: 17,
  ...fields,
});

/** A line and the word that says whether it is being written. */
function setUp(): { line: RequestLine; sequence: Int32Array; memory: ArrayBuffer } {
  const memory = new ArrayBuffer(BYTES);
  return { memory, line: new RequestLine(memory, 0), sequence: new Int32Array(memory, 0, 1) };
}

/** A thread that writes one request after the other, as fast as it can, until it is terminated. */
function startWriter(memory: SharedArrayBuffer): void {
  const source = new URL('../../../src/dispatch/native/request-line.ts', import.meta.url).href;
  const code = `
    const { workerData } = require('node:worker_threads');
    import('tsx/esm/api').then(async ({ register }) => {
      register();
      const { RequestLine } = await import('${source}');
      const line = new RequestLine(workerData, 0);
      for (let i = 1; ; i++) {
        const uri = '/' + String(i % 10).repeat(1 + (i % 150));
        line.show({ method: uri.slice(0, 13), uri, startedAt: i % 10, headSent: i % 2 === 1, fd: i % 10 });
        if (i % 7 === 0) line.clear();
      }
    });`;
  const writer = new Worker(code, { eval: true, workerData: memory });
  onTestFinished(async () => void (await writer.terminate()));
}

describe('the current request in shared memory', () => {
  it('is read as it was written', () => {
    const { line } = setUp();
    expect(line.read()).toBeUndefined();
    const shown = request();
    line.show(shown);
    expect(line.read()).toEqual({ ...shown, startedAt: expect.closeTo(shown.startedAt, 3) });
    line.headSent();
    expect(line.read()?.headSent).toBe(true);
    line.show(request({ uri: '/next', fd: -1 }));
    expect(line.read()).toMatchObject({ uri: '/next', fd: -1, headSent: false });
    line.clear();
    expect(line.read()).toBeUndefined();
  });

  it('keeps any latin-1 method and URI, cut to their room', () => {
    const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(toCharacter) });
    const long = fc.string({ minLength: 150, maxLength: 300, unit: 'binary-ascii' });
    fc.assert(
      fc.property(fc.oneof(latin1, long), fc.oneof(latin1, long), (method, uri) => {
        const { line, memory } = setUp();
        const guard = new Uint8Array(memory, BYTES - 8);
        line.show(request({ method, uri: '' }));
        expect(line.read()?.id).toBe('0-k2f9x1-1a');
        expect(guard.every((byte) => byte === 0)).toBe(true);
        line.show(request({ method, uri }));
        expect(line.read()).toMatchObject({
          method: cut(method, METHOD_ROOM),
          uri: cut(uri, URI_ROOM),
        });
      }),
    );
  });

  it.each([ID_ROOM, ID_ROOM + 1, 128])(
    'keeps an id of %i characters, cut to its room',
    (length) => {
      const { line } = setUp();
      const id = 'i'.repeat(length);
      line.show(request({ id, uri: 'x'.repeat(URI_ROOM + 1) }));
      expect(line.read()?.id).toBe(cut(id, ID_ROOM));
      line.show(request({ id: undefined }));
      expect(line.read()?.id).toBeUndefined();
    },
  );

  it.each([
    ['is kept whole', 'x'.repeat(URI_ROOM), 'x'.repeat(URI_ROOM)],
    ['ends in dots', 'x'.repeat(URI_ROOM + 1), `${'x'.repeat(URI_ROOM - 3)}...`],
    // UTF-8, a character each byte, as a web server sends it; the cut falls into a sequence.
    ['may end in half a character', '\xc3\xa9'.repeat(URI_ROOM), /^(\xc3\xa9)+\xc3\.\.\.$/],
  ])('%s when its URI is long', (_what, uri, shown) => {
    const { line } = setUp();
    line.show(request({ uri }));
    expect(line.read()).toMatchObject({
      uri: typeof shown === 'string' ? shown : expect.stringMatching(shown),
    });
  });

  it('is read again when it changes under the reader', () => {
    const { line } = setUp();
    line.show(request({ method: 'OLD', uri: '/old', fd: 1 }));
    const toString = vi.spyOn(Buffer.prototype, 'toString');
    onTestFinished(() => toString.mockRestore());
    toString.mockImplementationOnce(() => {
      line.show(request({ method: 'NEW', uri: '/new', fd: 2 }));
      return 'OLD';
    });
    expect(line.read()).toMatchObject({ method: 'NEW', uri: '/new', fd: 2 });
    toString.mockImplementation(() => {
      line.show(request());
      return '';
    });
    expect(line.read()).toBeUndefined();
  });

  it('is unknown to a reader who finds it being written for ever: its writer was killed', () => {
    const { line, sequence } = setUp();
    line.show(request());
    Atomics.add(sequence, 0, 1);
    expect(line.read()).toBeUndefined();
    Atomics.add(sequence, 0, 1);
    expect(line.read()).toBeDefined();
  });

  it('goes on when the counter is beyond 2^31', () => {
    const { line, sequence } = setUp();
    sequence[0] = 0x7fff_fffe;
    line.show(request());
    expect(sequence[0]).toBe(-0x8000_0000);
    expect(line.read()).toMatchObject({ uri: '/report' });
    Atomics.add(sequence, 0, 1);
    expect(line.read()).toBeUndefined();
  });

  it('is never a mixture of two requests', { timeout: 40_000 }, async () => {
    const memory = new SharedArrayBuffer(BYTES);
    const line = new RequestLine(memory, 0);
    startWriter(memory);
    await waitFor('the writer', () => line.read(), 20_000);
    const deadline = performance.now() + 15_000;
    let former: string | undefined;
    let changes = 0;
    while (changes < 1_000 && performance.now() < deadline) {
      const { method, uri, fd, headSent } = line.read() ?? {};
      if (uri === undefined) continue;
      if (uri !== former) changes++;
      former = uri;
      const digit = uri[1] ?? '';
      if (uri !== `/${digit.repeat(uri.length - 1)}` || !uri.startsWith(method ?? ' ')) {
        expect.unreachable(`a mixture: ${method} ${uri}`);
      }
      if (fd !== Number(digit) || headSent !== (Number(digit) % 2 === 1)) {
        expect.unreachable(`a mixture: ${uri} ${fd} ${headSent}`);
      }
    }
    // Otherwise one of the threads has hardly run.
    expect(changes).toBeGreaterThan(10);
  });

  it('is believed no further than its memory reaches', () => {
    const { line, memory } = setUp();
    line.show(request());
    new Int32Array(memory).fill(0x7fff_fffe, 4, 6);
    expect(line.read()?.uri).toHaveLength(URI_ROOM);
    new Int32Array(memory).fill(-5, 4, 6);
    expect(line.read()).toMatchObject({ method: '', uri: '' });
  });
});

function toCharacter(code: number): string {
  return String.fromCharCode(code);
}
