// Names the protocol that a wrongly configured web server speaks to an SCGI port.

/**
 * Tells from the first bytes of a connection which protocol is spoken instead of SCGI.
 *
 * @param start - what has arrived so far, at least one byte
 * @returns one sentence with the remedy, or `undefined` when the bytes are like nothing known
 */
export function recogniseForeignProtocol(start: Uint8Array): string | undefined {
  if (startsWith(start, 'PROXY ') || startsWith(start, '\r\n\r\n\0')) return PROXY_PROTOCOL;
  const first = start[0] ?? -1;
  switch (first) {
    case 0x00:
      return 'this looks like uwsgi: use scgi_pass instead of uwsgi_pass';
    case 0x01:
      return 'this looks like FastCGI: use scgi_pass instead of fastcgi_pass';
    case 0x16:
      return 'this looks like TLS: SCGI is spoken in the clear, the web server is what ends TLS';
    default:
      return isLetter(first)
        ? 'this looks like plain HTTP: use scgi_pass instead of proxy_pass'
        : undefined;
  }
}

const PROXY_PROTOCOL =
  'this looks like the PROXY protocol: do not send it to this port (nginx: proxy_protocol off)';

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

function isLetter(byte: number): boolean {
  // Bit 0x20 is the case of an ASCII letter.
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
