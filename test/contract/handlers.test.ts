import type { HandlerKind } from './handler-contract.ts';
import { describeHandler } from './handler-contract.ts';

const KINDS: readonly HandlerKind[] = [
  { name: 'a function produce', handler: 'produce.mjs' },
  { name: 'a class', handler: 'class.mjs' },
  { name: 'a listener of node:http', handler: 'listener.mjs' },
  { name: 'a fetch handler', handler: 'fetch.mjs' },
  { name: 'an old CGI program', handler: 'cgilike.mjs' },
  {
    name: 'a CGI program',
    cgi: 'contract.pl',
    failure: 'contract.pl wrote no response and exited with code 1',
  },
];

for (const kind of KINDS) {
  for (const dispatch of ['native', 'portable']) describeHandler(kind, dispatch);
}
