import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiRequest } from '@/lib/cluster/api';

/** Tests that compare with what a real v1.36 API server answered; skipped, saying so, where there is no recording of one. */
export function describeRecorded(title: string, name: string, tests: (path: string) => void): void {
  const reference = process.env.ORRERY_REFERENCE;
  const path = reference ? join(reference, 'v1.36', name) : undefined;
  describe(title, () => {
    if (path && existsSync(path)) return tests(path);
    console.log('skipped: ORRERY_REFERENCE does not point at recordings of a real v1.36 API server');
    test.skip('compared with the recordings', () => {});
  });
}

export interface RecordedStep {
  readonly name: string;
  readonly as: 'admin' | 'alice' | 'anonymous' | 'bogus';
  /** Asked again until it was so: controllers had to do something first. */
  readonly poll?: unknown;
  /** `ctl`: controllers had a hand in the answer. */
  readonly mask?: readonly string[];
  readonly request: {
    readonly method: ApiRequest['method'];
    readonly path: string;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly warning?: readonly string[] | null; readonly body: unknown };
}

export interface RecordedScenario {
  readonly id: string;
  readonly area: string;
  readonly steps: readonly RecordedStep[];
}

/** Conversations with that server, under the name of their file. */
export const scenarioFile = 'corpus/recordings.jsonl';

export function readScenarios(path: string): RecordedScenario[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordedScenario);
}

/** A recorded request as our API server takes one, from whoever has `token`. */
export function requestOf({ method, path, headers, body }: RecordedStep['request'], token?: string): ApiRequest {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method,
    url: path,
    headers: token === undefined ? lower : { ...lower, authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}
