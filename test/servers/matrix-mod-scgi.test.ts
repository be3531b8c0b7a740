// Every row of the matrix behind Apache with the original mod_scgi, by config/apache-mod-scgi.conf. Nobody
// packages that module: these tests run where the variable MOD_SCGI names a built mod_scgi.so.

import { describe } from 'vitest';
import { hasProgram } from './front.ts';
import { MOD_SCGI_FRONT } from './matrix/fronts.ts';
import { runMatrix } from './matrix/run-matrix.ts';

const TITLE = 'the matrix by config/apache-mod-scgi.conf';

function hasModule(): boolean {
  if (process.env['MOD_SCGI'] === undefined) {
    console.warn(`SKIPPED: MOD_SCGI names no built mod_scgi.so: "${TITLE}" cannot be tested`);
    return false;
  }
  return hasProgram('apache2', TITLE);
}

describe.skipIf(!hasModule())('the matrix behind mod_scgi', () => {
  runMatrix(MOD_SCGI_FRONT, 'TCP');
});
