// What requests and answers carry: bytes that follow from a token and a size, so that both ends can
// check every one of them, and that no two requests share.

/** As long as the shortest answer that is not empty. */
export const TOKEN_LENGTH = 12;

/** Two megabytes that look random, the same in every process. */
const NOISE_BYTES = 2 * 1024 * 1024;
const NOISE = makeNoise();

/** The body of the answer to the request of this token. */
export const answerBody = (token, size) => content(token, size, 1);

/** The body of that request. */
export const requestBody = (token, size) => content(token, size, 2);

/** The token, then a stretch of the noise that begins where token and salt say; cut to `size`. */
function content(token, size, salt) {
  const bytes = Buffer.allocUnsafe(size);
  bytes.write(token, 0, 'latin1');
  if (size <= token.length) return bytes;
  const rest = size - token.length;
  NOISE.copy(bytes, token.length, startOf(token, salt) % (NOISE_BYTES - rest));
  return bytes;
}

/** FNV-1a, see http://www.isthe.com/chongo/tech/comp/fnv/ */
function startOf(token, salt) {
  let hash = 0x811c9dc5 ^ salt;
  for (let n = 0; n < token.length; n++) {
    hash = Math.imul(hash ^ token.charCodeAt(n), 0x01000193);
  }
  return hash >>> 0;
}

function makeNoise() {
  const words = new Uint32Array(NOISE_BYTES / 4);
  let state = 0x9e3779b9;
  for (let n = 0; n < words.length; n++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[n] = state;
  }
  return Buffer.from(words.buffer);
}
