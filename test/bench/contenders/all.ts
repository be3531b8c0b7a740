// Who is measured.

import { EXPRESS_CLUSTER } from './applications.ts';
import type { Contender } from './contender.ts';
import { GUNICORN, NODE_CLUSTER } from './over-http.ts';
import { PHP_FPM } from './php-fpm.ts';
import { NATIVE, PORTABLE, TCP } from './scgi-server.ts';
import { UWSGI } from './uwsgi.ts';

export const CONTENDERS: readonly Contender[] = [
  NATIVE,
  PORTABLE,
  TCP,
  UWSGI,
  PHP_FPM,
  GUNICORN,
  NODE_CLUSTER,
];

/** Ratios are to the first of these that a row has, or else to the row's first contender. */
export const REFERENCES: readonly string[] = [UWSGI.name, NODE_CLUSTER.name, EXPRESS_CLUSTER.name];
