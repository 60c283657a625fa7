/**
 * A text as trailers can carry it, which have it percent-encoded (`encodeURI`): cut where it would be longer than `room` bytes, and
 * without halves of characters, which cannot be encoded at all.
 */
export function fittingText(text: string, room: number): string {
  // No character takes less than a byte, so that what lies further on is cut in any case.
  const whole = Buffer.from(text.slice(0, room + 1)).toString();
  if (encodeURI(whole).length <= room) return whole;
  let left = room - encodeURI('…').length;
  let kept = '';
  for (const character of whole) {
    left -= encodeURI(character).length;
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}
