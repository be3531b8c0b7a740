// What a worker that runs nothing may be waiting for, in words. Pure.

import { count } from '../count.ts';

/**
 * Names of Node's, those that mean something to whoever wrote the handler. Pipes are not among them: each
 * worker has some.
 */
const NOUNS: { readonly [resource: string]: string } = {
  FSReqCallback: 'file operation',
  FSReqPromise: 'file operation',
  GetAddrInfoReqWrap: 'name lookup',
  GetNameInfoReqWrap: 'name lookup',
  QueryReqWrap: 'name lookup',
  TCPConnectWrap: 'connection being made',
  PipeConnectWrap: 'connection being made',
  TCPSocketWrap: 'TCP connection',
  ProcessWrap: 'child process',
  Timeout: 'timer',
  UDPWrap: 'UDP socket',
  Zlib: 'compression',
  Worker: 'thread',
};

/**
 * Returns what is open, such as `2 timers`, most telling first.
 *
 * @param names - from `process.getActiveResourcesInfo()`
 */
export function openResources(names: readonly string[]): string[] {
  const nouns = new Set(Object.values(NOUNS));
  return [...nouns].flatMap((noun) => {
    const found = names.filter((name) => NOUNS[name] === noun).length;
    return found === 0 ? [] : [count(found, noun)];
  });
}
