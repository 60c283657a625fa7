/**
 * Sends a recording as it would come from a microphone, and prints when speech begins and ends.
 *
 *     node listen.mjs speech.wav [ws://localhost:8080/predictions/voice]
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const [file = 'speech.wav', url = 'ws://localhost:8080/predictions/voice'] = process.argv.slice(2);
/** A tenth of a second of 16-bit samples at 16 kHz. */
const CHUNK = 3200;
const sound = readFileSync(file).subarray(44);

const model = new WebSocket(url);
let unanswered = 0;
model.on('message', (message) => {
  const { changes, code, message: problem } = JSON.parse(message);
  if (code) console.error(problem);
  for (const { speech, seconds } of changes ?? []) console.log(`${seconds.toFixed(2)} s: speech ${speech}`);
  unanswered -= 1;
});
model.on('error', ({ message }) => {
  console.error(`${url}: ${message}`);
  process.exitCode = 1;
});
model.on('open', async () => {
  for (let at = 0; at < sound.length; at += CHUNK) {
    model.send(sound.subarray(at, at + CHUNK));
    unanswered += 1;
    await sleep(100);
  }
  while (unanswered > 0) await sleep(10);
  model.close();
});
