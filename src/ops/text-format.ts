// Turns one log record into one line of text for people. Pure. One event is one line always,
// whatever a message or a value contains: a peer must not be able to forge lines or steer a terminal.

/** One parsed line of the JSON log: what happened, and its fields. */
export interface LogRecord {
  readonly level: string;
  readonly msg?: string;
  /** Absent where somebody else adds time stamps. */
  readonly time?: string;
  readonly [field: string]: unknown;
}

/** How a record becomes text. */
export interface TextFormatOptions {
  /** Escape sequences for colours: only where a terminal shows them. */
  readonly colour: boolean;
}

// A table of the control characters that end a line or steer a terminal, C1 and the Unicode
// line separators included.
// oxlint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** Those of them that JSON takes as they are. */
// oxlint-disable-next-line no-control-regex
const CONTROLS_IN_JSON = /[\u007f-\u009f\u2028\u2029]/g;
/** What needs no quotes: no space, quote, backslash or `=`, nor anything to be escaped. */
// oxlint-disable-next-line no-control-regex
const BARE_VALUE = /^[^\s"\\=\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/;
const FRAME_SEPARATOR = ' | ';
const COLOURS: Record<string, number | undefined> = { debug: 90, info: 32, warn: 33, error: 31 };
const DIM = 90;

/**
 * Formats a record as `LEVEL message key=value …`, after its `time` when it has one.
 *
 * @returns the line, its line end included
 */
export function formatTextLine(record: LogRecord, { colour }: TextFormatOptions): string {
  const { level, time, msg, ...fields } = record;
  const paint = (text: string, code: number | undefined): string =>
    colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
  const parts = [
    ...(time === undefined ? [] : [paint(escapeControls(time), DIM)]),
    paint(level.padEnd(5), COLOURS[level]),
    escapeControls(msg ?? ''),
    ...Object.entries(fields).map(
      ([name, value]) => paint(`${escapeControls(name)}=`, DIM) + formatValue(name, value),
    ),
  ];
  return `${parts.join(' ')}\n`;
}

/** The same JSON, without the control characters that may stand in it as they are. */
export function escapeJson(json: string): string {
  return json.replace(CONTROLS_IN_JSON, (character) => `\\u${hex(character, 4)}`);
}

/** Replaces control characters by visible escapes: `\n`, `\x1b`, `\u2028`. */
export function escapeControls(text: string): string {
  return text.replace(CONTROL_CHARACTERS, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  return character > '\xff' ? `\\u${hex(character, 4)}` : `\\x${hex(character, 2)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

function formatValue(name: string, value: unknown): string {
  if (typeof value === 'string') return quoteUnlessBare(value);
  if (name === 'stack' && Array.isArray(value)) return quoteUnlessBare(value.join(FRAME_SEPARATOR));
  if (isErrorRecord(value)) return quoteUnlessBare(joinStack(value.stack));
  return escapeControls(JSON.stringify(value) ?? String(value));
}

function quoteUnlessBare(text: string): string {
  if (BARE_VALUE.test(text)) return text;
  return `"${escapeControls(text.replaceAll('\\', '\\\\').replaceAll('"', '\\"'))}"`;
}

function isErrorRecord(value: unknown): value is { stack: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stack' in value &&
    typeof value.stack === 'string'
  );
}

/** A stack over many lines becomes one: `Error: boom | at f (x.js:1:2) | caused by Error: …`. */
function joinStack(stack: string): string {
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(FRAME_SEPARATOR);
}
