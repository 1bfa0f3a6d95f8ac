import { deepCopy, deepEqual } from '@/lib/base';
import { define } from './json-reader';

/** An operation that cannot be done; the API server tells its client no more than that. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

type Container = Record<string, unknown> | unknown[];

/**
 * RFC 6902 as the API server's library reads it (`evanphx/json-patch` v4), which is laxer than the letter: `replace` adds a missing key,
 * `copy` of nothing copies null, `test` for null holds where nothing is, and negative indexes count from the end.
 * Returns a new document. Throws `JsonPatchError`.
 */
export function applyJsonPatch(document: unknown, operations: readonly unknown[]): unknown {
  const root: Root = { document: deepCopy(document), copied: 0 };
  for (const operation of operations) apply(root, (operation ?? {}) as Operation);
  return root.document;
}

/** What copies may add to a document altogether, as JSON: kube-apiserver's limit of a body (`AccumulatedCopySizeLimit`). */
const copiedMax = 3 * 1024 * 1024;

interface Root {
  document: unknown;
  copied: number;
}

function apply(root: Root, { op, path, from, value }: Operation): void {
  if (typeof path !== 'string') throw new JsonPatchError('missing path');
  switch (op) {
    case 'add':
      return path === '' ? void (root.document = plain(value)) : add(root, path, plain(value));
    case 'remove':
      return void remove(root, path);
    case 'replace':
      return path === '' ? void (root.document = plain(value)) : replace(root, path, plain(value));
    case 'move':
      return add(root, path, remove(root, textOf(from)));
    case 'copy':
      return add(root, path, copied(root, read(root, textOf(from)) ?? null));
    case 'test':
      return test(root, path, plain(value));
    default:
      throw new JsonPatchError(`unexpected kind: ${String(op)}`);
  }
}

function copied(root: Root, value: unknown): unknown {
  root.copied += JSON.stringify(value).length;
  if (root.copied > copiedMax)
    throw new JsonPatchError(
      `Unable to complete the copy, the accumulated size increase of copy is ${root.copied}, exceeding the limit ${copiedMax}`,
    );
  return deepCopy(value);
}

/** A value left out is null. */
function plain(value: unknown): unknown {
  return value === undefined ? null : deepCopy(value);
}

function textOf(from: unknown): string {
  if (typeof from !== 'string') throw new JsonPatchError('missing from');
  return from;
}

/** What a pointer's last part stands in. A pointer's first part is dropped whatever it is. */
function find(root: Root, path: string): { container: Container; key: string } {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop() ?? '';
  let container = root.document;
  for (const part of parts) container = isContainer(container) ? get(container, part) : undefined;
  if (!isContainer(container)) throw new JsonPatchError(`missing path: ${path}`);
  return { container, key };
}

function get(container: Container, key: string): unknown {
  if (Array.isArray(container)) return container[indexOf(key, container.length)];
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function indexOf(key: string, length: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw new JsonPatchError(`invalid index: ${key}`);
  const index = Number(key);
  const counted = index < 0 ? index + length : index;
  if (counted < 0 || counted >= length) throw new JsonPatchError(`index out of bounds: ${key}`);
  return counted;
}

function read(root: Root, path: string): unknown {
  if (path === '') return root.document;
  const { container, key } = find(root, path);
  return get(container, key);
}

function add(root: Root, path: string, value: unknown): void {
  const { container, key } = find(root, path);
  if (!Array.isArray(container)) return define(container, key, value);
  if (key === '-') return void container.push(value);
  container.splice(indexOf(key, container.length + 1), 0, value);
}

function remove(root: Root, path: string): unknown {
  const { container, key } = find(root, path);
  if (Array.isArray(container)) return container.splice(indexOf(key, container.length), 1)[0];
  if (!Object.hasOwn(container, key)) throw new JsonPatchError(`unable to remove nonexistent key: ${key}`);
  const value = container[key];
  delete container[key];
  return value;
}

function replace(root: Root, path: string, value: unknown): void {
  const { container, key } = find(root, path);
  if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
  else define(container, key, value);
}

function test(root: Root, path: string, value: unknown): void {
  const found = read(root, path) ?? null;
  if (!deepEqual(found, value)) throw new JsonPatchError(`testing value ${path} failed`);
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
