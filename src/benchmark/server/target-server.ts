/** A server that a benchmark drives. */
export interface TargetServer {
  /** What reports call it: `torchbridge`, `TorchServe`, or its address. */
  readonly label: string;
  /** The version it tells, or null. */
  readonly version: string | null;
  /** Base addresses, without a slash at the end. */
  readonly inference: string;
  readonly management: string;
  /** `host:port` of the gRPC inference API. */
  readonly grpc: string;
  /** Its first process; null where that is not known or runs elsewhere. */
  readonly pid: number | null;
  /** Folder of its log files; null where it is not known. */
  readonly logs: string | null;
  /** Tokens of its two APIs, where it asks for them. */
  readonly tokens: { readonly inference: string | null; readonly management: string | null };
  /** Where an archive has to be named from so that the server finds it. */
  archiveAddress(archive: string): string;
  /** Ends it, if it was started for the benchmark. */
  close(): Promise<void>;
}
