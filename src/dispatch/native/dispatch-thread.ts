// The entry of the dispatch thread: orders in, reports out, and turns of the loop in between.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { InternalError } from '../../errors.ts';
import { DispatchLoop } from './dispatch-loop.ts';
import type { Order, ThreadSettings } from './orders.ts';

const port = parentPort;
if (port === null) throw new InternalError('the dispatch thread was not started as a thread');
const loop = new DispatchLoop(workerData as ThreadSettings, (report) => port.postMessage(report));

for (let isOpen = true; isOpen;) {
  for (
    let next = receiveMessageOnPort(port);
    next !== undefined && isOpen;
    next = receiveMessageOnPort(port)
  ) {
    const order = next.message as Order;
    loop.obey(order);
    isOpen = order.type !== 'close';
  }
  if (isOpen) loop.turn();
}
port.close();
