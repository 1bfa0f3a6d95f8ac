import { Random } from '@/lib/base';
import type { ApiRequest, ApiResponse, ApiStream, Status } from '../../api';
import { rfc3339Micro, type Instant, type Kernel } from '../../kernel';
import type { User } from '../authentication';
import type { Verdict } from '../authorization';
import type { RequestInfo } from '../request-info';
import { userInfo } from '../reviews';
import { auditConfigOf, type AuditConfig, type AuditPolicy, type AuditStage } from './policy';

export interface AuditOptions {
  readonly policy: AuditPolicy;
  /** Gets each event as one line of JSON. */
  write(line: string): void;
}

/** `audit.k8s.io/v1` Event, as far as readers care. */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly level: string;
  readonly auditID: string;
  readonly stage: AuditStage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly impersonatedUser?: { readonly username: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?:
    | {
        readonly resource?: string;
        readonly namespace?: string;
        readonly name?: string;
        readonly apiGroup?: string;
        readonly apiVersion?: string;
        readonly subresource?: string;
      }
    | undefined;
  readonly responseStatus?: Partial<Status>;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Tells who asked for what and what became of it, as much as the policy says (`apiserver/pkg/audit`). */
export class AuditLog {
  readonly #kernel: Kernel;
  readonly #options: AuditOptions;
  readonly #ids: Random;

  constructor(kernel: Kernel, options: AuditOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.#ids = kernel.random.fork('kube-apiserver/audit');
  }

  begin(request: ApiRequest, info: RequestInfo): AuditRecord {
    return new AuditRecord({ kernel: this.#kernel, ...this.#options, id: this.#ids.uuid(), request, info });
  }
}

interface RecordOptions extends AuditOptions {
  readonly kernel: Kernel;
  readonly id: string;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
}

/** What is told of one request while it is answered. */
export class AuditRecord {
  readonly #options: RecordOptions;
  readonly #receivedAt: Instant;
  readonly #annotations: Record<string, string> = {};
  #user: User = { name: '', groups: [] };
  #impersonated: User | undefined;
  #config: AuditConfig = { level: 'None', omitStages: [], omitManagedFields: false };

  constructor(options: RecordOptions) {
    this.#options = options;
    this.#receivedAt = options.kernel.now;
  }

  /** Who it is; from here on the policy has its say. */
  authenticated(user: User): void {
    this.#user = user;
    this.#config = auditConfigOf(this.#options.policy, user, this.#options.info);
    this.#tell('RequestReceived');
  }

  impersonates(user: User): void {
    if (user !== this.#user) this.#impersonated = user;
  }

  decided({ decision, reason }: Verdict): void {
    this.annotate('authorization.k8s.io/decision', decision === 'allow' ? 'allow' : 'forbid');
    this.annotate('authorization.k8s.io/reason', reason);
  }

  /** What shows a part of the request is told only where the request itself is. */
  annotate(key: string, value: string, isOfRequest = false): void {
    if (isOfRequest && this.#config.level === 'Metadata') return;
    this.#annotations[key] ??= value;
  }

  /** The answer, which a watch goes on giving until it ends. */
  complete(response: ApiResponse): ApiResponse {
    if (response.stream) {
      this.#tell('ResponseStarted', response);
      return { ...response, stream: this.#watched(response, response.stream) };
    }
    this.#tell('ResponseComplete', response);
    return response;
  }

  #watched(response: ApiResponse, stream: ApiStream): ApiStream {
    let isOver = false;
    const over = () => {
      if (!isOver) this.#tell('ResponseComplete', response);
      isOver = true;
    };
    return {
      start: (sink) => {
        const hangUp = stream.start({
          write: (chunk) => sink.write(chunk),
          end: () => {
            over();
            sink.end();
          },
        });
        return () => {
          over();
          hangUp();
        };
      },
    };
  }

  #tell(stage: AuditStage, response?: ApiResponse): void {
    const { level, omitStages } = this.#config;
    if (level === 'None' || omitStages.includes(stage)) return;
    this.#options.write(JSON.stringify(this.#event(stage, response)));
  }

  #event(stage: AuditStage, response: ApiResponse | undefined): AuditEvent {
    const { kernel, id, request, info } = this.#options;
    const { level } = this.#config;
    const hasBodies = stage !== 'RequestReceived' && (level === 'Request' || level === 'RequestResponse');
    const asked = hasBodies ? this.#shown(bodyOf(request)) : undefined;
    const answered = hasBodies && level === 'RequestResponse' && !response?.stream ? this.#shown(response?.body) : undefined;
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level,
      auditID: id,
      stage,
      requestURI: request.url,
      verb: info.verb,
      user: userInfo(this.#user) as AuditEvent['user'],
      ...(this.#impersonated ? { impersonatedUser: userInfo(this.#impersonated) as AuditEvent['user'] } : {}),
      ...(request.headers['user-agent'] ? { userAgent: request.headers['user-agent'] } : {}),
      ...(info.isResource ? { objectRef: objectRef(info, response) } : {}),
      ...(response ? { responseStatus: responseStatus(response) } : {}),
      ...(asked === undefined ? {} : { requestObject: asked }),
      ...(answered === undefined ? {} : { responseObject: answered }),
      requestReceivedTimestamp: rfc3339Micro(this.#receivedAt),
      stageTimestamp: rfc3339Micro(kernel.now),
      ...(Object.keys(this.#annotations).length > 0 ? { annotations: this.#annotations } : {}),
    };
  }

  #shown(body: unknown): unknown {
    if (!this.#config.omitManagedFields || typeof body !== 'object' || body === null) return body;
    const { metadata, ...rest } = body as { metadata?: { managedFields?: unknown } };
    if (!metadata?.managedFields) return body;
    const { managedFields: _, ...kept } = metadata;
    return { metadata: kept, ...rest };
  }
}

function bodyOf({ body }: ApiRequest): unknown {
  if (typeof body !== 'string') return body instanceof Uint8Array ? undefined : body;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function objectRef(info: Extract<RequestInfo, { isResource: true }>, response: ApiResponse | undefined): AuditEvent['objectRef'] {
  const { resource, namespace, group, version, subresource } = info;
  const made = (response?.body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  const name = info.name || (info.verb === 'create' && response && response.status < 400 ? made : undefined);
  return {
    resource,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(group ? { apiGroup: group } : {}),
    apiVersion: version,
    ...(subresource ? { subresource } : {}),
  };
}

function responseStatus({ status, body }: ApiResponse): Partial<Status> {
  const told = body as Partial<Status> | undefined;
  if (status < 400 || told?.kind !== 'Status') return { metadata: {}, code: status };
  const { status: outcome, message, reason, details } = told;
  return {
    metadata: {},
    ...(outcome ? { status: outcome } : {}),
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
    code: status,
  };
}
