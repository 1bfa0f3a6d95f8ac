import { decodeBase64, failure, JsonSyntaxError, readJson, statusErrors, type KubeObject, type StatusError } from '../../../api';
import type { HttpResponse, HttpResult } from '../../../network/types';
import type { AdmissionRequest, Lookup } from '../plugin';
import { reviewRequest } from './review-request';
import { versioned, type Target } from './target';

/** One webhook of a configuration. */
export interface Webhook {
  readonly name: string;
  readonly configuration: string;
  /** Where it stands in the order in which webhooks are called, as audit annotations count. */
  readonly index: number;
  readonly spec: Record<string, any>;
}

/** What a webhook answers when it lets the request through. */
export interface Admitted {
  /** JSON text of a patch. */
  readonly patch: string | undefined;
}

/** The way from the API server to webhooks, over the cluster's network. */
export interface WebhookDialer {
  post(url: string, body: string, options: { timeoutMs: number; headers: Readonly<Record<string, string>> }): HttpResult;
}

/** It could not be asked, or its answer makes no sense: the failure policy decides. */
export class WebhookFailure extends Error {
  override readonly name = 'WebhookFailure';

  constructor(webhook: string, why: string) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${why}`);
  }
}

/**
 * Asks one webhook about a request (`webhook/validating/dispatcher.go`, `webhook/mutating/dispatcher.go`).
 * Throws `WebhookFailure`, and a `StatusError` when the webhook denies.
 */
export function callWebhook(webhook: Webhook, request: AdmissionRequest, target: Target, lookup: Lookup, isMutating: boolean): Admitted {
  const { name, spec } = webhook;
  if (request.context.isDryRun && spec['sideEffects'] !== 'None' && spec['sideEffects'] !== 'NoneOnDryRun')
    throw statusErrors.badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  const uid = lookup.reviewUid();
  const version = (spec['admissionReviewVersions'] as string[]).find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1';
  const body = JSON.stringify(reviewOf(request, target, uid, version));
  const review = parsed(name, posted(webhook, body, lookup));
  const response = verified(name, review, { uid, version, isMutating });
  for (const [key, value] of Object.entries(response['auditAnnotations'] ?? {})) request.context.annotate(`${name}/${key}`, String(value));
  request.context.warnings.push(...((response['warnings'] as string[] | undefined) ?? []));
  if (response['allowed'] !== true) throw denial(name, response['status'] as Denied | undefined);
  return { patch: patchOf(name, response) };
}

function reviewOf(request: AdmissionRequest, target: Target, uid: string, version: string): object {
  const { object, old } = versioned(request, target);
  const { dryRun, options, ...rest } = reviewRequest(request, target);
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...rest, object: object ?? null, oldObject: old ?? null, dryRun, options: options ?? null },
  };
}

interface Address {
  /** As it is written in sentences. */
  readonly url: string;
  /** Where it really goes. */
  readonly dialed: string;
  readonly authority: string;
}

function posted({ name, spec }: Webhook, body: string, lookup: Lookup): HttpResponse {
  const timeoutSeconds: number = spec['timeoutSeconds'] ?? 10;
  const { caBundle } = spec['clientConfig'];
  const failed = (why: string) => new WebhookFailure(name, why);
  if (caBundle && !/-----BEGIN [A-Z ]+-----/.test(decodeBase64(caBundle) ?? ''))
    throw failed('could not get REST client: unable to load root certificates: unable to parse bytes as PEM block');
  const url = urlOf(spec['clientConfig'], timeoutSeconds);
  const unreachable = (why: string) => failed(`failed to call webhook: Post ${JSON.stringify(url)}: ${why}`);
  const address = addressOf(url, spec['clientConfig'].service, lookup);
  if (typeof address === 'string') throw unreachable(address);
  const headers = { 'content-type': 'application/json', accept: 'application/json, */*', host: address.authority };
  const result = lookup.webhooks?.post(address.dialed, body, { timeoutMs: timeoutSeconds * 1000, headers });
  if (result?.type !== 'response') throw unreachable(dialSentence(result, address));
  if (!caBundle) throw unreachable('tls: failed to verify certificate: x509: certificate signed by unknown authority');
  if (result.response.status < 200 || result.response.status > 206)
    throw failed(`failed to call webhook: ${serverSentence(result.response)}`);
  return result.response;
}

function urlOf({ url, service }: { url?: string; service?: Record<string, any> }, timeoutSeconds: number): string {
  const base = service
    ? `https://${service['name']}.${service['namespace']}.svc:${service['port'] ?? 443}${service['path']?.replace(/^\/?/, '/') ?? '/'}`
    : (url as string).replace(/^(https:\/\/[^/?#]+)$/, '$1/');
  return `${base}?timeout=${timeoutSeconds}s`;
}

/** Where a URL or a Service is, or why that is nowhere (`proxy.ResolveCluster`). */
function addressOf(url: string, reference: Record<string, any> | undefined, lookup: Lookup): Address | string {
  const [, authority = '', path = '/'] = /^https:\/\/([^/?#]+)(.*)$/.exec(url) ?? [];
  if (!reference) return { url, dialed: url, authority };
  const name = JSON.stringify(reference['name']);
  const service = lookup.find('Service', reference['namespace'], reference['name']);
  if (!service) return `service ${name} not found`;
  const port: number = reference['port'] ?? 443;
  if (service.spec.type === 'ExternalName')
    return port === 443 ? { url, dialed: `https://${service.spec.externalName}:443${path}`, authority } : `services ${name} not found`;
  const ports = (service.spec.ports ?? []) as { port: number }[];
  if (!ports.some((one) => one.port === port)) return `no service port ${port} found for service ${name}`;
  const host = service.spec.clusterIP === 'None' ? endpointOf(lookup, reference) : `${service.spec.clusterIP}:${port}`;
  return host === undefined ? `no endpoints available for service ${name}` : { url, dialed: `https://${host}${path}`, authority };
}

/** A Service without an address of its own is asked at one of its Pods. */
function endpointOf(lookup: Lookup, { namespace, name, port = 443 }: Record<string, any>): string | undefined {
  const service = lookup.find('Service', namespace, name);
  const portName = (service?.spec.ports as { port: number; name?: string }[] | undefined)?.find((one) => one.port === port)?.name ?? '';
  for (const slice of lookup.list('EndpointSlice', namespace)) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const ready = (slice['endpoints'] ?? []).find(
      (one: KubeObject) => (one['conditions'] as { ready?: boolean } | undefined)?.ready !== false,
    );
    const target = (slice['ports'] ?? []).find((one: { name?: string }) => (one.name ?? '') === portName);
    if (ready && target) return `${ready.addresses[0]}:${target.port}`;
  }
  return undefined;
}

function dialSentence(result: HttpResult | undefined, { dialed }: Address): string {
  const [, host = ''] = /^https:\/\/([^/?#]+)/.exec(dialed) ?? [];
  const place = /:\d+$/.test(host) ? host : `${host}:443`;
  const why = result?.type === 'error' ? result.error : 'refused';
  switch (why) {
    case 'timeout':
      return 'context deadline exceeded';
    case 'could-not-resolve':
      return `dial tcp: lookup ${place.replace(/:\d+$/, '')}: no such host`;
    case 'unreachable':
      return `dial tcp ${place}: connect: no route to host`;
    case 'refused':
      return `dial tcp ${place}: connect: connection refused`;
  }
}

/** What client-go makes of an answer that is no success (`NewGenericServerResponse`). */
function serverSentence({ status, body }: HttpResponse): string {
  switch (status) {
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 403:
      return body.trim() || 'forbidden';
    case 404:
      return 'the server could not find the requested resource';
    case 405:
      return 'the server does not allow this method on the requested resource';
    case 400:
      return 'the server rejected our request for an unknown reason';
    case 503:
      return 'the server is currently unable to handle the request';
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request';
    default:
      return status >= 500
        ? `an error on the server (${JSON.stringify(body.trim() || 'unknown')}) has prevented the request from succeeding`
        : `the server responded with the status code ${status} but did not return more information`;
  }
}

type Fields = Record<string, any>;

function parsed(name: string, { body }: HttpResponse): Fields {
  const failed = (why: string) => new WebhookFailure(name, `failed to call webhook: couldn't get version/kind; json parse error: ${why}`);
  try {
    const { value } = readJson(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    throw failed(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value`);
  } catch (error) {
    throw error instanceof JsonSyntaxError ? failed(error.message) : error;
  }
}

/** `request.VerifyAdmissionResponse`. */
function verified(
  name: string,
  { kind = '', apiVersion = '', response }: Fields,
  { uid, version, isMutating }: { uid: string; version: string; isMutating: boolean },
): Fields {
  const invalid = (why: string) => new WebhookFailure(name, `received invalid webhook response: ${why}`);
  const isFields = typeof response === 'object' && response !== null && !Array.isArray(response);
  if (!isFields) throw invalid('webhook response was absent');
  if (version === 'v1beta1') return response;
  if (response.uid !== uid) throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const given = `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
  const expected = 'admission.k8s.io/v1, Kind=AdmissionReview';
  if (given !== expected) throw invalid(`expected webhook response of ${expected}, got ${given}`);
  const { patch, patchType } = response;
  if (!isMutating && patch) throw invalid('validating webhook may not return response.patch');
  if (!isMutating && patchType !== undefined) throw invalid('validating webhook may not return response.patchType');
  if (patch && patchType === undefined) throw invalid('webhook returned response.patch but not response.patchType');
  if (!patch && patchType !== undefined) throw invalid('webhook returned response.patchType but not response.patch');
  if (patchType === '') throw invalid('webhook returned invalid response.patchType of ""');
  return response;
}

function patchOf(name: string, { patch, patchType = 'JSONPatch' }: Fields): string | undefined {
  if (!patch) return undefined;
  if (patchType !== 'JSONPatch') throw new WebhookFailure(name, `unsupported patch type ${JSON.stringify(patchType)}`);
  const text = decodeBase64(String(patch));
  if (text === undefined) throw new WebhookFailure(name, 'failed to call webhook: illegal base64 data at input byte 0');
  return text;
}

interface Denied {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: object;
  readonly metadata?: object;
}

/** `webhook/errors.ToStatusErr`: the webhook's own status, saying who denied. */
function denial(name: string, { code = 0, reason, message, details }: Denied = {}): StatusError {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message || reason;
  return failure(Math.max(code, 400), (reason || undefined) as never, why ? `${by}: ${why}` : `${by} without explanation`, details);
}
