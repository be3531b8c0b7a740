import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { pathInside } from '../../src/path-inside.ts';
import { tempDir } from '../helpers/temp-dir.ts';

function createRoot(): string {
  const root = tempDir();
  fs.mkdirSync(path.join(root, 'srv/releases/5'), { recursive: true });
  fs.writeFileSync(path.join(root, 'srv/releases/5/app.mjs'), '');
  fs.symlinkSync('/srv/releases/5', path.join(root, 'srv/current'));
  fs.symlinkSync('releases/5', path.join(root, 'srv/relative'));
  fs.symlinkSync('../../../../../etc/passwd', path.join(root, 'srv/out'));
  fs.symlinkSync('loop', path.join(root, 'srv/loop'));
  return root;
}

it.each([
  ['/srv/releases/5/app.mjs', '/srv/releases/5/app.mjs'],
  ['/srv/current/app.mjs', '/srv/releases/5/app.mjs'],
  ['/srv/relative/app.mjs', '/srv/releases/5/app.mjs'],
  ['/srv/current/../4/app.mjs', '/srv/releases/4/app.mjs'],
  ['/../../srv/./current/', '/srv/releases/5/'],
  ['/srv/out', '/etc/passwd'],
  ['/none/at/all', '/none/at/all'],
  ['/srv/loop', '/srv/loop'],
  ['/', ''],
])('takes %s for %s inside of the root', (given, inside) => {
  const root = createRoot();
  expect(pathInside(root, given)).toBe(inside === '' ? root : path.join(root, inside));
});
