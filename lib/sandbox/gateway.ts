import type { IncomingMessage } from 'node:http';
import { isClusterToken } from '@/lib/accounts';
import { failure, type ApiRequest, type ApiResponse } from '@/lib/cluster';
import { findSandbox, type Db } from '@/lib/db';
import { serveClusterApi, type ClusterApiServer } from './api-http';

export type ClusterGateway = ClusterApiServer;

/** What a gateway needs of the host of sandboxes. */
export interface ClusterHost {
  api(sandboxId: string, request: ApiRequest): Promise<ApiResponse>;
}

interface Address {
  readonly prefix: string;
  readonly sandboxId: string;
  readonly token: string | undefined;
}

const path = /^\/clusters\/([0-9a-f-]{36})(?:\.([\w-]{20,100}))?(?=[/?]|$)/;
/** How long a token that was found good is taken to be good. */
const trustMs = 10_000;
/** What one client may ask of one sandbox in a second, and how much it may save up (kube-apiserver leaves this to APF). */
const ratePerSecond = 200;
const burst = 2_000;

/**
 * Every sandbox's API server at `/clusters/<id>/…`, for its owner's bearer token. On plain http, where client-go sends no token,
 * the token may stand in the path: `/clusters/<id>.<token>/…`.
 */
export function clusterGateway(host: ClusterHost, db: Db, clock: () => number = Date.now): ClusterGateway {
  const doorkeeper = new Doorkeeper(db, clock);
  const handle = async (request: ApiRequest, incoming: IncomingMessage) => {
    const address = addressOf(incoming);
    if (!address) return noSuchCluster;
    const offered = address.token ?? bearerOf(request);
    if (!offered || !(await doorkeeper.admits(address.sandboxId, offered))) return unauthorized;
    if (!doorkeeper.maySpend(address.sandboxId)) return tooMany;
    return host.api(address.sandboxId, withoutToken(request));
  };
  return serveClusterApi(handle, { prefix: (incoming) => addressOf(incoming)?.prefix ?? '' });
}

function addressOf(request: IncomingMessage): Address | undefined {
  const match = path.exec(request.url ?? '');
  return match ? { prefix: match[0], sandboxId: match[1] as string, token: match[2] } : undefined;
}

function bearerOf({ headers }: ApiRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
}

/** Whoever holds the sandbox's token is its learner, whose own kubeconfig is the administrator's. */
function withoutToken(request: ApiRequest): ApiRequest {
  const { authorization: _, cookie: __, ...headers } = request.headers;
  return { ...request, headers };
}

const json = { 'content-type': 'application/json' };
const noSuchCluster: ApiResponse = { status: 404, headers: json, body: failure(404, 'NotFound', 'there is no such cluster').status };
const unauthorized: ApiResponse = { status: 401, headers: json, body: failure(401, 'Unauthorized', 'Unauthorized').status };
const tooMany: ApiResponse = {
  status: 429,
  headers: { ...json, 'retry-after': '1' },
  body: failure(429, 'TooManyRequests', 'too many requests to this sandbox, please try again later', { retryAfterSeconds: 1 }).status,
};

/** Checks tokens against the database, at most once in a while for each sandbox, and counts what is spent. */
class Doorkeeper {
  readonly #db: Db;
  readonly #clock: () => number;
  readonly #generations = new Map<string, { generation: number | undefined; readAt: number }>();
  readonly #buckets = new Map<string, { tokens: number; filledAt: number }>();

  constructor(db: Db, clock: () => number) {
    this.#db = db;
    this.#clock = clock;
  }

  async admits(sandboxId: string, token: string): Promise<boolean> {
    const generation = await this.#generation(sandboxId);
    return generation !== undefined && isClusterToken(token, sandboxId, generation);
  }

  maySpend(sandboxId: string): boolean {
    const now = this.#clock();
    const bucket = this.#buckets.get(sandboxId) ?? { tokens: burst, filledAt: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * ratePerSecond);
    this.#buckets.set(sandboxId, { tokens: Math.max(0, tokens - 1), filledAt: now });
    return tokens >= 1;
  }

  async #generation(sandboxId: string): Promise<number | undefined> {
    const known = this.#generations.get(sandboxId);
    if (known && this.#clock() - known.readAt < trustMs) return known.generation;
    const generation = (await findSandbox(this.#db, sandboxId))?.tokenGeneration;
    this.#generations.set(sandboxId, { generation, readAt: this.#clock() });
    if (this.#generations.size > 10_000) this.#generations.clear();
    return generation;
  }
}
