import fs from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DatagramSocket } from '../../../src/posix/datagram.ts';
import type { SocketAddress } from '../../../src/posix/socket-address.ts';
import { receiveNotifications } from '../../helpers/notify-receiver.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { describeKernel } from './real-kernel.ts';

function sender(address: SocketAddress): (message: string) => boolean {
  const socket = new DatagramSocket(address);
  onTestFinished(() => socket.close());
  return (message) => socket.send(message);
}

describeKernel('a datagram', () => {
  it.each(['a path', 'a name that is no file'])('arrives whole, at %s', (kind) => {
    const receiver =
      kind === 'a path'
        ? receiveNotifications()
        : receiveNotifications(`@scgi-unit-${process.pid}`);
    const address = { kind: 'unix', path: receiver.name.replace(/^@/, '\0') } as const;
    const send = sender(address);
    expect(send('one\ntwo')).toBe(true);
    expect(send('three')).toBe(true);
    expect(receiver.messages()).toEqual(['one; two', 'three']);
  });

  it('waits for nobody: a full receiver is told', () => {
    const receiver = receiveNotifications();
    const send = sender({ kind: 'unix', path: receiver.name });
    let count = 0;
    while (send('x') && count < 100_000) count++;
    expect(count).toBeLessThan(100_000);
    expect(receiver.messages().length).toBe(count);
    expect(send('x')).toBe(true);
  });

  it('arrives at whoever has the name now', () => {
    const first = receiveNotifications();
    const send = sender({ kind: 'unix', path: first.name });
    expect(send('one')).toBe(true);
    fs.unlinkSync(first.name);
    const second = receiveNotifications(first.name);
    expect(send('two')).toBe(true);
    expect([first.messages(), second.messages()]).toEqual([['one'], ['two']]);
  });

  it('fails where nobody is', () => {
    const send = sender({ kind: 'unix', path: path.join(tempDir(), 'none') });
    expect(() => send('x')).toThrow(/^connect on unix:.*\/none failed: ENOENT/);
  });
});
