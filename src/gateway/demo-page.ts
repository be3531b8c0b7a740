// The demo's page for browsers. Pure. One file without external resources, light or dark as the
// reader prefers, readable on a phone.

import { escapeHtml } from '../escape-html.ts';

/** What the demo shows of a request. */
export interface DemoReport {
  /** Readable names and values, in the order sent. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly method: string;
  readonly bodySize: number;
  /** The first bytes of the body as text; empty when there is none. */
  readonly bodyStart: string;
  /** Whether the body goes on after `bodyStart`. */
  readonly isBodyCut: boolean;
  readonly slot: number;
  readonly pid: number;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #2a8f5c; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem; max-width: 54rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; }
h1::before { content: '✓ '; color: var(--accent); }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
code, pre, td { font-family: ui-monospace, monospace; font-size: .9rem; }
pre { padding: .8rem 1rem; overflow-x: auto; background: var(--soft); border-radius: .4rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
th { font-weight: 600; font-size: .85rem; }
td { overflow-wrap: anywhere; }
@media (max-width: 36rem) { th, td { display: block; padding: .2rem 0; } td { border-top: 0; padding-top: 0; } }
`;

const FIRST_HANDLER = `// handler.js
export const produce = async (env, bodySize, input, output) => {
  output.write('Status: 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n');
  output.write(\`Hello \${env.REMOTE_ADDR}\\n\`);
};`;

/** Renders the page that shows a request. */
export function renderDemoPage(report: DemoReport): string {
  const { parameters, method, bodySize, slot, pid } = report;
  const target = parameters.find(([name]) => name === 'REQUEST_URI')?.[1] ?? '/';
  const rows = parameters.map(
    ([name, value]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>scgi-server works</title>
<style>${STYLE}</style>
</head>
<body>
<h1>scgi-server works</h1>
<p>Your request <code>${escapeHtml(`${method} ${target}`)}</code> arrived and was answered by
worker ${slot} (process ${pid}) with the built-in demo handler.</p>
<h2>Your own handler</h2>
<pre>${escapeHtml(FIRST_HANDLER)}</pre>
<p>Serve it with <code>scgi-server handler.js</code>.</p>
<h2>Parameters of the request</h2>
<table>
${rows.join('\n')}
</table>
<h2>Body of the request</h2>
<p>${bodySize === 1 ? '1 byte' : `${bodySize} bytes`}</p>
${renderBody(report)}</body>
</html>
`;
}

function renderBody({ bodyStart, isBodyCut }: DemoReport): string {
  if (bodyStart === '') return '';
  // A line break directly after <pre> would be swallowed; this one is meant to be.
  return `<pre>\n${escapeHtml(bodyStart)}${isBodyCut ? '…' : ''}</pre>\n`;
}
