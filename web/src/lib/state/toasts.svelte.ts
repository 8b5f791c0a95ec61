/** Short notes at the foot of the page, some with one action. They stay long enough to be read and reached. */

export interface Toast {
  id: number;
  text: string;
  action: { label: string; run: () => void } | null;
}

const SHOWN_MS = 8000;

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, number>();

  show(text: string, action: Toast['action'] = null): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-2), { id, text, action }];
    this.resume(id);
  }

  dismiss(id: number): void {
    this.hold(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Stops the clock while a pointer or the focus rests on the note. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    this.hold(id);
    this.#timers.set(id, window.setTimeout(() => this.dismiss(id), SHOWN_MS));
  }
}

export const toasts = new Toasts();
