// A gateway that lasts as long as its test, and a plain HTTP client for it.

import { once } from 'node:events';
import { request, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { ListenAddress } from '../../../src/config/listen-address.ts';
import { startGateway, type RunningGateway } from '../../../src/http-gateway/gateway-server.ts';
import type { GatewaySettings } from '../../../src/http-gateway/messages.ts';
import { startResponder, type Exchange } from '../client/responder.ts';

export interface Gateway extends RunningGateway {
  reports: string[];
}

export async function gatewayTo(
  target: ListenAddress,
  settings: Partial<GatewaySettings> = {},
): Promise<Gateway> {
  const reports: string[] = [];
  const running = await startGateway({
    host: '127.0.0.1',
    port: 0,
    target,
    ...settings,
    report: (line) => reports.push(line),
  });
  onTestFinished(() => running.stop(0));
  return { ...running, reports };
}

/** A gateway to a server that answers as the test says. */
export async function gateway(answer: (exchange: Exchange) => unknown): Promise<Gateway> {
  return gatewayTo(await startResponder(answer));
}

export interface HttpOptions {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  agent?: Agent;
}

export interface HttpAnswer extends Pick<IncomingMessage, 'headers' | 'rawHeaders'> {
  status: number | undefined;
  reason: string | undefined;
  body: Buffer;
}

/** Begins a request; with an Expect header its body is left to the test. */
export function begin(
  url: string,
  { path = '/', body, ...options }: HttpOptions = {},
): ClientRequest {
  const outgoing = request(new URL(path, url), { agent: false, ...options });
  if (options.headers?.['Expect'] === undefined) outgoing.end(body);
  return outgoing;
}

export async function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}

export async function http(url: string, options: HttpOptions = {}): Promise<HttpAnswer> {
  const answer = await answerTo(begin(url, options));
  const { statusCode: status, statusMessage: reason, headers, rawHeaders } = answer;
  return { status, reason, headers, rawHeaders, body: await buffer(answer) };
}

/** Sends bytes over a plain connection and returns all that comes back. */
export async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(bytes, 'latin1');
  return (await buffer(socket)).toString('latin1');
}
