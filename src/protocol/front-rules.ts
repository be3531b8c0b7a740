// What the server does with a response for the sake of the web server in front, where web servers act
// on a field of it instead of passing it on.

export interface FrontRules {
  /** When a `Location` that begins with a slash gets scheme and host; `auto`: see `needsHost`. */
  readonly absoluteRedirects: 'auto' | 'always' | 'never';
  /** The web server that may be told of a file to send in place of a body. */
  readonly sendfile: 'off' | 'nginx' | 'apache' | 'lighttpd';
}
