/** Opening cameras, and plain names for the ways in which that fails. */

export type CameraProblem = 'denied' | 'missing' | 'busy' | 'unplugged' | 'insecure';

export interface Camera {
  id: string;
  label: string;
}

const WANTED: MediaTrackConstraints = { width: { ideal: 960 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

/** Asks the browser (and through it the person) for a camera. Rejects with a DOMException; see {@link problemOf}. */
export async function openCamera(id: string | null): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) throw new DOMException('no media devices', 'SecurityError');
  const video = id === null ? { ...WANTED, facingMode: 'user' } : { ...WANTED, deviceId: { exact: id } };
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

export function problemOf(error: unknown): CameraProblem {
  if (!window.isSecureContext) return 'insecure';
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'denied';
    case 'SecurityError':
      return 'insecure';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'missing';
  }
}

export async function listCameras(): Promise<Camera[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'videoinput').map(({ deviceId, label }) => ({ id: deviceId, label }));
}

export function stopStream(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
