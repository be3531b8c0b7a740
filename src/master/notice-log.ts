// What the log says of connections that could not be served, and how often.

import { describeNotice } from '../dispatch/describe-notice.ts';
import type { DispatchNotice } from '../dispatch/dispatcher.ts';
import type { Logger } from '../ops/logger.ts';
import { LogThrottle } from '../ops/log-throttle.ts';

export class NoticeLog {
  readonly #log: Logger;
  readonly #throttle = new LogThrottle();

  constructor(log: Logger) {
    this.#log = log;
  }

  tell(notice: DispatchNotice): void {
    this.#throttle.note(notice.type, (times) => {
      const { level, message } = describeNotice(notice, times);
      this.#log[level](message);
    });
  }

  /** Tells what it has kept back. */
  flush(): void {
    this.#throttle.flush();
  }
}
