// The built-in demo: shows the request that arrived, as text, or as a page to a browser.
// Whatever the request contains is shown escaped: it may come from anybody.

import type { Readable } from 'node:stream';
import type { Handler, Produce } from './handler.ts';
import type { DemoReport } from './demo-page.ts';
import { renderDemoPage } from './demo-page.ts';
import { sendPage } from './page.ts';

/** A longer body is left to the server, which drains or cuts it. */
const MAX_READ_BYTES = 1024 * 1024;
const MAX_SHOWN_BYTES = 1024;

// The contract has five parameters.
// oxlint-disable-next-line max-params
const produce: Produce = async (env, bodySize, input, output, context) => {
  const start = bodySize <= MAX_READ_BYTES ? await readStart(input) : Buffer.alloc(0);
  const isBodyCut = bodySize > start.length;
  const report: DemoReport = {
    parameters: Object.entries(env).map(([name, value = '']) => [show(name), show(value)]),
    method: show(env['REQUEST_METHOD'] ?? 'GET'),
    bodySize,
    bodyStart: readable(start, isBodyCut),
    isBodyCut,
    slot: context.workerId,
    pid: process.pid,
  };
  const html = (): string => renderDemoPage(report);
  sendPage(env, output, { status: '200 OK', html, text: () => renderText(report) });
};

/** The handler that serves when none is given. */
export const demoHandler: Handler = { produce };

/** Reads the whole body, so that the connection can be closed cleanly; keeps its start. */
async function readStart(input: Readable): Promise<Buffer> {
  const kept: Buffer[] = [];
  let missing = MAX_SHOWN_BYTES;
  for await (const chunk of input) {
    const piece = (chunk as Buffer).subarray(0, missing);
    if (piece.length > 0) kept.push(piece);
    missing -= piece.length;
  }
  return Buffer.concat(kept);
}

function renderText(report: DemoReport): string {
  const { parameters, bodySize, bodyStart, isBodyCut, slot, pid } = report;
  const lines = parameters.map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`);
  const body = bodyStart === '' ? [] : ['', bodyStart + (isBodyCut ? '…' : '')];
  return [
    `scgi-server works: worker ${slot} (process ${pid}) answers, request body ${bodySize} bytes.`,
    '',
    ...lines,
    ...body,
    '',
  ].join('\n');
}

function show(latin1: string): string {
  return readable(Buffer.from(latin1, 'latin1'));
}

/** Bytes become UTF-8 text where they are that; control characters other than line ends show. */
function readable(bytes: Buffer, isCut: boolean = false): string {
  return decode(bytes, isCut).replaceAll(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function decode(bytes: Buffer, isCut: boolean): string {
  try {
    // What is cut may end within a character, which `stream` forgives.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: isCut,
    });
  } catch {
    // not UTF-8: each byte stands for itself
    return bytes.toString('latin1');
  }
}

function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
