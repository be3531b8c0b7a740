// Looks at one answer before many are counted: a wrong one would be measured as a fast one.

import { httpRequest } from '../helpers/load.ts';
import { rawExchange } from '../helpers/scgi-peer.ts';
import { makeRequest } from './load/request.ts';
import type { Row } from './rows.ts';
import type { Stand } from './stand.ts';

/**
 * Sends the request of `row` once.
 *
 * @returns the size of the whole answer, bytes
 * @throws if it is not the right one
 */
export async function checkAnswer({ address, url }: Stand, row: Row): Promise<number> {
  const { path } = row.request;
  if (url !== undefined) {
    const { status, body } = await httpRequest(url + path);
    if (status === 200 && body.length === row.answer) return body.length;
    throw new Error(`it answers ${path} with ${status} and ${body.length} bytes`);
  }
  const { bytes } = await rawExchange(address, makeRequest(row.request));
  const head = bytes.indexOf('\r\n\r\n') + '\r\n\r\n'.length;
  const isOk = bytes.subarray(0, head).toString('latin1').startsWith('Status: 200');
  if (isOk && bytes.length - head === row.answer) return bytes.length;
  throw new Error(`it answers ${path} with: ${bytes.toString('latin1', 0, 200)}`);
}
