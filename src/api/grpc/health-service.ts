import type { Server, UntypedHandleCall } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** Full name of the health service, which is open without a token: probes have none. */
export const healthServiceName = 'grpc.health.v1.Health';

/** How often those who watch are told of a change, in ms. Who asks once gets the state of that moment. */
const watchIntervalMs = 1000;

/** `grpc.health.v1.Health` of one server: the same state for the server as a whole and for each of its services. */
export class HealthService {
  readonly #health: HealthImplementation;
  readonly #services: readonly string[];
  readonly #healthy: () => boolean;
  readonly #timer: NodeJS.Timeout;
  #state: 'SERVING' | 'NOT_SERVING' = 'SERVING';

  /**
   * @param services full names of the server's services.
   * @param healthy the state of now.
   */
  constructor(services: readonly string[], healthy: () => boolean) {
    this.#services = ['', ...services];
    this.#healthy = healthy;
    this.#health = new HealthImplementation(Object.fromEntries(this.#services.map((name) => [name, this.#state])));
    this.#timer = setInterval(() => this.#refresh(), watchIntervalMs).unref();
  }

  addTo(server: Server): void {
    const fresh = (handle: UntypedHandleCall): UntypedHandleCall => {
      const answer = (...call: Parameters<UntypedHandleCall>): void => {
        this.#refresh();
        (handle as (...call: Parameters<UntypedHandleCall>) => void)(...call);
      };
      return answer as UntypedHandleCall;
    };
    this.#health.addToServer({
      addService: (service, methods) =>
        server.addService(
          service,
          Object.fromEntries(Object.entries(methods).map(([name, handle]) => [name, fresh(handle)])),
        ),
    });
  }

  /** The server stops: those who watch are told. */
  close(): void {
    clearInterval(this.#timer);
    this.#tell('NOT_SERVING');
  }

  #refresh(): void {
    this.#tell(this.#healthy() ? 'SERVING' : 'NOT_SERVING');
  }

  #tell(state: 'SERVING' | 'NOT_SERVING'): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const service of this.#services) this.#health.setStatus(service, state);
  }
}
