import type { RawData } from 'ws';

export function bytesOf(message: RawData): Buffer {
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message as ArrayBuffer);
}
