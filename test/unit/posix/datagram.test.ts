import path from 'node:path';
import { expect, it } from 'vitest';
import { sendDatagram } from '../../../src/posix/datagram.ts';
import { receiveNotifications } from '../../helpers/notify-receiver.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { describeKernel } from './real-kernel.ts';

describeKernel('a datagram', () => {
  it.each(['a path', 'a name that is no file'])('arrives whole, at %s', (kind) => {
    const receiver =
      kind === 'a path'
        ? receiveNotifications()
        : receiveNotifications(`@scgi-unit-${process.pid}`);
    const address = { kind: 'unix', path: receiver.name.replace(/^@/, '\0') } as const;
    expect(sendDatagram(address, 'one\ntwo')).toBe(true);
    expect(sendDatagram(address, 'three')).toBe(true);
    expect(receiver.messages()).toEqual(['one; two', 'three']);
  });

  it('waits for nobody: a full receiver is told', () => {
    const receiver = receiveNotifications();
    const address = { kind: 'unix', path: receiver.name } as const;
    let count = 0;
    while (sendDatagram(address, 'x') && count < 100_000) count++;
    expect(count).toBeLessThan(100_000);
    expect(receiver.messages().length).toBe(count);
    expect(sendDatagram(address, 'x')).toBe(true);
  });

  it('fails where nobody is', () => {
    const address = { kind: 'unix', path: path.join(tempDir(), 'none') } as const;
    expect(() => sendDatagram(address, 'x')).toThrow(/^connect on unix:.*\/none failed: ENOENT/);
  });
});
