import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { inferenceApi } from '../../api/grpc/definitions.js';
import type { Load, Outcome, Sender } from './load.js';

const { InferenceAPIsService } = inferenceApi.types.org.pytorch.serve.grpc.inference;

/** One gRPC channel with a connection of its own, on which `Predictions` is called with the body as input `data`. */
export class GrpcSender implements Sender {
  readonly #client: InstanceType<typeof InferenceAPIsService>;
  readonly #request: { modelName: string; input: { data: Buffer } };
  readonly #metadata = new Metadata();
  readonly #timeoutMs: number;

  constructor(load: Load, body: Buffer) {
    this.#client = new InferenceAPIsService(load.address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
    });
    this.#request = { modelName: load.model, input: { data: body } };
    for (const [name, value] of Object.entries(load.headers)) this.#metadata.set(name, value);
    this.#timeoutMs = load.timeoutSeconds * 1000;
  }

  send(ended: (outcome: Outcome) => void): void {
    const deadline = Date.now() + this.#timeoutMs;
    this.#client.predictions(this.#request, this.#metadata, { deadline }, (error, answer) => {
      ended(error || !answer ? failure(error) : success(answer.prediction.length));
    });
  }

  close(): void {
    this.#client.close();
  }
}

function success(bytes: number): Outcome {
  return { ok: true, status: 'OK', firstByte: performance.now(), pieces: 1, bytes, text: '' };
}

function failure(error: ServiceError | null): Outcome {
  const code = error?.code ?? status.UNKNOWN;
  return {
    ok: false,
    status: code === status.DEADLINE_EXCEEDED ? 'timeout' : (status[code] ?? String(code)),
    firstByte: Number.NaN,
    pieces: 0,
    bytes: 0,
    text: error?.details ?? '',
  };
}
