/** Bytes ahead of each message of gRPC: one that says whether it is compressed, and four of its length. */
export const prefixLength = 5;

/** A message that is not compressed, as it is sent. */
export function withPrefix(message: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(prefixLength + message.length);
  prefixed[0] = 0;
  prefixed.writeUInt32BE(message.length, 1);
  prefixed.set(message, prefixLength);
  return prefixed;
}
