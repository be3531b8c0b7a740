import Module from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadPosix, posixUnavailable } from '../../../src/posix/libc.ts';
import { describeKernel } from './real-kernel.ts';

const fresh = () => {
  vi.resetModules();
  return import('../../../src/posix/libc.ts');
};

describe('where C functions cannot be called', () => {
  const { platform, arch } = process;
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const { _load: load } = loader;

  afterEach(() => {
    Object.defineProperty(process, 'platform', { value: platform });
    Object.defineProperty(process, 'arch', { value: arch });
    loader._load = load;
  });

  const breakKoffi = (message: string) => {
    Object.defineProperty(process, 'platform', { value: 'linux' });
    Object.defineProperty(process, 'arch', { value: 'x64' });
    loader._load = (request, ...rest) => {
      if (request === 'koffi') throw new Error(message);
      return load.call(Module, request, ...rest);
    };
  };

  it('names the platform', async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    const libc = await fresh();
    expect(libc.posixUnavailable()).toBe('native calls need Linux, and this is darwin');
    expect(libc.loadPosix).toThrow(expect.objectContaining({ code: 'ERR_SCGI_POSIX' }));
  });

  it('names the architecture', async () => {
    Object.defineProperty(process, 'platform', { value: 'linux' });
    Object.defineProperty(process, 'arch', { value: 's390x' });
    const libc = await fresh();
    expect(libc.posixUnavailable()).toBe('native calls need x64 or arm64, and this is s390x');
  });

  it('says in one line why the package is not there', async () => {
    breakKoffi("Cannot find module 'koffi'\nRequire stack:\n- /somewhere");
    const libc = await fresh();
    expect(libc.posixUnavailable()).toBe(
      "the package koffi cannot be loaded: Cannot find module 'koffi'",
    );
  });

  it('looks again at the next call, and finds it then', async () => {
    breakKoffi('not yet');
    const libc = await fresh();
    expect(libc.posixUnavailable()).toMatch('not yet');
    loader._load = load;
    Object.defineProperty(process, 'platform', { value: platform });
    Object.defineProperty(process, 'arch', { value: arch });
    expect(libc.posixUnavailable()).toBe(posixUnavailable());
  });
});

describeKernel('the C functions', () => {
  it('are loaded once', () => {
    expect(loadPosix()).toBe(loadPosix());
  });

  it('leave their error number behind', () => {
    const posix = loadPosix();
    expect(posix.close(-1)).toBe(-1);
    expect(posix.errno()).toBe(9);
    expect(posix.listen(-1, 1)).toBe(-1);
    expect(posix.errno()).toBe(9);
  });
});
