/** What travels between the page and the server. Boxes are pixels of the picture that was sent, never mirrored. */

export const EXPRESSIONS = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;
export type Expression = (typeof EXPRESSIONS)[number];

export const KINDS = ['song', 'film', 'food', 'activity'] as const;
export type Kind = (typeof KINDS)[number];

export const LANES = ['match', 'shift', 'opposite'] as const;
export type Lane = (typeof LANES)[number];

export type Action = 'like' | 'not_now' | 'never' | 'opened';
export type MoodSource = 'camera' | 'photo' | 'manual';
export type Theme = 'system' | 'light' | 'dark';
export type BBox = [left: number, top: number, right: number, bottom: number];
export type Probabilities = Record<Expression, number>;

/** A place on the mood map, each axis -1..1. */
export interface Affect {
  valence: number;
  arousal: number;
}

export interface Reading extends Affect {
  track_id: number;
  bbox_xyxy: BBox;
  detection: number;
  expression: Expression | null;
  confidence: number;
  probabilities: Probabilities;
  why_unclear: string | null;
}

export interface PhotoReading {
  width: number;
  height: number;
  took_ms: number;
  faces: Reading[];
}

export interface MoodEntry extends Affect {
  id: number;
  at: string;
  source: MoodSource;
  expression: Expression | null;
  corrected: Expression | null;
  probabilities: Partial<Probabilities>;
  confidence: number;
  note: string | null;
}

export interface NewMood extends Partial<Affect> {
  expression?: Expression;
  source?: MoodSource;
  probabilities?: Probabilities;
  confidence?: number;
  note?: string;
}

export interface MoodPage {
  moods: MoodEntry[];
  next_before_id: number | null;
}

export interface Item {
  id: string;
  kind: Kind;
  title: string;
  creator?: string | null;
  year?: number | null;
  line: string;
  minutes?: number | null;
  tags?: string[];
}

export interface Link {
  name: string;
  url: string;
}

export interface Offer {
  item: Item;
  reason: string;
  score: number;
  links: Link[];
}

export interface Shelf {
  kind: Kind;
  offers: Offer[];
  note: string | null;
}

export interface Offers {
  lane: Lane;
  target: Affect;
  expression: Expression | null;
  shelves: Shelf[];
}

export interface OffersRequest extends Partial<Affect> {
  expression: Expression | null;
  lane: Lane | null;
  kinds: Kind[] | null;
  n: number;
  seed: number | null;
}

export interface FeedbackRequest extends Partial<Affect> {
  item_id: string;
  action: Action;
  expression?: Expression;
  lane?: Lane;
}

export interface FeedbackEntry {
  item_id: string;
  action: Action;
  at: string;
}

export interface Filters {
  diet: string[];
  avoid_allergens: string[];
  max_certificate: number | null;
  allow_explicit: boolean;
  allow_alcohol: boolean;
  allow_caffeine: boolean;
  languages: string[];
  max_cost: number | null;
  max_minutes: number | null;
  blocked: string[];
}

export interface Settings {
  filters: Filters;
  theme: Theme;
  keep_days: number | null;
  lanes: Partial<Record<Expression, Lane>>;
  remember_camera_moods: boolean;
}

export interface About {
  version: string;
  model: { name: string; sha256: string; labels: string[]; trained_on: string; figures: Record<string, unknown> };
  detector: string;
  limits: { upload_bytes: number; upload_megapixels: number; frame_bytes: number; frame_px: number };
  stored_fields: { name: string; why: string }[];
}

/** The settled mood of the person whom the mirror follows. */
export interface LiveMood extends Affect {
  expression: Expression | null;
  confidence: number;
  probabilities: Probabilities;
  corrected: Expression | null;
  why_unclear: string | null;
  entry_id: number | null;
  settled: boolean;
}

export interface LiveState {
  type: 'state';
  seq: number;
  width: number;
  height: number;
  faces: Reading[];
  me: number | null;
  mood: LiveMood | null;
  dropped: number;
  took_ms: number;
}

export type ServerMessage =
  | { type: 'hello'; version: string }
  | LiveState
  | ({ type: 'offers' } & Offers)
  | { type: 'error'; error: { type: string; message: string } };

export type ClientMessage =
  | { type: 'start'; reads: 'server' }
  | { type: 'choose'; track_id: number | null }
  | { type: 'lane'; lane: Lane }
  | { type: 'correct'; expression: Expression | null }
  | { type: 'offers' };
