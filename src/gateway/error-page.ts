// What answers in the place of a handler that does not load, while somebody is working on it: a page with
// the error. It shows paths and code to whoever asks, so it is for development alone.

import type { Handler } from './handler.ts';
import { escapeHtml } from '../escape-html.ts';
import { sendPage } from './page.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #c334; --accent: #c33; }
body { margin: 0 auto; padding: 2rem 1rem; max-width: 64rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; color: var(--accent); }
pre { padding: .8rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; font-size: .9rem; }
`;

const TITLE = 'The handler does not load';
const HINT = 'Every request gets this page until one of the files is changed (--watch).';

/** What went wrong; `stack` has the causes as well. */
export interface LoadError {
  readonly message: string;
  readonly stack: string;
}

/** Returns a handler that answers everything with 500 and the error. */
export function errorPage({ message, stack }: LoadError): Handler {
  const text = (): string => `${TITLE}\n\n${message}\n\n${stack}\n\n${HINT}\n`;
  const html = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${TITLE}</h1>
<p>${escapeHtml(message)}</p>
<pre>
${escapeHtml(stack)}</pre>
<p>${HINT}</p>
</body>
</html>
`;
  return {
    // The contract's shape.
    // oxlint-disable-next-line max-params
    produce: (env, _bodySize, _input, output) =>
      sendPage(env, output, { status: '500 Internal Server Error', html, text }),
  };
}
