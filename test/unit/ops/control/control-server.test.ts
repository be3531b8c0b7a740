import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlServer } from '../../../../src/ops/control/control-server.ts';
import { ROUTES } from '../../../../src/ops/control/routes.ts';
import type { RecordedOperations } from '../../../helpers/recorded-operations.ts';
import { recordOperations, RELOADED } from '../../../helpers/recorded-operations.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { serverStatus } from '../situations.ts';

let socketPath: string;
let control: ControlServer;
let record: RecordedOperations;

beforeEach(async () => {
  socketPath = path.join(tempDir(), 'control');
  control = new ControlServer();
  record = recordOperations(serverStatus());
  control.serve(record.operations);
  await new Promise<void>((resolve) => {
    control.server.listen(socketPath, resolve);
  });
});

afterEach(() => control.close(undefined));

interface Answered {
  status: number;
  type: string | undefined;
  body: string;
}

function ask(
  method: string,
  target: string,
  { body = '', headers = {} }: { body?: string; headers?: http.OutgoingHttpHeaders } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, method, path: target, agent: false, headers };
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.once('error', reject);
      response.once('end', () => {
        const type = response.headers['content-type'];
        resolve({ status: response.statusCode ?? 0, type, body: text });
      });
    });
    request.once('error', reject);
    request.end(body);
  });
}

async function askJson(method: string, target: string): Promise<Record<string, unknown>> {
  return JSON.parse((await ask(method, target)).body) as Record<string, unknown>;
}

/** Writes bytes on a connection of its own; what comes back until it is closed. */
function write(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
    socket.once('close', () => resolve(text));
    socket.on('error', () => {});
    socket.write(bytes);
  });
}

