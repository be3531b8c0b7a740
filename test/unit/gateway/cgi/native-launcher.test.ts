import type Net from 'node:net';
import { Readable } from 'node:stream';
import { beforeAll, expect, it, vi } from 'vitest';
import { NativeLauncher } from '../../../../src/gateway/cgi/native/native-launcher.ts';
import { posixUnavailable } from '../../../../src/posix/libc.ts';
import { describeKernel, openDescriptors } from '../../posix/real-kernel.ts';

/** As Node does when it is out of memory, which no test could bring about. */
let failsForSockets = false;

vi.mock('node:net', async (importOriginal) => {
  const net = await importOriginal<typeof Net>();
  class Socket extends net.Socket {
    constructor(options: ConstructorParameters<typeof net.Socket>[0]) {
      if (failsForSockets) throw new Error('no socket');
      super(options);
    }
  }
  return { ...net, Socket };
});

let launcher: NativeLauncher;

// Before descriptors are counted: it keeps one for its whole life.
beforeAll(() => {
  if (posixUnavailable() === undefined) launcher = new NativeLauncher();
});

describeKernel('the native launcher', () => {
  it('leaves no pipe open when there is no stream to be had for the body', () => {
    const program = { file: '/bin/true', directory: '/', args: ['true'], title: 'true' };
    const launch = { program, env: [], input: Readable.from(['body']) };
    const unheard = { wroteAll() {}, complained() {}, stays() {}, ended() {}, notStarted() {} };
    const owner = { wrote: () => true, ...unheard };
    const before = openDescriptors();
    failsForSockets = true;
    expect(() => launcher.start(launch, owner)).toThrow('no socket');
    expect(openDescriptors()).toEqual(before);
  });
});
