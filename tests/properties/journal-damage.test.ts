import fc from 'fast-check';
import { appendJournal, claimSandbox, saveSnapshot, type Database } from '@/lib/db';
import { checksumOf } from '@/lib/sandbox/codec';
import type { FromWorker, Outgoing, SandboxRecipe } from '@/lib/sandbox/protocol';
import { readRecipe } from '@/lib/sandbox/recipe';
import { Sandbox } from '@/lib/sandbox/sandbox';
import { openTestDatabase } from '../support/database';
import { addContent, addSandbox, addUser } from '../support/learning';
import { stubSessions } from '../support/stub-session';

let database: Database;
let userId: string;
let labRevisionId: number;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ labRevisionId } = await addContent(database.client));
  userId = await addUser(database.client);
});
afterAll(() => database.close());

/** A sandbox on this thread, whose rows and snapshots go straight to the database. */
class Kept {
  readonly sandboxId: string;
  readonly fence: number;
  /** The screen as each row left it. */
  readonly screens = new Map<number, string>([[0, '']]);
  notice: string | undefined;
  #sandbox: Sandbox | undefined;
  #written: Promise<unknown> = Promise.resolve();
  readonly #answers = new Map<number, (value: unknown) => void>();
  #id = 0;
  #typed = 0;

  private constructor(sandboxId: string, fence: number) {
    this.sandboxId = sandboxId;
    this.fence = fence;
  }

  static async create(): Promise<Kept> {
    const { sandboxId } = await addSandbox(database.client, userId, labRevisionId);
    return new Kept(sandboxId, (await claimSandbox(database.client, sandboxId, 'host', 60_000)) as number);
  }

  recipe(): Promise<SandboxRecipe> {
    return readRecipe(database.client, { sandboxId: this.sandboxId, lab: { slug: 'stub', files: {} }, seed: '7' });
  }

  /** Opens what is kept; a snapshot is due after so much journal. */
  async open(journalBytes: number): Promise<void> {
    this.notice = undefined;
    this.#sandbox = await Sandbox.open({
      id: this.sandboxId,
      recipe: await this.recipe(),
      factory: stubSessions,
      post: (message) => this.#receive(message),
      cuts: { journalBytes, ageMs: 300_000 },
    });
  }

  async type(text: string): Promise<void> {
    await this.#ask({ type: 'ask', name: 'terminal:input', request: { terminal: 'main', page: '', sequence: ++this.#typed, text } });
  }

  async screen(): Promise<string | undefined> {
    const { state } = (await this.#ask({ type: 'join', terminals: {} })) as { state: { terminals: { text: string }[] } };
    return state.terminals[0]?.text;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await this.#sandbox?.close(false);
    await this.#written;
  }

  #ask(request: Parameters<Sandbox['request']>[1]): Promise<unknown> {
    const id = ++this.#id;
    this.#sandbox?.request(id, request);
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  #receive(message: FromWorker): void {
    if (message.type === 'opened') this.notice = message.notice;
    if (message.type === 'cut') this.#write(() => saveSnapshot(database.client, { ...message, fence: this.fence }));
    if (message.type !== 'batch') return;
    const { sequence, changes } = message;
    if (changes !== undefined) {
      this.#write(() =>
        appendJournal(database.client, [
          { sandboxId: this.sandboxId, fence: this.fence, sequence, changes, checksum: checksumOf(sequence, changes) },
        ]),
      );
      for (const { change } of JSON.parse(changes) as { change?: { text?: string } }[])
        if (change?.text !== undefined) this.screens.set(sequence, change.text);
    }
    for (const one of [...message.durable, ...message.volatile] as Outgoing[])
      if (one.type === 'answer') this.#answers.get(one.id)?.(one.value);
  }

  #write(work: () => Promise<unknown>): void {
    this.#written = this.#written.then(work);
  }
}

type Damage =
  | { readonly type: 'flip' | 'shorten'; readonly row: number; readonly at: number }
  | { readonly type: 'delete' | 'sum'; readonly row: number }
  | { readonly type: 'delete-from'; readonly row: number }
  | { readonly type: 'swap' | 'copy'; readonly row: number; readonly other: number }
  | { readonly type: 'snapshot-flip' | 'snapshot-shorten'; readonly row: number; readonly at: number }
  | { readonly type: 'snapshot-delete'; readonly row: number }
  | { readonly type: 'snapshot-swap' };

const row = fc.nat(30);
const at = fc.nat(400);
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ type: fc.constantFrom('flip' as const, 'shorten' as const), row, at }),
  fc.record({ type: fc.constantFrom('delete' as const, 'sum' as const), row }),
  fc.record({ type: fc.constant('delete-from' as const), row }),
  fc.record({ type: fc.constantFrom('swap' as const, 'copy' as const), row, other: row }),
  fc.record({ type: fc.constantFrom('snapshot-flip' as const, 'snapshot-shorten' as const), row, at }),
  fc.record({ type: fc.constant('snapshot-delete' as const), row }),
  fc.constant({ type: 'snapshot-swap' as const }),
);

interface Tables {
  rows: { sequence: number; changes: string; checksum: number }[];
  snapshots: { sequence: number; content: Uint8Array<ArrayBuffer> }[];
}

async function read(sandboxId: string): Promise<Tables> {
  const order = { where: { sandboxId }, orderBy: { sequence: 'asc' as const } };
  const rows = await database.client.sandboxJournal.findMany({ ...order, select: { sequence: true, changes: true, checksum: true } });
  const snapshots = await database.client.sandboxSnapshot.findMany({ ...order, select: { sequence: true, content: true } });
  return { rows, snapshots };
}

