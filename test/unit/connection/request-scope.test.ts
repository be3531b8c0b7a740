import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { currentRequest, newRequestScope } from '../../../src/connection/request-scope.ts';

describe('the context of a request', () => {
  it('knows its id in all that comes of it, several at once', async () => {
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((id) =>
        newRequestScope(id).runInAsyncScope(async () => {
          const first = currentRequest();
          await delay(5);
          await Promise.resolve();
          return [first, currentRequest()];
        }),
      ),
    );
    expect(seen).toEqual(['a', 'b', 'c'].map((id) => [id, id]));
    expect(currentRequest()).toBeUndefined();
  });

  it('is that of the innermost where one begins while another ends', () => {
    newRequestScope('outer').runInAsyncScope(() => {
      const inner = newRequestScope('inner');
      expect(inner.runInAsyncScope(currentRequest)).toBe('inner');
      expect(currentRequest()).toBe('outer');
    });
  });

  it('inherits nothing', () => {
    const storage = new AsyncLocalStorage<string>();
    const scope = storage.run('left', () => newRequestScope('a'));
    expect(scope.runInAsyncScope(() => storage.getStore())).toBeUndefined();
    scope.runInAsyncScope(() => storage.enterWith('mine'));
    expect(newRequestScope('b').runInAsyncScope(() => storage.getStore())).toBeUndefined();
  });
});
