import { describe, expect, it } from 'vitest';
import { identify } from '../../../src/connection/request-identity.ts';
import { queryMask } from '../../../src/protocol/query-mask.ts';

const nextRequestId = () => 'made';
const idOf = (given: string) => identify({ HTTP_X_REQUEST_ID: given }, { nextRequestId }).id;

describe('the id of a request', () => {
  it.each([
    ['nginx', '5d41402abc4b2a76b9719d911017c592'],
    ['mod_unique_id of Apache', 'Z1fL@38AAQEAAEZ-7kMAAAAA'],
    ['a UUID', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    ['a trace context', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['a balancer of AWS', 'Root=1-67891233-abcdef012345678912345678'],
    ['Base64', 'q83vEjRWeJA+/w=='],
    ['the longest one', 'a'.repeat(128)],
  ])('is the one that %s has given it', (_who, id) => {
    expect(idOf(id)).toBe(id);
  });

  it.each([
    ['nothing', ''],
    ['what is too long', 'a'.repeat(129)],
    ['spaces', 'a b'],
    ['two headers', 'a, b'],
    ['control characters', 'a\nb'],
    ['a line end', 'a\n'],
    ['zero bytes', 'a\0b'],
    ['quotes', 'a"b'],
    ['other bytes', 'é'],
  ])('is made where %s was given', (_what, given) => {
    expect(idOf(given)).toBe('made');
    expect(identify({}, { nextRequestId }).id).toBe('made');
  });
});

describe('identify', () => {
  const env = {
    REQUEST_METHOD: 'GET',
    REQUEST_URI: '/a?key=1',
    PATH_INFO: '/a',
    REMOTE_ADDR: '192.0.2.1',
    HTTP_REFERER: 'http://a/?KEY=2',
  };

  it('names a request by its URI, or by its path', () => {
    expect(identify(env, { nextRequestId })).toMatchObject({ method: 'GET', uri: '/a?key=1' });
    expect(identify({ PATH_INFO: '/b' }, { nextRequestId }).uri).toBe('/b');
    expect(identify({}, { nextRequestId })).toMatchObject({ method: '', uri: '' });
  });

  it('masks the URI, and the page that it was asked from', () => {
    const options = { nextRequestId, maskQuery: queryMask(['key']), describesClient: true };
    expect(identify(env, options)).toMatchObject({
      uri: '/a?key=***',
      client: { referer: 'http://a/?KEY=***' },
    });
  });

  it('looks for the client only where somebody wants to know', () => {
    expect(identify(env, { nextRequestId }).client).toBeUndefined();
    const { client } = identify(env, { nextRequestId, describesClient: true });
    expect(client).toMatchObject({ address: '192.0.2.1', user: undefined });
  });
});
