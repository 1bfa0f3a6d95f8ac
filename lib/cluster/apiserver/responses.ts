import { stringify } from 'yaml';
import { StatusError, type ApiRequest, type ApiResponse, type ApiStream, type Status } from '../api';
import { negotiate } from './media-types';

/** What a handler answers, before it is put into the format the client asked for. */
export type Answer =
  | { readonly type: 'object'; readonly status: number; readonly body: unknown; readonly format?: 'json' | 'yaml' }
  | { readonly type: 'stream'; readonly stream: ApiStream; readonly contentType: string }
  | { readonly type: 'response'; readonly response: ApiResponse };

export function answered(body: unknown, status = 200, format: 'json' | 'yaml' = 'json'): Answer {
  return { type: 'object', status, body, format };
}

const jsonHeaders: Readonly<Record<string, string>> = Object.freeze({ 'content-type': 'application/json' });

export function respond(answer: Answer, _request: ApiRequest, warnings: readonly string[]): ApiResponse {
  switch (answer.type) {
    case 'response':
      return answer.response;
    case 'stream':
      return { status: 200, headers: withWarnings({ 'content-type': answer.contentType }, warnings), stream: answer.stream };
    case 'object':
      return objectResponse(answer, warnings);
  }
}

function objectResponse({ status, body, format }: Extract<Answer, { type: 'object' }>, warnings: readonly string[]): ApiResponse {
  if (format === 'yaml') return { status, headers: withWarnings({ 'content-type': 'application/yaml' }, warnings), body: toYaml(body) };
  return { status, headers: withWarnings(jsonHeaders, warnings), body };
}

/** A refusal, as a Status in the format the client takes. */
export function failed({ status }: StatusError, request: ApiRequest, warnings: readonly string[]): ApiResponse {
  const headers: Record<string, string> = status.details?.retryAfterSeconds
    ? { 'retry-after': String(status.details.retryAfterSeconds) }
    : {};
  const response = objectResponse(
    { type: 'object', status: status.code, body: status satisfies Status, format: formatFor(request) },
    warnings,
  );
  return {
    ...response,
    headers: { ...response.headers, ...headers, ...(status.code === 401 ? { 'www-authenticate': 'Basic realm="kubernetes-master"' } : {}) },
  };
}

function formatFor({ headers }: ApiRequest): 'json' | 'yaml' {
  try {
    return negotiate(headers['accept']).format;
  } catch {
    return 'json';
  }
}

/** RFC 7234 warnings; several are one header with commas. */
function withWarnings(headers: Readonly<Record<string, string>>, warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return headers;
  const unique = [...new Set(warnings)];
  return { ...headers, warning: unique.map((text) => `299 - ${quoted(text)}`).join(', ') };
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\p{Cc}/gu, '')}"`;
}

export function plainText(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** `sigs.k8s.io/yaml`: keys in byte order, long lines folded. */
function toYaml(body: unknown): string {
  return stringify(body, { sortMapEntries: true, lineWidth: 80, version: '1.1', singleQuote: true, indentSeq: false });
}
