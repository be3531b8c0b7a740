import { describe, expect, it } from 'vitest';
import { Places, TakenPlace } from '../../../src/dispatch/places.ts';

function holder(places: Places): { place: TakenPlace; events: string[] } {
  const events: string[] = [];
  const place = new TakenPlace(places, {
    left: () => events.push('left'),
    resumed: () => events.push('resumed'),
    answering: () => events.push('answering'),
    answered: () => events.push('answered'),
    done: (hadLeft) => events.push(hadLeft ? 'done, had left' : 'done'),
  });
  places.take();
  return { place, events };
}

describe('the places of a worker', () => {
  it('are free again when a connection is done', () => {
    const places = new Places(1);
    const { place, events } = holder(places);
    expect([places.isFull, places.isEmpty]).toEqual([true, false]);
    place.resume(() => events.push('started'));
    place.done();
    expect(events).toEqual(['started', 'done']);
    expect([places.isFull, places.isEmpty]).toEqual([false, true]);
  });

  it('can be left, and taken again in turn', () => {
    const places = new Places(1);
    const one = holder(places);
    one.place.leave();
    one.place.leave();
    expect([places.isFull, places.isEmpty]).toEqual([false, false]);
    const two = holder(places);
    one.place.resume(() => one.events.push('started'));
    expect(one.events).toEqual(['left']);
    two.place.done();
    expect(one.events).toEqual(['left', 'resumed', 'started']);
    expect(places.taken).toBe(1);
    one.place.done();
    expect(one.events).toEqual(['left', 'resumed', 'started', 'done, had left']);
    expect(places.isEmpty).toBe(true);
  });

  it('are not taken by one that is done while it waits for its turn', () => {
    const places = new Places(1);
    const one = holder(places);
    one.place.leave();
    const two = holder(places);
    one.place.resume(() => one.events.push('started'));
    one.place.done();
    two.place.done();
    expect(one.events).toEqual(['left', 'done, had left']);
    expect([places.taken, places.isEmpty]).toEqual([0, true]);
  });

  it('are kept when too many have been left', () => {
    const places = new Places(1);
    for (let i = 0; i < 1_000; i++) holder(places).place.leave();
    const { place, events } = holder(places);
    place.leave();
    expect(places.isFull).toBe(true);
    place.resume(() => events.push('started'));
    place.done();
    expect(events).toEqual(['started', 'done']);
  });

  it('start as many as wait, however quickly they are done', () => {
    const places = new Places(1);
    const { place } = holder(places);
    let started = 0;
    for (let i = 0; i < 10_000; i++) {
      places.takeInTurn(() => {
        started++;
        places.free();
      });
    }
    place.done();
    expect([started, places.isEmpty]).toEqual([10_000, true]);
  });
});
