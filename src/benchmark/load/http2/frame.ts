/** Kinds of frames (RFC 9113, section 6) that are sent or heard. */
export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const frameHeadBytes = 9;
/** What every server takes in one frame. */
export const mostFrameBytes = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeadBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeadBytes);
  return bytes;
}

/** Finds frames in bytes as they come. */
export class FrameReader {
  #rest: Buffer | null = null;

  /** @param take gets each frame that is whole; its payload is good until it returns. */
  feed(data: Buffer, take: (frame: Frame) => void): void {
    const bytes = this.#rest === null ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (bytes.length - at >= frameHeadBytes) {
      const end = at + frameHeadBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      take({
        type: bytes[at + 3] ?? 0,
        flags: bytes[at + 4] ?? 0,
        stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
        payload: bytes.subarray(at + frameHeadBytes, end),
      });
      at = end;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : null;
  }
}

/** A payload without its padding, and without the priority that a HEADERS frame may begin with. */
export function unpadded({ type, flags, payload }: Frame): Buffer {
  if ((flags & (flag.padded | flag.priority)) === 0) return payload;
  const padding = flags & flag.padded ? (payload[0] ?? 0) : 0;
  const from = (flags & flag.padded ? 1 : 0) + (type === frameType.headers && flags & flag.priority ? 5 : 0);
  return payload.subarray(from, payload.length - padding);
}
