import { randomUUID } from 'node:crypto';
import {
  appendJournal,
  claimSandbox,
  clearSandboxState,
  createAttempt,
  findOpenAttempt,
  findSubmission,
  moveLearning,
  readSandboxState,
  releaseSandbox,
  renewSandboxes,
  saveLab,
  saveLessonProgress,
  saveQuizAnswer,
  saveSnapshot,
  saveSubmission,
  type Database,
  type Db,
} from '@/lib/db';
import type { GradingResult } from '@/lib/grading/verdict';
import { engines, openTestDatabase } from '../support/database';
import { addContent, addSandbox, addUser } from '../support/learning';

const result: GradingResult = {
  gradable: true,
  score: 2,
  maxScore: 3,
  labSlug: 'stub',
  labRevision: 1,
  engineVersion: '1',
  seed: '7',
  stateHash: 'h',
  simTime: 't',
  checks: [
    {
      id: 'one',
      stepId: 'only',
      title: 'One',
      points: 2,
      maxPoints: 3,
      verdict: 'not-yet',
      message: 'Not yet: 2 of 3.',
      expected: 3,
      actual: 2,
      visibility: 'public',
    },
  ],
};

describe.each(engines())('the database on %s', (engine) => {
  let database: Database;
  let db: Db;
  let labRevisionId: number;
  beforeAll(async () => {
    database = await openTestDatabase(engine);
    db = database.client;
    ({ labRevisionId } = await addContent(db));
  });
  afterAll(() => database.close());

  const row = (sandboxId: string, fence: number, sequence: number) => ({
    sandboxId,
    fence,
    sequence,
    changes: `[${sequence}]`,
    checksum: -sequence,
  });

  const snapshot = (sandboxId: string, fence: number, sequence: number, bytes: readonly number[] = [7]) => ({
    sandboxId,
    fence,
    sequence,
    content: new Uint8Array(bytes),
    isBase: false,
  });

  test('migrations leave the history that `prisma migrate deploy` would', async () => {
    const rows = await database.client.$queryRaw<
      { migration_name: string; checksum: string }[]
    >`SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL`;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows[0]?.checksum).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a sandbox is its newest snapshot and the rows after it', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    const fence = await claimSandbox(db, sandboxId, 'host-a', 10_000);
    expect(fence).toBe(1);
    expect(await appendJournal(db, [row(sandboxId, 1, 1), row(sandboxId, 1, 2), row(sandboxId, 1, 3)])).toEqual([]);
    expect(await saveSnapshot(db, snapshot(sandboxId, 1, 2, [0, 255, 7]))).toBe(true);
    const { snapshot: newest, rows, head } = await readSandboxState(db, sandboxId);
    expect([...(newest?.content ?? [])]).toEqual([0, 255, 7]);
    expect(rows).toEqual([{ sequence: 3, changes: '[3]', checksum: -3 }]);
    expect(head).toBe(3);
  });

  test('the snapshot before the newest stays with the rows between, and what is older goes in the same statement', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    await claimSandbox(db, sandboxId, 'host-a', 10_000);
    await appendJournal(
      db,
      [1, 2, 3, 4, 5].map((sequence) => row(sandboxId, 1, sequence)),
    );
    for (const sequence of [1, 3, 4]) expect(await saveSnapshot(db, snapshot(sandboxId, 1, sequence))).toBe(true);
    expect((await db.sandboxSnapshot.findMany({ where: { sandboxId } })).map(({ sequence }) => sequence).sort()).toEqual([3, 4]);
    expect((await readSandboxState(db, sandboxId)).rows.map(({ sequence }) => sequence)).toEqual([5]);
    expect((await readSandboxState(db, sandboxId, { before: 4 })).rows.map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect(await saveSnapshot(db, { ...snapshot(sandboxId, 1, 5), isBase: true })).toBe(true);
    expect(await readSandboxState(db, sandboxId, { before: 5 })).toEqual({ snapshot: undefined, rows: [], head: 5 });
  });

  test('of many hosts that claim a sandbox at once under one name, each has a fence of its own and only the last may write', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    const fences = await Promise.all(Array.from({ length: 8 }, () => claimSandbox(db, sandboxId, 'twin', 10_000)));
    expect([...fences].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const fence of fences)
      expect(await appendJournal(db, [row(sandboxId, fence as number, 1)])).toEqual(fence === 8 ? [] : [sandboxId]);
  });

  test('rows are refused, or seen by the claim that ends their owner: none is kept behind its back', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    let fence = (await claimSandbox(db, sandboxId, 'host-a', -1)) as number;
    for (let sequence = 1; sequence <= 20; sequence++) {
      const [refused, next] = await Promise.all([
        appendJournal(db, [row(sandboxId, fence, sequence)]),
        claimSandbox(db, sandboxId, `host-${sequence}`, -1).then(async (claimed) => ({
          fence: claimed as number,
          seen: (await readSandboxState(db, sandboxId)).head,
        })),
      ]);
      expect(next.seen).toBe(refused.length > 0 ? sequence - 1 : sequence);
      if (refused.length > 0) expect(await appendJournal(db, [row(sandboxId, next.fence, sequence)])).toEqual([]);
      fence = next.fence;
    }
  });

  test('two hosts never own one sandbox, and rows and snapshots of the one that lost it are refused', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    const other = await addSandbox(db, await addUser(db), labRevisionId);
    await claimSandbox(db, other.sandboxId, 'host-a', 10_000);
    expect(await claimSandbox(db, sandboxId, 'host-a', 10_000)).toBe(1);
    expect(await claimSandbox(db, sandboxId, 'host-b', 10_000)).toBeUndefined();
    await renewSandboxes(db, [sandboxId], 'host-a', -1);
    expect(await claimSandbox(db, sandboxId, 'host-b', 10_000)).toBe(2);
    expect(await appendJournal(db, [row(sandboxId, 1, 1), row(other.sandboxId, 1, 1)])).toEqual([sandboxId]);
    expect(await saveSnapshot(db, snapshot(sandboxId, 1, 1, [1]))).toBe(false);
    expect((await readSandboxState(db, sandboxId)).rows).toEqual([]);
    expect((await readSandboxState(db, other.sandboxId)).rows).toHaveLength(1);
  });

  test('a released sandbox is free for another host at once', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    await claimSandbox(db, sandboxId, 'host-a', 10_000);
    await releaseSandbox(db, sandboxId, 1);
    expect(await claimSandbox(db, sandboxId, 'host-b', 10_000)).toBe(2);
  });

  test('a reset forgets snapshot and journal and counts the incarnation up', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    await claimSandbox(db, sandboxId, 'host-a', 10_000);
    await appendJournal(db, [row(sandboxId, 1, 1)]);
    await clearSandboxState(db, sandboxId);
    expect(await readSandboxState(db, sandboxId)).toEqual({ snapshot: undefined, rows: [], head: 0 });
    expect((await db.sandbox.findUniqueOrThrow({ where: { id: sandboxId } })).incarnation).toBe(1);
  });

  test('whoever claimed a sandbox just before its reset writes nothing of what it was into what it becomes', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    const fence = (await claimSandbox(db, sandboxId, 'host-a', 10_000)) as number;
    await clearSandboxState(db, sandboxId);
    expect(await appendJournal(db, [row(sandboxId, fence, 1)])).toEqual([sandboxId]);
    expect(await saveSnapshot(db, snapshot(sandboxId, fence, 1))).toBe(false);
    const again = (await claimSandbox(db, sandboxId, 'host-a', 10_000)) as number;
    expect(await appendJournal(db, [row(sandboxId, again, 1)])).toEqual([]);
  });

  test('a snapshot of any bytes and of several megabytes comes back as it was', async () => {
    const { sandboxId } = await addSandbox(db, await addUser(db), labRevisionId);
    const fence = (await claimSandbox(db, sandboxId, 'host-a', 10_000)) as number;
    const room = new Uint8Array(3_000_010).map((_, index) => (index * 31) >> 3);
    const content = room.subarray(10);
    await saveSnapshot(db, { sandboxId, fence, sequence: 1, content, isBase: false });
    const kept = (await readSandboxState(db, sandboxId)).snapshot?.content ?? new Uint8Array();
    expect(Buffer.compare(kept, content)).toBe(0);
  });

  test('a submission under the same key is graded once, and the first result stays', async () => {
    const { attemptId } = await addSandbox(db, await addUser(db), labRevisionId);
    const submission = { id: randomUUID(), attemptId, key: 'key-1', result, snapshot: new Uint8Array([1]) };
    expect(await saveSubmission(db, submission)).toEqual(result);
    expect(await saveSubmission(db, { ...submission, id: randomUUID(), result: { ...result, score: 0 } })).toEqual(result);
    expect(await findSubmission(db, attemptId, 'key-1')).toEqual(result);
    expect((await db.attempt.findUniqueOrThrow({ where: { id: attemptId } })).bestScore).toBe(2);
  });

  test('a platform error never becomes a best score', async () => {
    const { attemptId } = await addSandbox(db, await addUser(db), labRevisionId);
    await saveSubmission(db, {
      id: randomUUID(),
      attemptId,
      key: 'key-2',
      result: { ...result, gradable: false },
      snapshot: new Uint8Array(),
    });
    expect((await db.attempt.findUniqueOrThrow({ where: { id: attemptId } })).bestScore).toBeNull();
  });

  test('a new attempt of a lab ends the one before', async () => {
    const userId = await addUser(db);
    const first = await addSandbox(db, userId, labRevisionId);
    const second = await addSandbox(db, userId, labRevisionId);
    expect((await findOpenAttempt(db, userId, 'stub'))?.id).toBe(second.attemptId);
    expect((await db.attempt.findUniqueOrThrow({ where: { id: first.attemptId } })).endedAt).not.toBeNull();
  });

  test('attempts keep the lab as it was in the revision they began on', async () => {
    const { attemptId } = await addSandbox(db, await addUser(db), labRevisionId);
    await saveLab(db, {
      slug: 'stub',
      title: 'Stub',
      summary: 'A lab',
      minutes: 5,
      revision: 2,
      hash: 'b',
      source: { files: { 'lab.yaml': 'title: Newer' } },
    });
    const attempt = await db.attempt.findUniqueOrThrow({ where: { id: attemptId }, include: { labRevision: true } });
    expect(attempt.labRevision).toMatchObject({ revision: 1, source: { files: { 'lab.yaml': 'title: Stub' } } });
  });

  test('a guest who signs up keeps attempts, sandboxes, progress and answers', async () => {
    const [guest, member] = [await addUser(db, { isAnonymous: true }), await addUser(db)];
    const { sandboxId, attemptId } = await addSandbox(db, guest, labRevisionId);
    await saveLessonProgress(db, guest, 'introduction', { completedAt: new Date(0) });
    await saveQuizAnswer(db, guest, 'introduction', 'q1', [1, 2], false);
    await saveQuizAnswer(db, guest, 'introduction', 'q2', 'text', true);
    await saveQuizAnswer(db, member, 'introduction', 'q2', 'kept', true);
    await database.client.$transaction((tx) => moveLearning(tx, guest, member));
    await db.user.delete({ where: { id: guest } });
    expect((await db.sandbox.findUniqueOrThrow({ where: { id: sandboxId } })).userId).toBe(member);
    expect((await db.attempt.findUniqueOrThrow({ where: { id: attemptId } })).userId).toBe(member);
    expect(await db.lessonProgress.findMany({ where: { userId: member } })).toMatchObject([{ completedAt: new Date(0) }]);
    const answers = await db.quizAnswer.findMany({ where: { userId: member }, orderBy: { quizId: 'asc' } });
    expect(answers).toMatchObject([
      { quizId: 'q1', answer: [1, 2] },
      { quizId: 'q2', answer: 'kept' },
    ]);
  });

  test('an attempt is created whole or not at all', async () => {
    const userId = await addUser(db);
    const attempt = { id: randomUUID(), userId, labRevisionId: 999_999, sandboxId: randomUUID(), seed: '7' };
    await expect(database.client.$transaction((tx) => createAttempt(tx, attempt, 'stub'))).rejects.toThrow();
    expect(await db.sandbox.findUnique({ where: { id: attempt.sandboxId } })).toBeNull();
  });
});
