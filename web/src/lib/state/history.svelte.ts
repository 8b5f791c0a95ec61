import { api, messageOf } from '../api';
import { t } from '../i18n';
import type { MoodEntry } from '../types';
import { toasts } from './toasts.svelte';

const PAGE = 500;
const UNDO_MS = 8000;

class HistoryState {
  status = $state<'loading' | 'ready' | 'error'>('loading');
  message = $state('');
  entries = $state.raw<MoodEntry[]>([]);
  nextBefore = $state<number | null>(null);
  #leaving = new Map<number, number>();

  async load(): Promise<void> {
    this.status = 'loading';
    try {
      await this.#flush();
      const page = await api.moods({ limit: PAGE });
      this.entries = page.moods;
      this.nextBefore = page.next_before_id;
      this.status = 'ready';
    } catch (error) {
      this.message = messageOf(error);
      this.status = 'error';
    }
  }

  async more(): Promise<void> {
    if (this.nextBefore === null) return;
    try {
      const page = await api.moods({ limit: PAGE, before_id: this.nextBefore });
      this.entries = [...this.entries, ...page.moods];
      this.nextBefore = page.next_before_id;
    } catch (error) {
      toasts.show(messageOf(error));
    }
  }

  async change(entry: MoodEntry, change: Partial<Pick<MoodEntry, 'corrected' | 'note'>>): Promise<void> {
    const changed = await api.changeMood(entry.id, change);
    this.entries = this.entries.map((one) => (one.id === changed.id ? changed : one));
    toasts.show(t.history.saved);
  }

  /** Takes the entry out of sight at once and out of the store when its undo has passed, or when the page goes. */
  remove(entry: MoodEntry): void {
    const before = this.entries;
    this.entries = before.filter((one) => one.id !== entry.id);
    this.#leaving.set(entry.id, window.setTimeout(() => void this.#delete(entry.id), UNDO_MS));
    toasts.show(t.history.removed, {
      label: t.shelves.undo,
      run: () => {
        clearTimeout(this.#leaving.get(entry.id));
        if (this.#leaving.delete(entry.id)) this.entries = before;
      },
    });
  }

  /** Deletes at once what still waits for an undo. */
  async leave(): Promise<void> {
    await this.#flush().catch((error: unknown) => toasts.show(messageOf(error)));
  }

  async #flush(): Promise<void> {
    const waiting = [...this.#leaving.keys()];
    for (const id of waiting) clearTimeout(this.#leaving.get(id));
    await Promise.all(waiting.map((id) => this.#delete(id)));
  }

  async #delete(id: number): Promise<void> {
    this.#leaving.delete(id);
    try {
      await api.removeMood(id);
    } catch (error) {
      toasts.show(messageOf(error));
      if (this.status === 'ready') await this.load();
    }
  }
}

export const history = new HistoryState();
