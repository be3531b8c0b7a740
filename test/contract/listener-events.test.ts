// What happens to the request and the response of a listener, and in which order: the same under this
// server as under node:http, with which each scene is played as well.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Listener } from '../../src/gateway/from-listener.ts';
import { fromListener } from '../../src/gateway/from-listener.ts';
import { encodeScgi } from '../helpers/scgi-peer.ts';
import { waitFor } from '../helpers/wait-for.ts';
import type { Serve } from './connection-parts.ts';
import { overDescriptors, overStreams } from './serve-in-process.ts';

/** What happened to each of the two; how they follow one another differs by a tick or so. */
interface Events {
  request: string[];
  response: string[];
}

interface Scene {
  method: string;
  /** Announced, and sent unless the peer leaves before. */
  body: string;
  sent?: string;
  /** The peer leaves when the application has said this. */
  leaveAt?: string;
  play: (
    request: IncomingMessage,
    response: ServerResponse,
    say: (word: string) => void,
  ) => unknown;
}

const SCENES: Record<string, Scene> = {
  'a GET that is answered at once': {
    method: 'GET',
    body: '',
    play: (_request, response) => response.end('hello'),
  },
  'a GET whose request is read to its end first': {
    method: 'GET',
    body: '',
    play: (request, response) => request.resume().on('end', () => response.end('hello')),
  },
  'a HEAD with a body that nobody gets': {
    method: 'HEAD',
    body: '',
    play: (_request, response) => {
      response.write('one');
      response.end('two');
    },
  },
  'a POST that is read and answered': {
    method: 'POST',
    body: 'body',
    play: (request, response) => request.resume().on('end', () => response.end('hello')),
  },
  'a POST that nobody reads': {
    method: 'POST',
    body: 'body',
    play: (_request, response) => response.end('hello'),
  },
  'an answer in several turns': {
    method: 'GET',
    body: '',
    play: async (_request, response) => {
      response.flushHeaders();
      for (const piece of ['a', 'b', 'c']) {
        await delay(5);
        response.write(piece);
      }
      response.end();
    },
  },
  'a peer that leaves while the application thinks': {
    method: 'GET',
    body: '',
    leaveAt: 'thinking',
    play: (_request, _response, say) => say('thinking'),
  },
  'a peer that leaves while the response streams': {
    method: 'GET',
    body: '',
    leaveAt: 'streaming',
    play: (_request, response, say) => {
      response.write('half');
      say('streaming');
    },
  },
  'a peer that leaves in the middle of its body': {
    method: 'POST',
    body: 'body',
    sent: 'bo',
    leaveAt: 'reading',
    play: (request, _response, say) => request.once('data', () => say('reading')),
  },
  'a peer that leaves when its body has been read': {
    method: 'POST',
    body: 'body',
    leaveAt: 'thinking',
    play: (request, _response, say) => request.resume().on('end', () => say('thinking')),
  },
  'a response that is destroyed after its head': {
    method: 'GET',
    body: '',
    play: async (_request, response) => {
      response.write('half');
      await delay(5);
      response.destroy();
    },
  },
  'a request that is destroyed': {
    method: 'POST',
    body: 'body',
    sent: 'bo',
    play: (request) => request.once('data', () => request.destroy()),
  },
};

/** A scene as the application plays it. */
class Stage {
  readonly events: Events = { request: [], response: [] };
  readonly said: string[] = [];
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  readonly listener: Listener = (request, response) => {
    const { events } = this;
    for (const name of ['aborted', 'end', 'close']) {
      request.on(name, () => events.request.push(name));
    }
    request.on('error', (error: NodeJS.ErrnoException) => {
      events.request.push(`error ${error.code}: ${error.message}`);
    });
    response.on('finish', () => events.response.push(`finish, ${response.writableFinished}`));
    response.on('close', () => events.response.push(`close, ${response.writableFinished}`));
    return this.#scene.play(request, response, (word) => this.said.push(word));
  };

  /** Both have closed. */
  get isOver(): boolean {
    const { request, response } = this.events;
    return request.includes('close') && response.some((event) => event.startsWith('close'));
  }

  /** Plays the peer's part. */
  async visit(socket: Socket, head: string | Buffer): Promise<void> {
    const { sent, body, leaveAt } = this.#scene;
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).resume();
    socket.write(Buffer.concat([Buffer.from(head), Buffer.from(sent ?? body)]));
    if (leaveAt === undefined) return;
    await waitFor(`the application to say "${leaveAt}"`, () => this.said.includes(leaveAt));
    socket.destroy();
  }
}

async function overHttp(scene: Scene): Promise<Events> {
  const stage = new Stage(scene);
  const server = createServer(stage.listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await waitFor('the server', () => server.listening);
  const { method, body } = scene;
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  const { port } = server.address() as AddressInfo;
  const head = `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${length}\r\n`;
  await stage.visit(connect(port, '127.0.0.1'), head);
  await waitFor('the end', () => stage.isOver);
  return stage.events;
}

async function overScgi(scene: Scene, serve: Serve): Promise<Events> {
  const stage = new Stage(scene);
  const { address, outcomes } = await serve(fromListener(stage.listener));
  const { method, body } = scene;
  const head = encodeScgi({ REQUEST_METHOD: method, REQUEST_URI: '/' }, body.length);
  await stage.visit(connect(address), head);
  await waitFor('the end', () => stage.isOver && outcomes.length === 1);
  return stage.events;
}

const tcp = () => ({ kind: 'tcp', host: '127.0.0.1', port: 0 }) as const;

describe.each([
  ['as a stream', overStreams(tcp)],
  ['directly', overDescriptors(tcp)],
])('the events of a listener, served %s, are those of node:http', (_path, serve) => {
  it.each(Object.entries(SCENES))('for %s', async (_title, scene) => {
    const expected = await overHttp(scene);
    expect(await overScgi(scene, serve)).toEqual(expected);
  });
});
