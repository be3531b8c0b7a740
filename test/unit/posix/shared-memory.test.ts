import fs from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createSharedMemory, mapSharedMemory } from '../../../src/posix/shared-memory.ts';
import { describeKernel, owned, startChild } from './real-kernel.ts';

describeKernel('shared memory', () => {
  it('is seen by another process, atomically', { timeout: 20_000 }, async () => {
    const memory = owned(createSharedMemory('scoreboard', 4096));
    const words = new Int32Array(mapSharedMemory(memory, 4096));
    expect(words.every((word) => word === 0)).toBe(true);
    Atomics.store(words, 0, 1234);
    const child = startChild('share', [memory.fd]);
    let mine = 0;
    for (; Atomics.load(words, 1) === 0; mine++) {
      Atomics.add(words, 2, 1);
      if (mine % 1_000 === 0) await new Promise(setImmediate);
    }
    for (let i = 0; i < 100_000; i++, mine++) Atomics.add(words, 2, 1);
    expect(await child.report()).toBe(1234);
    expect(Atomics.load(words, 1)).toBe(4711);
    expect(Atomics.load(words, 2)).toBe(mine + 100_000);
    await child.exited;
  });

  it('stays when its descriptor is closed and its buffer collected', () => {
    const memory = createSharedMemory('lasting', 8192);
    const view = new DataView(mapSharedMemory(memory, 8192));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let i = 0; i < 3; i++) {
      new Uint8Array(mapSharedMemory(memory, 8192))[i] = i + 1; // a second view, dropped at once
      collect();
    }
    memory.close();
    collect();
    view.setFloat64(8184, 1.5, true);
    expect(view.getFloat64(8184, true)).toBe(1.5);
    expect([0, 1, 2].map((i) => view.getUint8(i))).toEqual([1, 2, 3]);
    expect(fs.readFileSync('/proc/self/maps', 'utf8')).toMatch('/memfd:lasting');
  });

  it('cannot be cut under the feet of those who map it', () => {
    const memory = owned(createSharedMemory('sealed', 4096));
    expect(() => fs.ftruncateSync(memory.fd, 0)).toThrow(
      expect.objectContaining({ code: 'EPERM' }),
    );
    expect(() => fs.ftruncateSync(memory.fd, 9999)).toThrow(
      expect.objectContaining({ code: 'EPERM' }),
    );
  });

  it('is not mapped beyond its end', () => {
    const memory = owned(createSharedMemory('small', 4096));
    expect(() => mapSharedMemory(memory, 4097)).toThrow('small has 4096 bytes, not 4097');
  });

  it('says what failed', () => {
    expect(() => createSharedMemory('x'.repeat(300), 1)).toThrow(
      expect.objectContaining({ call: 'memfd_create', errno: 'EINVAL' }),
    );
    expect(() => createSharedMemory('endless', -1)).toThrow(
      expect.objectContaining({ call: 'ftruncate', errno: 'EINVAL', subject: 'endless' }),
    );
    expect(() => mapSharedMemory(owned(createSharedMemory('empty', 0)), 0)).toThrow(
      expect.objectContaining({ call: 'mmap', errno: 'EINVAL', subject: 'empty' }),
    );
  });
});
