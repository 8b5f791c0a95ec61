/** The mirror page's state: how the mood is told (camera, photo, by hand), what was read, and what the person says. */

import { api, messageOf } from '../api';
import { listCameras, openCamera, problemOf, stopStream, type Camera, type CameraProblem } from '../camera';
import { FRAME_INTERVAL_MS, FrameGrabber, nextWidth } from '../frames';
import { t } from '../i18n';
import { LiveLink, type LinkStatus } from '../live';
import type { Affect, Expression, Lane, LiveState, MoodEntry, MoodSource, NewMood, Probabilities, Reading, ServerMessage } from '../types';
import { announcer } from './announcer.svelte';
import { board } from './offers.svelte';
import { toasts } from './toasts.svelte';

export type Mode = 'camera' | 'photo' | 'manual';

/** The mood that the page shows and that the offers are for. */
export interface ShownMood extends Affect {
  source: MoodSource;
  expression: Expression | null;
  corrected: Expression | null;
  confidence: number;
  probabilities: Probabilities | null;
  why: string | null;
  entryId: number | null;
  placed: boolean;
}

export interface LinkFigures {
  fps: number;
  latencyMs: number;
  readMs: number;
  dropped: number;
  width: number;
  height: number;
}

const NO_FIGURES: LinkFigures = { fps: 0, latencyMs: 0, readMs: 0, dropped: 0, width: 0, height: 0 };
const OFFERS_PATIENCE_MS = 1500;
const COMPLAINT_EVERY_MS = 10_000;

function shownEntry(entry: MoodEntry, probabilities: Probabilities | null, why: string | null): ShownMood {
  const { expression, corrected, confidence, valence, arousal, source, id } = entry;
  return { source, expression, corrected, confidence, valence, arousal, probabilities, why, entryId: id, placed: source === 'manual' && expression === null };
}

class MirrorState {
  mode = $state<Mode | null>(null);
  camera = $state<'off' | 'opening' | 'on'>('off');
  problem = $state<CameraProblem | null>(null);
  cameras = $state<Camera[]>([]);
  cameraId = $state<string | null>(null);
  stream = $state.raw<MediaStream | null>(null);
  link = $state<LinkStatus>('closed');
  live = $state.raw<LiveState | null>(null);
  figures = $state.raw<LinkFigures>(NO_FIGURES);
  /** A mood told by photo or by hand. In camera mode it outweighs the camera until it is given back. */
  told = $state.raw<ShownMood | null>(null);
  photo = $state.raw<File | null>(null);
  error = $state('');

