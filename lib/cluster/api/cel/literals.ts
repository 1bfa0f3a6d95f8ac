import type { Environment } from '@marcbachmann/cel-js';

/** `Object{…}`, `Object.spec{…}` or `JSONPatch{…}` of a mutating policy: the fields that were written. */
export class CelMessage {
  /** As it was written: `Object.spec`. */
  readonly typeName: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(typeName: string, fields: Readonly<Record<string, unknown>>) {
    this.typeName = typeName;
    this.fields = fields;
  }
}

class ApplyMessage extends CelMessage {}
class PatchMessage extends CelMessage {}

export function registerLiterals(environment: Environment): void {
  environment
    .registerType('Object', { ctor: ApplyMessage } as never)
    .registerType('JSONPatch', { ctor: PatchMessage } as never)
    .registerFunction('Object_(string, map): Object', (name: string, fields: Record<string, unknown>) => new ApplyMessage(name, fields))
    .registerFunction(
      'JSONPatch_(string, map): JSONPatch',
      (name: string, fields: Record<string, unknown>) => new PatchMessage(name, fields),
    )
    .registerType('JsonPointers', { ctor: JsonPointers } as never)
    .registerConstant('jsonpatch', 'JsonPointers', new JsonPointers())
    .registerFunction('JsonPointers.escapeKey(string): string', (_: JsonPointers, key: string) =>
      key.replaceAll('~', '~0').replaceAll('/', '~1'),
    );
}

/** What `jsonpatch.` stands for. */
class JsonPointers {}

export interface Rewriting {
  readonly text: string;
  /** Where in the original a place of `text` was. */
  offset(at: number): number;
}

const literal = /\b(Object(?:\.\w+)*|JSONPatch)\s*\{/;
const piece = /"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(Object(?:\.\w+)*|JSONPatch)(\s*)\{|\w+|[^]/g;

/** The engine has no messages, so `Object{a: 1}` is read as `Object_("Object", {"a": 1})`. */
export function withoutLiterals(expression: string): Rewriting {
  if (!literal.test(expression)) return { text: expression, offset: (at) => at };
  const moved: { readonly at: number; readonly was: number }[] = [];
  const open: ('message' | 'other')[] = [];
  let text = '';
  const write = (written: string, was: number) => {
    moved.push({ at: text.length, was });
    text += written;
  };
  let isKey = false;
  for (const match of expression.matchAll(piece)) {
    const [token, message] = match;
    const was = match.index;
    if (message) {
      open.push('message');
      write(`${message.split('.')[0]}_(${JSON.stringify(message)}, {`, was);
      isKey = true;
      continue;
    }
    if (/^[{[(]$/.test(token)) open.push('other');
    const closed = /^[}\])]$/.test(token) ? open.pop() : undefined;
    const isField = isKey && open.at(-1) === 'message' && /^\w+$/.test(token);
    write(isField ? JSON.stringify(token) : closed === 'message' ? `${token})` : token, was);
    isKey = token === ',' || (isKey && /^\s$/.test(token));
  }
  return { text, offset: (at) => placeOf(moved, at) };
}

function placeOf(moved: readonly { readonly at: number; readonly was: number }[], at: number): number {
  const last = moved.findLast((one) => one.at <= at);
  return last ? last.was + (at - last.at) : at;
}
