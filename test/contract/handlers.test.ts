import type { HandlerKind } from './handler-contract.ts';
import { describeHandler } from './handler-contract.ts';
import { describeLargeBodies } from './large-body-contract.ts';
import { INETD_NOWAIT, INETD_WAIT, POOLS } from './ways-of-serving.ts';

const PRODUCE: HandlerKind = { name: 'a function produce', handler: 'produce.mjs' };
const LISTENER: HandlerKind = { name: 'a listener of node:http', handler: 'listener.mjs' };
const PROGRAM: HandlerKind = {
  name: 'a CGI program',
  cgi: 'contract.pl',
  failure: 'contract.pl wrote no response and exited with code 1',
};

const OTHERS: readonly HandlerKind[] = [
  { name: 'a class', handler: 'class.mjs' },
  { name: 'a fetch handler', handler: 'fetch.mjs' },
  { name: 'an old CGI program', handler: 'cgilike.mjs' },
];

for (const kind of [PRODUCE, LISTENER, PROGRAM, ...OTHERS]) {
  for (const way of [...POOLS, INETD_WAIT]) describeHandler(kind, way);
  for (const way of POOLS) describeLargeBodies(kind, way);
}

// Large bodies take their time: once for each kind is enough here.
for (const kind of [PRODUCE, LISTENER, PROGRAM]) {
  describeHandler(kind, INETD_NOWAIT);
  describeLargeBodies(kind, INETD_NOWAIT);
}
for (const kind of OTHERS) describeLargeBodies(kind, INETD_WAIT);
