// Every row of the matrix behind the real nginx, by config/nginx.conf.

import { describe } from 'vitest';
import { hasProgram, TRANSPORTS } from './front.ts';
import { NGINX_FRONT } from './matrix/fronts.ts';
import { runMatrix } from './matrix/run-matrix.ts';

const TITLE = 'the matrix by config/nginx.conf';

describe.skipIf(!hasProgram('nginx', TITLE))('the matrix behind nginx', () => {
  for (const transport of TRANSPORTS) runMatrix(NGINX_FRONT, transport);
});
