import { describe, expect, it } from 'vitest';
import { MOST_FRAMES, pickFrames } from '../../../src/worker/stack-frames.ts';

const OWN = 'file:///opt/scgi-server/dist/';
const HANDLER = 'file:///srv/app/handler.mjs';

/** As V8 writes it, with what takes the stack on top. */
function pick(...frames: string[]): ReturnType<typeof pickFrames> {
  const top = ['scgi-server:sample:1:89', 'scgi-server:sample:1:215'];
  return pickFrames(['Error', ...[...top, ...frames].map((f) => `    at ${f}`)].join('\n'), OWN);
}

describe('the frames of a stack', () => {
  it('are those of the application, innermost first', () => {
    const picked = pick(
      `spin (${HANDLER}:3:7)`,
      `Module.produce (${HANDLER}:9:1)`,
      '/opt/scgi-server/dist/worker/entry.cjs:100:5',
      'AsyncResource.runInAsyncScope (node:async_hooks:206:9)',
      'Exchange.start (/opt/scgi-server/dist/worker/entry.cjs:90:5)',
    );
    expect(picked).toEqual({
      frames: ['spin (/srv/app/handler.mjs:3:7)', 'Module.produce (/srv/app/handler.mjs:9:1)'],
      place: 'spin (/srv/app/handler.mjs:3:7)',
    });
  });

  it('fold those of Node into the one that the application called', () => {
    const { frames, place } = pick(
      'Performance.hasOwnProperty (<anonymous>)',
      'Object.spawnSync (node:internal/child_process:1120:20)',
      'spawnSync (node:child_process:911:24)',
      `run (${HANDLER}:3:7)`,
      'Array.forEach (<anonymous>)',
      `all (${HANDLER}:9:1)`,
    );
    expect(frames).toEqual([
      'spawnSync (node:child_process:911:24)',
      'run (/srv/app/handler.mjs:3:7)',
      'Array.forEach (<anonymous>)',
      'all (/srv/app/handler.mjs:9:1)',
    ]);
    expect(place).toBe('spawnSync, called by run (/srv/app/handler.mjs:3:7)');
  });

  it('name a function of the language that the application called', () => {
    const { place } = pick('RegExp.test (<anonymous>)', `isMail (${HANDLER}:3:7)`);
    expect(place).toBe('RegExp.test, called by isMail (/srv/app/handler.mjs:3:7)');
  });

  it('go on behind an await, and need no function', () => {
    const { frames } = pick(
      `${HANDLER}:3:7`,
      `async later (${HANDLER}:4:1)`,
      `async ${HANDLER}:5:1`,
      'eval (eval at run (/srv/a (b)/x.js:1:2), <anonymous>:1:1)',
    );
    expect(frames).toEqual([
      '/srv/app/handler.mjs:3:7',
      'async later (/srv/app/handler.mjs:4:1)',
      'async (/srv/app/handler.mjs:5:1)',
      'eval (eval at run (/srv/a (b)/x.js:1:2), <anonymous>:1:1)',
    ]);
  });

  it('are all shown where none is of the application, which is then nowhere', () => {
    const frames = [
      'Socket.emit (node:events:1:2)',
      'a (/opt/scgi-server/dist/worker/entry.cjs:1:2)',
    ];
    expect(pick(...frames)).toEqual({ frames, place: undefined });
    expect(pick()).toEqual({ frames: [], place: undefined });
  });

  it('are bounded, in number and in length', () => {
    const { frames } = pick(
      ...Array.from({ length: 90 }, () => `${'f'.repeat(500)} (${HANDLER}:1:2)`),
    );
    expect(frames).toHaveLength(MOST_FRAMES);
    expect(frames[0]).toHaveLength(300);
  });

  it('are read from whatever an application makes of its stacks', () => {
    expect(pickFrames('[object Object]', OWN)).toEqual({ frames: [], place: undefined });
    expect(pick('f (file://%zz/x:1:2)').frames).toEqual(['f (file://%zz/x:1:2)']);
  });
});
