/** From a playing video to small JPEG frames. */

import type { BBox } from './types';

export const FRAME_INTERVAL_MS = 80; // at most 12.5 frames a second
const SIZES = { small: 320, middle: 480, large: 640 };
const JPEG_QUALITY = 0.8;

/**
 * Width of the next frame, pixels. A large face reads as well from a small frame, and a small one needs every pixel.
 * `face` is the box in the last frame, `last` that frame's width. The gaps between the thresholds keep the size from flickering.
 */
export function nextWidth(face: BBox | null, last: number): number {
  if (face === null) return last === SIZES.small ? SIZES.middle : last;
  const share = (face[2] - face[0]) / last;
  if (share > 0.36) return SIZES.small;
  if (share < 0.16) return SIZES.large;
  if (last === SIZES.small && share > 0.3) return SIZES.small;
  if (last === SIZES.large && share < 0.2) return SIZES.large;
  return SIZES.middle;
}

export class FrameGrabber {
  readonly #canvas = document.createElement('canvas');
  readonly #context = this.#canvas.getContext('2d', { alpha: false });

  /** JPEG of what the video shows now, scaled to `width`; null while it shows nothing. */
  async grab(video: HTMLVideoElement, width: number): Promise<Blob | null> {
    if (this.#context === null || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
    const scale = Math.min(1, width / video.videoWidth);
    this.#canvas.width = Math.round(video.videoWidth * scale);
    this.#canvas.height = Math.round(video.videoHeight * scale);
    this.#context.drawImage(video, 0, 0, this.#canvas.width, this.#canvas.height);
    return new Promise((resolve) => this.#canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY));
  }
}
