/** Where the seven words lie on the mood map (Russell and Mehrabian 1977); the server's `mood/affect.py` has the same. */

import type { Affect, Expression } from './types';

export const PLACES: Record<Expression, Affect> = {
  angry: { valence: -0.51, arousal: 0.59 },
  disgust: { valence: -0.6, arousal: 0.35 },
  fear: { valence: -0.64, arousal: 0.6 },
  happy: { valence: 0.81, arousal: 0.51 },
  sad: { valence: -0.63, arousal: -0.27 },
  surprise: { valence: 0.15, arousal: 0.67 },
  neutral: { valence: 0, arousal: 0 },
};
