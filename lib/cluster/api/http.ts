/** A request to the API server. In-process callers hand over plain data as `body`; what came over a wire is still text. */
export interface ApiRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Path and query, as on the wire: `/api/v1/pods?limit=500`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Plain data, or what is not yet decoded: text (JSON or YAML by `content-type`) or bytes (protobuf). */
  readonly body?: unknown;
  /** Subject of the TLS client certificate the connection was opened with. Only the simulated network sets it, never an adapter from outside. */
  readonly clientCertificate?: { readonly commonName: string; readonly organizations: readonly string[] };
  /** The caller has a certificate and does not present it: it speaks as whoever its token says (`rest.AnonymousClientConfig`). */
  readonly withoutCertificate?: boolean;
  /** Shown as the actor in the trace; absent means the outside world. */
  readonly actor?: string;
  /** What a watch tells is in the trace once the caller has heard of it, as an informer does, so the server does not say it too. */
  readonly isHeardInTrace?: boolean;
}

/** Exactly one of `body`, `stream`, `connect` and `forward` is there. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Frozen plain data (to be sent as JSON), or text when `content-type` is not JSON. */
  readonly body?: unknown;
  /** A watch (chunks are plain data, one JSON document a line) or a followed log (chunks are text). */
  readonly stream?: ApiStream;
  /** exec and attach: what an upgraded connection would speak. */
  readonly connect?: ApiConnection;
  /** port-forward: the ports that an upgraded connection would reach. */
  readonly forward?: ApiForwarding;
  /** Calls back when whoever answered is gone and nothing more comes of `connect` or `forward`. */
  readonly whenLost?: (listener: () => void) => void;
  /** A real server would still be waiting for its etcd; who can let time pass does so. */
  readonly hangs?: Hanging;
}

/** An answer that would come so much later, and, where nothing was begun, may be another one by then. */
export interface Hanging {
  readonly forMs: number;
  readonly isRepeatable: boolean;
}

export interface ApiStream {
  /** Starts the flow, once. `write` and `end` are called from inside kernel entries. Returns the function that hangs up. */
  start(sink: { write(chunk: unknown): void; end(): void }): () => void;
}

/** A process's three streams and its end, as channels 0 to 4 of `v5.channel.k8s.io`. */
export interface ApiConnection {
  start(sink: { stdout(text: string): void; stderr(text: string): void; exit(status: { code: number; message?: string }): void }): {
    stdin(text: string): void;
    closeStdin(): void;
    resize(columns: number, rows: number): void;
    hangUp(): void;
  };
}

/** The way to a Pod's ports, for as many connections as its client opens (`portforward.k8s.io`). */
export interface ApiForwarding {
  /** The sink is called from inside kernel entries; `end` once, with a message when there was no connection or it broke. */
  open(port: number, sink: { data(bytes: Uint8Array): void; end(error?: string): void }): ForwardedConnection;
  /** One whole request, for clients within the simulation, whose network knows no bytes. */
  exchange?(port: number, request: ForwardedRequest): ForwardedAnswer;
  /** The client is gone, and so is everything it opened. */
  close(): void;
}

export interface ForwardedRequest {
  readonly method: string;
  /** `/index.html?a=b`. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type ForwardedAnswer =
  | {
      readonly type: 'response';
      readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
      readonly tookMs: number;
    }
  | { readonly type: 'error'; readonly message: string };

export interface ForwardedConnection {
  write(bytes: Uint8Array): void;
  /** Nothing more will be written; what is on its way back still arrives. */
  closeWrite(): void;
  hangUp(): void;
}

/** Carries a request to an API server and back. Throws `ConnectionError` when nobody answers there. */
export type Transport = (request: ApiRequest) => ApiResponse;

/** What a dialler says when there is no answer: `connect: connection refused`, `i/o timeout`. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}
