// Requests as web servers and strangers send them, and whether they are requests at all.
// `\xNN`, `\r` and `\n` are escapes, see `unescapeBytes`.

export interface RequestVector {
  readonly id: string;
  readonly title: string;
  readonly bytes: string;
  /** 'accept', or the status hint of the rejection. */
  readonly verdict: 'accept' | 400 | 431;
}

/** Turns the escapes of a vector into the bytes that they stand for. */
export function unescapeBytes(text: string): Buffer {
  const bytes = text
    .replaceAll(String.raw`\r`, '\r')
    .replaceAll(String.raw`\n`, '\n')
    .replace(/\\x([0-9a-f]{2})/g, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1');
}

export const REQUEST_VECTORS: readonly RequestVector[] = [
  {
    id: 'Q01',
    title: 'spec example',
    bytes: String.raw`70:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,What is the answer to life?`,
    verdict: 'accept',
  },
  {
    id: 'Q02',
    title: 'minimal GET',
    bytes: String.raw`57:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q03',
    title: 'SCGI last (lighttpd order)',
    bytes: String.raw`71:CONTENT_LENGTH\x000\x00QUERY_STRING\x00\x00REQUEST_URI\x00/\x00REQUEST_METHOD\x00GET\x00SCGI\x001\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q04',
    title: 'SCGI in the middle (nginx order), empty CONTENT_TYPE/QUERY_STRING',
    bytes: String.raw`110:CONTENT_LENGTH\x000\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00QUERY_STRING\x00\x00CONTENT_TYPE\x00\x00SCGI\x001\x00SERVER_PROTOCOL\x00HTTP/1.1\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q05',
    title: 'leading zeros in CONTENT_LENGTH (mod_scgi copies the client text)',
    bytes: String.raw`61:CONTENT_LENGTH\x000005\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,hello`,
    verdict: 'accept',
  },
  {
    id: 'Q06',
    title: 'repeated client header (nginx < 1.23)',
    bytes: String.raw`119:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00HTTP_COOKIE\x00a=1\x00HTTP_COOKIE\x00b=2\x00HTTP_X_DUP\x00one\x00HTTP_X_DUP\x00two\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q08',
    title: 'identical duplicate SCGI and CONTENT_LENGTH (operator mistake in nginx)',
    bytes: String.raw`82:CONTENT_LENGTH\x005\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00SCGI\x001\x00CONTENT_LENGTH\x005\x00,hello`,
    verdict: 'accept',
  },
  {
    id: 'Q09',
    title:
      'second CONTENT_LENGTH empty (scgi_param CONTENT_LENGTH $content_length on a request without one)',
    bytes: String.raw`73:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00CONTENT_LENGTH\x00\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q11',
    title: 'duplicate REQUEST_METHOD, different values',
    bytes: String.raw`77:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00REQUEST_METHOD\x00POST\x00,`,
    verdict: 400,
  },
  {
    id: 'Q12',
    title: 'duplicate operator variable (SetEnv FOO twice)',
    bytes: String.raw`69:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00FOO\x00a\x00FOO\x00b\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q14',
    title: 'lower-case / dotted / dashed names',
    bytes: String.raw`107:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00proxy-scgi-pathinfo\x001\x00lower-case\x00x.y\x00HTTP_X.DOT\x00d\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q15',
    title: 'raw 8-bit and CR LF inside PATH_INFO (from %ff, %0d%0a)',
    bytes: String.raw`100:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/x/%ff%0d%0ab\x00SCRIPT_NAME\x00\x00PATH_INFO\x00/x/\xff\r\nb\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q16',
    title: 'absolute-form REQUEST_URI (Apache)',
    bytes: String.raw`108:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00http://abs.example:81/x/z?q\x00HTTP_HOST\x00abs.example:81\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q17',
    title: 'REQUEST_URI starting with //',
    bytes: String.raw`96:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00//evil.example/p\x00HTTP_HOST\x00front.example\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q19',
    title: 'REQUEST_URI with a malformed escape (lighttpd)',
    bytes: String.raw`85:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/x/a%\x00HTTP_HOST\x00front.example\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q20',
    title: 'REQUEST_URI absent, PATH_INFO present',
    bytes: String.raw`92:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00SCRIPT_NAME\x00/app\x00PATH_INFO\x00/a b\x00QUERY_STRING\x00q=1\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q21',
    title: 'REQUEST_METHOD lower case',
    bytes: String.raw`57:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00get\x00REQUEST_URI\x00/\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q22',
    title: 'TRACE',
    bytes: String.raw`59:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00TRACE\x00REQUEST_URI\x00/\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q23',
    title: 'GET with body',
    bytes: String.raw`57:CONTENT_LENGTH\x007\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00,getbody`,
    verdict: 'accept',
  },
  {
    id: 'Q24',
    title: 'HTTP/0.9 via nginx: empty SERVER_PROTOCOL',
    bytes: String.raw`74:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00SERVER_PROTOCOL\x00\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q27',
    title: 'CONTENT_LENGTH 0 with HTTP_CONTENT_LENGTH (nginx auth_request)',
    bytes: String.raw`80:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00HTTP_CONTENT_LENGTH\x008\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q28',
    title: 'leading zero in the netstring length',
    bytes: String.raw`070:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,What is the answer to life?`,
    verdict: 400,
  },
  {
    id: 'Q29',
    title: 'empty netstring',
    bytes: String.raw`0:,`,
    verdict: 400,
  },
  {
    id: 'Q30',
    title: 'no digits before the colon',
    bytes: String.raw`:CONTENT_LENGTH\x000\x00,`,
    verdict: 400,
  },
  {
    id: 'Q31',
    title: 'sign / space in the length',
    bytes: String.raw`+24:`,
    verdict: 400,
  },
  {
    id: 'Q32',
    title: 'length too long to be a header block',
    bytes: String.raw`99999999999:`,
    verdict: 431,
  },
  {
    id: 'Q34',
    title: 'wrong terminator',
    bytes: String.raw`57:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00;`,
    verdict: 400,
  },
  {
    id: 'Q35',
    title: 'block does not end with NUL',
    bytes: String.raw`56:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/,`,
    verdict: 400,
  },
  {
    id: 'Q37',
    title: 'empty name',
    bytes: String.raw`60:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00\x00v\x00,`,
    verdict: 400,
  },
  {
    id: 'Q38',
    title: 'CONTENT_LENGTH not first',
    bytes: String.raw`57:SCGI\x001\x00CONTENT_LENGTH\x000\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q39',
    title: 'CONTENT_LENGTH missing',
    bytes: String.raw`40:SCGI\x001\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q40a',
    title: 'CONTENT_LENGTH empty',
    bytes: String.raw`57:CONTENT_LENGTH\x00\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q40b',
    title: 'CONTENT_LENGTH plus sign',
    bytes: String.raw`59:CONTENT_LENGTH\x00+5\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q40c',
    title: 'CONTENT_LENGTH negative',
    bytes: String.raw`59:CONTENT_LENGTH\x00-1\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q40d',
    title: 'CONTENT_LENGTH leading space',
    bytes: String.raw`59:CONTENT_LENGTH\x00 5\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q40f',
    title: 'CONTENT_LENGTH hex',
    bytes: String.raw`60:CONTENT_LENGTH\x000x5\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q40g',
    title: 'CONTENT_LENGTH exponent',
    bytes: String.raw`60:CONTENT_LENGTH\x001e3\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q41',
    title: 'CONTENT_LENGTH above the configured body limit',
    bytes: String.raw`66:CONTENT_LENGTH\x00104857600\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/\x00,`,
    verdict: 'accept',
  },
  {
    id: 'Q42',
    title: 'SCGI missing (nginx without include scgi_params)',
    bytes: String.raw`41:CONTENT_LENGTH\x005\x00HTTP_HOST\x00front.example\x00,12345`,
    verdict: 400,
  },
  {
    id: 'Q43',
    title: 'SCGI has another value',
    bytes: String.raw`57:CONTENT_LENGTH\x000\x00SCGI\x002\x00REQUEST_METHOD\x00GET\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q44',
    title: 'REQUEST_METHOD missing',
    bytes: String.raw`38:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_URI\x00/\x00,`,
    verdict: 400,
  },
  {
    id: 'Q45',
    title: 'plain HTTP on the SCGI port (proxy_pass instead of scgi_pass)',
    bytes: String.raw`GET / HTTP/1.1\r\nHost: a\r\n\r\n`,
    verdict: 400,
  },
  {
    id: 'Q46',
    title: 'FastCGI record',
    bytes: String.raw`\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00`,
    verdict: 400,
  },
  {
    id: 'Q48',
    title: 'TLS ClientHello',
    bytes: String.raw`\x16\x03\x01\x02\x00\x01`,
    verdict: 400,
  },
];
