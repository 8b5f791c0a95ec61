/** Small choices that stay in this browser. Storage may be switched off; the choice then lasts as long as the page. */

const PREFIX = 'moodmirror.';

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Nothing to do: private windows may refuse, and the page works without.
  }
}
