/** The person's settings on the server, and the two that belong to this browser (theme, number keys). */

import { api, messageOf } from '../api';
import { keep, recall } from '../stored';
import type { Expression, Lane, Settings, Theme } from '../types';

const dark = window.matchMedia('(prefers-color-scheme: dark)');

function storedTheme(): Theme {
  const theme = recall('theme');
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

class Preferences {
  theme = $state<Theme>(storedTheme());
  systemDark = $state(dark.matches);
  numberKeys = $state(recall('number-keys') !== 'off');
  server = $state<Settings | null>(null);
  status = $state<'idle' | 'loading' | 'saving' | 'saved' | 'error'>('idle');
  message = $state('');
  #saving: Promise<void> = Promise.resolve();

  constructor() {
    dark.addEventListener('change', (event) => {
      this.systemDark = event.matches;
      this.#paint();
    });
  }

  get shownTheme(): 'light' | 'dark' {
    return this.theme === 'system' ? (this.systemDark ? 'dark' : 'light') : this.theme;
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    keep('theme', theme === 'system' ? null : theme);
    this.#paint();
    if (this.server !== null) void this.save({ theme });
  }

  setNumberKeys(on: boolean): void {
    this.numberKeys = on;
    keep('number-keys', on ? null : 'off');
  }

  async load(): Promise<void> {
    this.status = 'loading';
    try {
      this.server = await api.settings();
      this.status = 'idle';
      if (recall('theme') === null && this.server.theme !== 'system') {
        this.theme = this.server.theme;
        this.#paint();
      }
    } catch (error) {
      this.message = messageOf(error);
      this.status = 'error';
    }
  }

  /** Changes what `part` names and nothing else: the rest is asked anew, for the live socket writes settings too. */
  save(part: Partial<Settings>): Promise<void> {
    const before = this.server;
    if (before !== null) this.server = { ...before, ...part };
    this.#saving = this.#saving.then(() => this.#put(part, before));
    return this.#saving;
  }

  async rememberLane(expression: Expression, lane: Lane): Promise<void> {
    await this.#saving;
    const { lanes } = await api.settings();
    await this.save({ lanes: { ...lanes, [expression]: lane } });
  }

  async #put(part: Partial<Settings>, before: Settings | null): Promise<void> {
    this.status = 'saving';
    try {
      this.server = await api.saveSettings({ ...(await api.settings()), ...part });
      this.status = 'saved';
    } catch (error) {
      this.server = before;
      this.message = messageOf(error);
      this.status = 'error';
    }
  }

  #paint(): void {
    document.documentElement.dataset['theme'] = this.shownTheme;
  }
}

export const preferences = new Preferences();