describe('the control server', () => {
  it('tells the status as JSON, as text and as an explanation', async () => {
    expect(await askJson('GET', '/status')).toEqual(serverStatus());
    expect((await ask('GET', '/status?text')).body).toMatch(/^All is well/);
    const why = await ask('GET', '/status?why=yes');
    expect(why.body).toMatch(/^Nothing is saturated/);
    expect(why.type).toBe('text/plain; charset=utf-8');
    expect((await ask('GET', '/status?why=no')).type).toBe('application/json');
  });

  it('tells the metrics as Prometheus wants them', async () => {
    const { status, type, body } = await ask('GET', '/metrics');
    expect([status, type, body]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'up 1\n',
    ]);
  });

  it('does not wait for a reload unless it is told to', async () => {
    expect(await ask('POST', '/reload')).toMatchObject({ status: 202 });
    expect(await ask('POST', '/reload?only-code')).toMatchObject({ status: 202 });
    expect(record.asked).toEqual([
      ['reload', false],
      ['reload', true],
    ]);
  });

  it('shows signs of life while somebody waits, and then the receipt', async () => {
    const answer = ask('POST', '/reload?wait');
    let received = '';
    const raw = net.connect(socketPath);
    raw.setEncoding('utf8').on('data', (piece: string) => (received += piece));
    raw.write('POST /reload?wait HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    await waitFor('the head and a sign of life', () => received.endsWith('\r\n\r\n1\r\n\n\r\n'));
    record.finishReload(RELOADED);
    await waitFor('the receipt', () => received.includes('"generation":1'));
    raw.destroy();
    expect(record.asked).toHaveLength(2);
    // The other one, whose answer never comes, goes with its client.
    control.close(0);
    await expect(answer).rejects.toThrow(/aborted|hang up|RESET/i);
  });

  it('says at once what cannot be done, even to those who do not wait', async () => {
    expect(await ask('POST', '/recycle?slot=9')).toMatchObject({ status: 200 });
    expect(await askJson('POST', '/recycle?slot=9')).toMatchObject({ ok: false });
    expect(record.asked).toContainEqual(['recycle', 9]);
    await ask('POST', '/recycle?wait');
    expect(record.asked).toContainEqual(['recycle', undefined]);
  });

  it('scales and pings', async () => {
    expect(await askJson('POST', '/scale?to=7')).toEqual({ ok: true, maxWorkers: 7 });
    expect(await askJson('POST', '/ping')).toMatchObject({ ok: true, pid: 7 });
  });

  it('answers who waits for the stop at its end', async () => {
    const answer = ask('POST', '/stop?quick&wait');
    await waitFor('the order', () => record.asked.length > 0);
    expect(record.asked).toEqual([['stop', true]]);
    control.close(0);
    expect(JSON.parse((await answer).body)).toEqual({ ok: true, stopped: true, exitCode: 0 });
    expect(await ask('GET', '/status').catch((error: Error) => error)).toBeInstanceOf(Error);
  });

  it.each([
    ['GET', '/nope', 404, 'there is no /nope here'],
    ['GET', '/reload', 405, '/reload: expected POST, got GET'],
    ['DELETE', '/status', 405, '/status: expected GET, got DELETE'],
    ['GET', '/status?all', 400, '/status has no parameter "all"'],
    ['GET', '/status?why=maybe', 400, 'why: expected yes or no, got "maybe"'],
    ['POST', '/scale', 400, 'to: expected a number of workers, got none'],
    ['POST', '/scale?to=many', 400, 'to: expected a whole number, got "many"'],
    ['POST', '/recycle?slot=-1', 400, 'slot: expected a whole number, got "-1"'],
    ['GET', '//', 400, 'expected a path such as /status'],
  ])('answers %s %s with %i: %s', async (method, target, status, error) => {
    const answer = await ask(method, target);
    const body = JSON.parse(answer.body) as Record<string, unknown>;
    expect([answer.status, answer.type, body['error']]).toEqual([
      status,
      'application/json',
      error,
    ]);
    if (status === 404) expect(body['routes']).toHaveLength(ROUTES.length);
  });

  it('takes no body', async () => {
    expect(await ask('POST', '/stop', { body: 'quick' })).toMatchObject({ status: 413 });
    const headers = { 'transfer-encoding': 'chunked' };
    expect(await ask('POST', '/stop', { headers, body: 'x' })).toMatchObject({ status: 413 });
    expect(record.asked).toEqual([]);
  });

  it('answers 500 where something of ours fails, and lives on', async () => {
    record.operations.metrics = async () => {
      throw new Error('a bug');
    };
    expect(await ask('GET', '/metrics')).toMatchObject({ status: 500 });
    expect(await ask('GET', '/status')).toMatchObject({ status: 200 });
  });

  it.each([
    ['rubbish', '\u0000\u0001\u0002 nothing\r\n\r\n'],
    ['a header block without end', `GET /status HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`],
    ['SCGI', '70:CONTENT_LENGTH\u00000\u0000SCGI\u00001\u0000,'],
  ])('refuses %s with a line, and lives on', async (_title, bytes) => {
    expect(await write(bytes)).toMatch(/^HTTP\/1.1 400 [\s\S]*expected an HTTP request/);
    expect(await ask('GET', '/status')).toMatchObject({ status: 200 });
  });

  it('has room for 32 who say nothing, and goes on when they leave', async () => {
    const silent = Array.from({ length: 40 }, () => net.connect(socketPath).on('error', () => {}));
    const closed = () => silent.filter((socket) => socket.closed).length;
    await waitFor('the refusal of eight', () => closed() === 8);
    for (const socket of silent) socket.destroy();
    await waitFor('room', () =>
      ask('GET', '/status').then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
  });

  it('is starting until there is somebody to ask', async () => {
    const other = new ControlServer();
    const ours = socketPath;
    socketPath = `${ours}2`;
    await new Promise<void>((resolve) => {
      other.server.listen(socketPath, resolve);
    });
    expect(await askJson('GET', '/status')).toEqual({ ok: false, error: 'the server is starting' });
    other.close(undefined);
  });
});
