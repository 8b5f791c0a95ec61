/** The page's one polite live region for moods: the newest settled one, at most every ten seconds. */

const PAUSE_MS = 10_000;

class Announcer {
  text = $state('');
  #lastAt = -Infinity;
  #timer = 0;

  say(text: string): void {
    clearTimeout(this.#timer);
    const wait = this.#lastAt + PAUSE_MS - performance.now();
    if (wait <= 0) this.#set(text);
    else this.#timer = window.setTimeout(() => this.#set(text), wait);
  }

  #set(text: string): void {
    this.text = text;
    this.#lastAt = performance.now();
  }
}

export const announcer = new Announcer();
