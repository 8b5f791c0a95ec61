/** The four shelves: what is offered, for which mood and lane, and what the person did with it. */

import { SvelteSet } from 'svelte/reactivity';
import { api, messageOf } from '../api';
import { t } from '../i18n';
import { mergeShelf } from '../merge';
import { KINDS, type Action, type Affect, type Expression, type Kind, type Lane, type Offer, type Offers, type Shelf } from '../types';
import { preferences } from './settings.svelte';
import { toasts } from './toasts.svelte';

const PER_SHELF = 3;

export interface MoodContext extends Affect {
  expression: Expression | null;
}

class OfferBoard {
  status = $state<'idle' | 'loading' | 'ready' | 'error'>('idle');
  shelves = $state.raw<Shelf[]>([]);
  lane = $state<Lane | null>(null);
  message = $state('');
  liked = new SvelteSet<string>();
  refreshing = new SvelteSet<Kind>();

  #context: MoodContext | null = null;
  #chosenLane: Lane | null = null;
  #seed: number | null = null;
  #running: AbortController | null = null;

  get context(): MoodContext | null {
    return this.#context;
  }

  clear(): void {
    this.#running?.abort();
    this.#context = null;
    this.shelves = [];
    this.status = 'idle';
  }

  /** Offers that the live socket pushed for `context`. */
  take(offers: Offers, context: MoodContext | null): void {
    this.#running?.abort();
    if (context !== null) this.#context = context;
    this.#show(offers);
  }

  /** Loads the shelves for a mood. A lane is remembered by the server for that mood, so none is sent unless it was just chosen. */
  async load(context: MoodContext, lane: Lane | null = null): Promise<void> {
    this.#context = context;
    this.#chosenLane = lane;
    this.#seed = null;
    await this.#loadAll();
  }

  async chooseLane(lane: Lane): Promise<void> {
    this.lane = lane;
    this.#chosenLane = lane;
    const context = this.#context;
    if (context === null) return;
    const remembered = context.expression === null ? null : preferences.rememberLane(context.expression, lane);
    await Promise.all([remembered, this.#loadAll()]).catch((error: unknown) => toasts.show(messageOf(error)));
  }

  async others(): Promise<void> {
    this.#seed = Math.floor(Math.random() * 2 ** 31);
    await this.#loadAll();
  }

  async retry(): Promise<void> {
    await this.#loadAll();
  }

  async loadLiked(): Promise<void> {
    for (const { item_id, action } of await api.feedback()) {
      if (action === 'like') this.liked.add(item_id);
      else if (action !== 'opened') this.liked.delete(item_id);
    }
  }

  async act(offer: Offer, action: Action): Promise<void> {
    const { id, kind, title } = offer.item;
    try {
      await api.sendFeedback({ item_id: id, action, ...this.#moodFields() });
      if (action === 'opened') return;
      if (action === 'like') this.liked.add(id);
      else this.liked.delete(id);
      const undo = { label: t.shelves.undo, run: () => void this.undo(offer) };
      if (action === 'never') toasts.show(t.shelves.neverDone(title), undo);
      if (action === 'not_now') toasts.show(t.shelves.notNowDone(title), undo);
      await this.#refresh(kind, action === 'like' ? null : id);
    } catch (error) {
      toasts.show(messageOf(error));
    }
  }

  async undo(offer: Offer): Promise<void> {
    try {
      await api.undoFeedback(offer.item.id);
      this.liked.delete(offer.item.id);
      await this.#refresh(offer.item.kind, null);
    } catch (error) {
      toasts.show(messageOf(error));
    }
  }

  #moodFields(): Partial<{ expression: Expression; valence: number; arousal: number; lane: Lane }> {
    const context = this.#context;
    return {
      ...(context === null ? {} : { valence: context.valence, arousal: context.arousal }),
      ...(context?.expression ? { expression: context.expression } : {}),
      ...(this.lane === null ? {} : { lane: this.lane }),
    };
  }

  #request(kinds: Kind[] | null, signal?: AbortSignal): Promise<Offers> {
    const context = this.#context ?? { expression: null, valence: 0, arousal: 0 };
    return api.offers({ ...context, lane: this.#chosenLane, kinds, n: PER_SHELF, seed: this.#seed }, signal);
  }

  async #loadAll(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.status = 'loading';
    try {
      const offers = await this.#request(null, running.signal);
      if (!running.signal.aborted) this.#show(offers);
    } catch (error) {
      if (running.signal.aborted) return;
      this.message = messageOf(error);
      this.status = 'error';
    }
  }

  /** A new shelf of one kind, at once, with the cards that stay in their places. `gone` may not stay. */
  async #refresh(kind: Kind, gone: string | null): Promise<void> {
    this.refreshing.add(kind);
    try {
      const [fresh] = (await this.#request([kind])).shelves.filter((shelf) => shelf.kind === kind);
      if (fresh === undefined) return;
      const keep = (offer: Offer): boolean => offer.item.id !== gone && this.liked.has(offer.item.id);
      this.shelves = this.shelves.map((shelf) => (shelf.kind === kind ? mergeShelf(shelf, fresh, keep) : shelf));
    } finally {
      this.refreshing.delete(kind);
    }
  }

  #show(offers: Offers): void {
    this.lane = offers.lane;
    this.shelves = KINDS.flatMap((kind) => offers.shelves.filter((shelf) => shelf.kind === kind));
    this.status = 'ready';
  }
}

export const board = new OfferBoard();