  #link = new LiveLink({
    message: (message) => this.#receive(message),
    status: (status) => (this.link = status),
    answer: (ms) => this.#measure(ms),
  });
  #grabber = new FrameGrabber();
  #width = 480;
  #complained = { text: '', at: -Infinity };
  #answers: number[] = [];
  #announced: string | null = null;
  #opening = 0;

  /** The reading of the face that counts. */
  get me(): Reading | null {
    return this.live?.faces.find((face) => face.track_id === this.live?.me) ?? null;
  }

  get mood(): ShownMood | null {
    if (this.told !== null || this.mode !== 'camera') return this.told;
    const mood = this.live?.mood;
    if (!mood) return null;
    return { ...mood, source: 'camera', why: mood.why_unclear, entryId: mood.entry_id, placed: false };
  }

  /** Whether the page follows the camera at this moment. */
  get following(): boolean {
    return this.camera === 'on' && this.told === null;
  }

  /** Whether a mood told by hand stands in for what the camera reads. */
  get held(): boolean {
    return this.camera === 'on' && this.told !== null;
  }

  async openCamera(id: string | null = this.cameraId): Promise<void> {
    const turn = ++this.#opening;
    this.#release();
    if (this.camera !== 'on') this.told = null;
    if (this.mode !== 'camera') board.clear();
    this.mode = 'camera';
    this.problem = null;
    this.camera = 'opening';
    try {
      const stream = await openCamera(id);
      if (turn !== this.#opening) return stopStream(stream);
      const [track] = stream.getVideoTracks();
      track?.addEventListener('ended', () => this.stream === stream && this.#lose('unplugged'));
      this.stream = stream;
      this.cameraId = track?.getSettings().deviceId ?? id;
      this.camera = 'on';
      this.#link.open();
      this.cameras = await listCameras();
    } catch (error) {
      if (turn === this.#opening) this.#lose(problemOf(error));
    }
  }

  /** Stops camera and socket at once. The last mood and what was offered for it stay. */
  stop(): void {
    const last = this.mood;
    this.#leaveCamera();
    if (last !== null && (last.corrected ?? last.expression) !== null) this.told = last;
    if (this.mode === 'camera' && this.told === null) this.mode = null;
  }

  async refreshCameras(): Promise<void> {
    if (this.camera === 'on') this.cameras = await listCameras();
  }

  /** Reads from `video` until the returned function is called. Nothing is sent while the page is hidden. */
  watch(video: HTMLVideoElement): () => void {
    let running = true;
    let busy = false;
    const timer = window.setInterval(async () => {
      if (busy || !running || document.hidden || !this.#link.free) return;
      busy = true;
      this.#width = nextWidth(this.me?.bbox_xyxy ?? null, this.live?.width ?? this.#width);
      const frame = await this.#grabber.grab(video, this.#width);
      if (frame !== null && running) this.#link.sendFrame(frame);
      busy = false;
    }, FRAME_INTERVAL_MS);
    return () => {
      running = false;
      clearInterval(timer);
    };
  }

  chooseFace(trackId: number): void {
    this.#link.send({ type: 'choose', track_id: trackId });
    if (this.live !== null) this.live = { ...this.live, me: trackId };
  }

  async chooseLane(lane: Lane): Promise<void> {
    const before = board.shelves;
    board.lane = lane;
    if (this.following && this.#link.send({ type: 'lane', lane })) {
      // The server answers a new lane with new offers; ask by ourselves if it stays silent.
      window.setTimeout(() => board.shelves === before && void board.chooseLane(lane), OFFERS_PATIENCE_MS);
      return;
    }
    await board.chooseLane(lane);
  }

  showPhoto(photo: File | null): void {
    this.#leaveCamera();
    this.mode = 'photo';
    this.photo = photo;
    this.told = null;
    this.error = '';
    board.clear();
  }

  byHand(): void {
    this.#leaveCamera();
    this.mode = 'manual';
    this.told = null;
    this.error = '';
    board.clear();
  }

  home(): void {
    this.#leaveCamera();
    this.mode = null;
    this.told = null;
    this.photo = null;
    this.problem = null;
    this.error = '';
    board.clear();
  }

  /** The person's own word. Beside a reading it is a correction; alone it is the mood. Null takes a correction back. */
  async say(expression: Expression | null): Promise<void> {
    const mood = this.mood;
    if (this.following && mood !== null) {
      this.#link.send({ type: 'correct', expression });
      if (this.live?.mood) this.live = { ...this.live, mood: { ...this.live.mood, corrected: expression } };
    } else if (mood !== null && mood.source !== 'manual' && mood.entryId !== null) {
      const id = mood.entryId;
      await this.#tell(() => api.changeMood(id, { corrected: expression }), mood.probabilities, mood.why);
    } else if (expression !== null) await this.tell({ expression, source: 'manual' });
  }

  /** Keeps a mood told by hand and asks for offers. */
  async tell(mood: NewMood): Promise<void> {
    if (this.mode === null || (this.mode === 'camera' && this.camera !== 'on')) this.byHand();
    await this.#tell(() => api.addMood(mood), null, null);
  }

  async useReading(face: Reading): Promise<void> {
    const { expression, valence, arousal, probabilities, confidence } = face;
    const mood: NewMood = { source: 'photo', valence, arousal, probabilities, confidence, ...(expression === null ? {} : { expression }) };
    await this.#tell(() => api.addMood(mood), probabilities, face.why_unclear);
  }

  /** Lets the camera's reading count again. */
  giveBack(): void {
    this.told = null;
    const mood = this.mood;
    board.clear();
    if (mood !== null) void board.load({ expression: mood.corrected ?? mood.expression, valence: mood.valence, arousal: mood.arousal });
  }

  async #tell(request: () => Promise<MoodEntry>, probabilities: Probabilities | null, why: string | null): Promise<void> {
    this.error = '';
    try {
      const entry = await request();
      this.told = shownEntry(entry, probabilities, why);
      const { valence, arousal } = entry;
      await board.load({ expression: entry.corrected ?? entry.expression, valence, arousal });
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  #leaveCamera(): void {
    this.#opening += 1;
    this.#release();
    this.camera = 'off';
    this.problem = null;
  }

  #lose(problem: CameraProblem): void {
    this.#release();
    this.camera = 'off';
    this.problem = problem;
  }

  #release(): void {
    if (this.stream !== null) stopStream(this.stream);
    this.stream = null;
    this.live = null;
    this.figures = NO_FIGURES;
    this.#answers = [];
    this.#announced = null;
    if (this.link !== 'closed') this.#link.close();
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'state') {
      this.live = message;
      this.#announce();
    } else if (message.type === 'offers' && !this.held) {
      const mood = this.mood;
      const expression = message.expression;
      board.take(message, mood && { expression, valence: mood.valence, arousal: mood.arousal });
    } else if (message.type === 'error') this.#complain(message.error.message);
  }

  /** A fault that comes with every frame is told once in a while, not ten times a second. */
  #complain(text: string): void {
    const now = performance.now();
    if (text === this.#complained.text && now - this.#complained.at < COMPLAINT_EVERY_MS) return;
    this.#complained = { text, at: now };
    toasts.show(text);
  }

  #announce(): void {
    const mood = this.live?.mood;
    const word = mood?.corrected ?? mood?.expression ?? null;
    if (!mood?.settled || word === null || word === this.#announced) return;
    this.#announced = word;
    announcer.say(mood.corrected ? t.mood.said(word) : t.mood.looks(word));
  }

  #measure(latencyMs: number): void {
    const now = performance.now();
    this.#answers = [...this.#answers.filter((at) => now - at < 2000), now];
    const first = this.#answers[0] ?? now;
    const live = this.live;
    // The state that this answer belongs to arrives right after; its own figures are one answer old, which nobody can see.
    this.figures = {
      fps: this.#answers.length < 2 ? 0 : ((this.#answers.length - 1) * 1000) / (now - first),
      latencyMs,
      readMs: live?.took_ms ?? 0,
      dropped: live?.dropped ?? 0,
      width: live?.width ?? 0,
      height: live?.height ?? 0,
    };
  }
}

export const mirror = new MirrorState();
