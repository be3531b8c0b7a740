// Makes bytes of strangers safe to stand in a message or a log line.

const DEFAULT_LENGTH = 40;

/** Returns `text` in double quotes: printable ASCII kept, the rest escaped, cut after `length` characters. */
export function quote(text: string, length: number = DEFAULT_LENGTH): string {
  const shown = text.slice(0, length).replace(/[^ !#-[\]-~]/g, escapeCharacter);
  return text.length > length ? `"${shown}"...` : `"${shown}"`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (character === '\r') return '\\r';
  if (character === '\n') return '\\n';
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
}
