// Every row of the matrix behind the real Apache, by config/apache.conf.

import { describe } from 'vitest';
import { hasProgram, TRANSPORTS } from './front.ts';
import { APACHE_FRONT } from './matrix/fronts.ts';
import { runMatrix } from './matrix/run-matrix.ts';

const TITLE = 'the matrix by config/apache.conf';

describe.skipIf(!hasProgram('apache2', TITLE))('the matrix behind Apache', () => {
  for (const transport of TRANSPORTS) runMatrix(APACHE_FRONT, transport);
});
