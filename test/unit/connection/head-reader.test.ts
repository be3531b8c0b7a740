import { expect, it } from 'vitest';
import { HeadReader } from '../../../src/connection/head-reader.ts';
import type { Transport, TransportListener } from '../../../src/connection/transport.ts';
import { encodeScgi } from '../../helpers/scgi-peer.ts';

it('does not call a header block slow that came whole while the transport was told to resume', () => {
  const whole = encodeScgi({ REQUEST_METHOD: 'GET', REQUEST_URI: '/' });
  let listener: TransportListener | undefined;
  const transport = {
    attach: (attached: TransportListener) => (listener = attached),
    resume: () => listener?.received(whole),
    pause: () => {},
  } as unknown as Transport;
  const told: string[] = [];
  const owner = {
    headRead: ({ type }: { type: string }) => told.push(type),
    headSlow: () => told.push('slow'),
  };
  new HeadReader(transport, { headerTimeout: 1_000, maxHeaderSize: 65_536 }, owner).read(undefined);
  expect(told).toEqual(['request']);
});
