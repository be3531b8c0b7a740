// The page in the browser: asks the server once a second, and shows what it answers.

import type { ServerStatus } from '../../ops/server-status.ts';
import type { PageElement } from '../view/element.ts';
import { newestBucket } from '../view/history.ts';
import { inWords, PAGE_ID, pageBody } from '../view/page-body.ts';
import { FRESH, type PageState } from '../view/page-state.ts';
import type { Verdict } from '../view/verdict.ts';
import { verdictOn } from '../view/verdict.ts';
import { ask } from './ask.ts';
import { followArrows, keepOneStop } from './cell-keys.ts';
import { followPointer, toMoment } from './moments.ts';
import { createNode, patchElement } from './patch.ts';
import { withHeldSamples } from './samples.ts';
import { showInTab } from './tab-sign.ts';

const EVERY_MS = 1_000;

class StatusPage {
  #status: ServerStatus | undefined;
  #state: PageState = FRESH;
  /** What is shown, once that is ours. */
  #shown: { node: Element; tree: PageElement } | undefined;
  /** What has been said of the verdict. */
  #said: Pick<Verdict, 'level' | 'headline'> | undefined;
  #timer: number | undefined;
  #isAsking = false;

  start(): void {
    document.documentElement.classList.add('live');
    document.addEventListener('visibilitychange', () => this.#askSoon(0));
    document.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('.pause') !== null) this.#pause();
    });
    followPointer((share) => this.#point(share));
    followArrows();
    this.#askSoon(0);
  }

  #askSoon(delay: number): void {
    clearTimeout(this.#timer);
    if (document.hidden || this.#state.isPaused) return;
    this.#timer = setTimeout(() => void this.#ask(), delay);
  }

  async #ask(): Promise<void> {
    // Told to ask at once while an answer is on its way.
    if (this.#isAsking) return;
    this.#isAsking = true;
    const answer = await ask(this.#status?.samples.at(-1)?.at ?? 0);
    this.#isAsking = false;
    // Stopped while it was on its way: what is shown stays as it is.
    if (this.#state.isPaused) return;
    if ('status' in answer) this.#hear(answer.status);
    else this.#change({ lost: { reason: answer.problem } });
    this.#askSoon(EVERY_MS);
  }

  #hear(fresh: ServerStatus): void {
    // The page of another version may show something else.
    if (this.#status !== undefined && this.#status.version !== fresh.version) location.reload();
    this.#status = withHeldSamples(this.#status, fresh);
    this.#change({ lost: undefined });
  }

  #pause(): void {
    this.#change({ isPaused: !this.#state.isPaused });
    this.#askSoon(0);
  }

  #point(share: number | undefined): void {
    if (this.#status === undefined) return;
    const moment = toMoment(share, newestBucket(this.#status));
    if (moment !== this.#state.moment) this.#change({ moment });
  }

  #change(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#status !== undefined) this.#show(this.#status);
    else if (this.#state.lost !== undefined)
      this.#say({
        level: 'lost',
        headline: 'Not answering',
        detail: 'what you see is old',
        reason: this.#state.lost.reason,
      });
  }

  #show(status: ServerStatus): void {
    const tree = pageBody(status, this.#state);
    if (this.#shown === undefined) {
      const node = createNode(tree) as Element;
      document.querySelector(`#${PAGE_ID}`)?.replaceWith(node);
      this.#shown = { node, tree };
    } else {
      patchElement(this.#shown.node, this.#shown.tree, tree);
      this.#shown.tree = tree;
    }
    keepOneStop();
    this.#say(verdictOn(status, this.#state));
  }

  /** Said aloud when the situation is another, not whenever a figure is. */
  #say(verdict: Verdict): void {
    const { level, headline } = verdict;
    if (this.#said?.headline === headline && this.#said.level === level) return;
    const announcement = document.querySelector('#announcement');
    // What was there when the page came needs no announcement.
    if (announcement !== null && this.#said !== undefined)
      announcement.textContent = inWords(verdict);
    this.#said = { level, headline };
    showInTab(verdict);
  }
}

new StatusPage().start();
