// The page as one document that needs nothing else. Pure.

import { createHash } from 'node:crypto';
import type { ServerStatus } from '../ops/server-status.ts';
import type { PageAssets } from './assets.ts';
import { toHtml } from './html.ts';
import { element } from './view/element.ts';
import { pageBody } from './view/page-body.ts';
import { FRESH } from './view/page-state.ts';
import { verdictOn } from './view/verdict.ts';

/** Without JavaScript the whole page is loaded again so often, seconds. */
const REFRESH_S = 5;

/** What a browser may do on this page: run its script, use its style, ask where it came from. */
export function contentSecurityPolicy({ style, script }: PageAssets): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export function renderDocument(status: ServerStatus, { style, script }: PageAssets): string {
  const { headline } = verdictOn(status, FRESH);
  const title = element('title', {}, `${headline} · scgi-server`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${toHtml(title)}
<link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="${REFRESH_S}"></noscript>
<style>${style}</style>
</head>
<body>
${toHtml(pageBody(status, FRESH))}
<p id="announcement" class="hidden" role="status"></p>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