async function replace(sandboxId: string, { rows, snapshots }: Tables): Promise<void> {
  await database.client.sandboxJournal.deleteMany({ where: { sandboxId } });
  await database.client.sandboxSnapshot.deleteMany({ where: { sandboxId } });
  await database.client.sandboxJournal.createMany({ data: rows.map((one) => ({ sandboxId, ...one })) });
  await database.client.sandboxSnapshot.createMany({ data: snapshots.map((one) => ({ sandboxId, ...one })) });
}

function damaged({ rows, snapshots }: Tables, what: Damage): Tables {
  const index = 'row' in what && rows.length > 0 ? what.row % rows.length : 0;
  const which = 'row' in what && snapshots.length > 0 ? what.row % snapshots.length : 0;
  const edit = (change: (one: Tables['rows'][number]) => Partial<Tables['rows'][number]>) => ({
    snapshots,
    rows: rows.map((one, place) => (place === index ? { ...one, ...change(one) } : one)),
  });
  const editSnapshot = (change: (content: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => ({
    rows,
    snapshots: snapshots.map((one, place) => (place === which ? { ...one, content: change(one.content) } : one)),
  });
  switch (what.type) {
    case 'flip':
      return edit(({ changes }) => {
        const place = what.at % changes.length;
        return { changes: `${changes.slice(0, place)}${changes[place] === 'x' ? 'y' : 'x'}${changes.slice(place + 1)}` };
      });
    case 'shorten':
      return edit(({ changes }) => ({ changes: changes.slice(0, what.at % changes.length) }));
    case 'sum':
      return edit(({ checksum }) => ({ checksum: checksum ^ 1 }));
    case 'delete':
      return { snapshots, rows: rows.filter((_, place) => place !== index) };
    case 'delete-from':
      return { snapshots, rows: rows.slice(0, index) };
    case 'swap':
    case 'copy': {
      const other = rows[what.other % Math.max(1, rows.length)];
      const one = rows[index];
      if (!one || !other) return { rows, snapshots };
      const text = ({ changes, checksum }: typeof one) => ({ changes, checksum });
      return {
        snapshots,
        rows: rows.map((each) =>
          each === one ? { ...one, ...text(other) } : each === other && what.type === 'swap' ? { ...other, ...text(one) } : each,
        ),
      };
    }
    case 'snapshot-flip':
      return editSnapshot((content) => content.map((byte, place) => (place === what.at % content.length ? byte ^ 4 : byte)));
    case 'snapshot-shorten':
      return editSnapshot((content) => content.slice(0, what.at % content.length));
    case 'snapshot-delete':
      return { rows, snapshots: snapshots.filter((_, place) => place !== which) };
    case 'snapshot-swap':
      return { rows, snapshots: snapshots.map((one, place) => ({ ...one, content: snapshots.at(-1 - place)?.content ?? one.content })) };
  }
}

/** How far the sandbox can be read, found by comparing with what was written. */
function lastGood(before: Tables, after: Tables): number | undefined {
  const isSame = (one: Uint8Array, other: Uint8Array | undefined) => other !== undefined && Buffer.compare(one, other) === 0;
  const start = after.snapshots
    .filter((one) => isSame(one.content, before.snapshots.find(({ sequence }) => sequence === one.sequence)?.content))
    .at(-1);
  if (!start) return undefined;
  let last = start.sequence;
  const original = new Map(before.rows.map((one) => [one.sequence, one]));
  const present = new Map(after.rows.map((one) => [one.sequence, one]));
  for (let next = last + 1; ; last = next++) {
    const [was, is] = [original.get(next), present.get(next)];
    if (!was || was.changes !== is?.changes || was.checksum !== is.checksum) return last;
  }
}

test('whatever happens to its rows, a sandbox opens at the last good one and says whether anything is lost', async () => {
  let [lost, fromTheBeginning, olderSnapshot] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[a-z]{1,9};$/), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(120, 300, 1_000_000),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      async (words, journalBytes, damages) => {
        const kept = await Kept.create();
        await kept.open(journalBytes);
        for (const [index, word] of words.entries()) {
          await kept.type(word);
          if (index % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await kept.close();
        const before = await read(kept.sandboxId);
        const head = (await kept.recipe()).head;
        const after = damages.reduce(damaged, before);
        await replace(kept.sandboxId, after);
        const good = lastGood(before, after);
        await kept.open(journalBytes);
        const expected = good === undefined ? '' : [...kept.screens].filter(([sequence]) => sequence <= good).at(-1)?.[1];
        expect(await kept.screen()).toBe(expected);
        if (good === undefined) expect(kept.notice).toMatch(/could not be read. It starts from the beginning/);
        else if (good < head) expect(kept.notice).toMatch(/was damaged. It is as it was at \d\d:\d\d:\d\d on its own clock, revision/);
        else expect(kept.notice).toBeUndefined();
        await kept.type('more;');
        await kept.close();
        await kept.open(journalBytes);
        expect(await kept.screen()).toBe(`${expected}more;`);
        expect(kept.notice).toBeUndefined();
        await kept.close();
        if (good === undefined) fromTheBeginning++;
        else if (good < head) lost++;
        else if (!after.snapshots.includes(before.snapshots.at(-1) as never)) olderSnapshot++;
      },
    ),
    { numRuns: 100, seed: 7 },
  );
  expect(Math.min(lost, fromTheBeginning, olderSnapshot)).toBeGreaterThan(2);
}, 120_000);
