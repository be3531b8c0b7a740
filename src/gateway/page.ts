// Pages that the server itself shows: HTML to browsers, text to everybody else. Pure but for the sending.

import type { Writable } from 'node:stream';
import type { Environment } from './handler.ts';

/** A page in both forms, whole documents. */
export interface Page {
  /** Code and reason, as in `200 OK`. */
  status: string;
  html(): string;
  text(): string;
}

/** Sends a page that is never kept by anybody, in the form that the request asks for. */
export function sendPage(env: Environment, output: Writable, page: Page): void {
  const isHtml = (env['HTTP_ACCEPT'] ?? '').toLowerCase().includes('text/html');
  const body = Buffer.from(isHtml ? page.html() : page.text());
  output.write(
    `Status: ${page.status}\r\n` +
      `Content-Type: text/${isHtml ? 'html' : 'plain'}; charset=utf-8\r\n` +
      `Content-Length: ${body.length}\r\n` +
      'Cache-Control: no-store\r\n' +
      'Vary: Accept\r\n' +
      'X-Content-Type-Options: nosniff\r\n' +
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n",
  );
  output.end(env['REQUEST_METHOD'] === 'HEAD' ? undefined : body);
}
