// The "./protocol" entry of the package: SCGI and CGI response heads as pure code over bytes, no input or output.
// SCGI: https://python.ca/scgi/protocol.txt, CGI: https://www.rfc-editor.org/rfc/rfc3875

export type { Environment } from './environment.ts';
export type { FrontRules } from './front-rules.ts';
export type { RequestHead } from './header-block.ts';
export { decodeHeaderBlock, encodeHeaderBlock, UNBUFFERED_UPLOAD_HINT } from './header-block.ts';
export type { RequestTarget } from './meta-variables.ts';
export { headersFromEnvironment, requestTarget } from './meta-variables.ts';
export { encodeNetstring } from './netstring.ts';
export type { ProtocolErrorDetails } from './protocol-error.ts';
export { ProtocolError, ResponseError } from './protocol-error.ts';
export { encodeRequest } from './request-encoder.ts';
export type { ParsedRequest } from './request-parser.ts';
export { DEFAULT_MAX_HEADER_BYTES, RequestParser } from './request-parser.ts';
export { ResponseComposer } from './response-composer.ts';
export { validateField } from './response-field.ts';
export type { ResponseHead } from './response-head-builder.ts';
export {
  createResponseHead,
  encodeResponseHead,
  findHeadEnd,
  MAX_RESPONSE_HEAD_BYTES,
  parseResponseHead,
} from './response-head.ts';
