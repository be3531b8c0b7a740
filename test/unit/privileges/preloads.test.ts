import { expect, it } from 'vitest';
import { findPreload } from '../../../src/privileges/preloads.ts';

it.each([
  [['--require=./a.cjs'], undefined, '--node-arg --require=./a.cjs'],
  [['-r', './a.cjs'], undefined, '--node-arg -r'],
  [['--max-old-space-size=64', '--import', 'a'], '--require b', '--node-arg --import'],
  [['--experimental_loader=x'], undefined, '--node-arg --experimental_loader=x'],
  [['--inspect-brk=9229'], undefined, '--node-arg --inspect-brk=9229'],
  [['--env-file=.env'], undefined, '--node-arg --env-file=.env'],
  [[], '--loader ./a.mjs', 'NODE_OPTIONS --loader'],
  [[], '--enable-source-maps  --require="./a b.cjs"', 'NODE_OPTIONS --require='],
])('finds what %j and %j load', (nodeArgs, options, found) => {
  expect(findPreload(nodeArgs, options)).toBe(found);
});

it.each([
  [[], undefined],
  [[], ''],
  [['--max-old-space-size=64', '--enable-source-maps'], '--trace-warnings --stack-trace-limit=50'],
  [['--requirements'], '--import-nothing'],
])('finds nothing in %j and %j', (nodeArgs, options) => {
  expect(findPreload(nodeArgs, options)).toBeUndefined();
});
