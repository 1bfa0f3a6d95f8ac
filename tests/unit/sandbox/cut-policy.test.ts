import { cutPolicy, isCutDue } from '@/lib/sandbox/cut-policy';

const { journalBytes, ageMs } = cutPolicy;

test('a snapshot is due when the journal has grown, however young it is', () => {
  expect(isCutDue({ journalBytes: journalBytes + 1, snapshotBytes: 0, ageMs: 0 }, cutPolicy)).toBe(true);
  expect(isCutDue({ journalBytes, snapshotBytes: 0, ageMs: 0 }, cutPolicy)).toBe(false);
});

test('a large sandbox is written down again when as much was written as it is large: its worker has others to look after', () => {
  const snapshotBytes = 20 * journalBytes;
  expect(isCutDue({ journalBytes: snapshotBytes, snapshotBytes, ageMs: 0 }, cutPolicy)).toBe(false);
  expect(isCutDue({ journalBytes: snapshotBytes + 1, snapshotBytes, ageMs: 0 }, cutPolicy)).toBe(true);
});

test('a snapshot is due when the last is old and anything was written since', () => {
  expect(isCutDue({ journalBytes: 1, snapshotBytes: 9, ageMs: ageMs + 1 }, cutPolicy)).toBe(true);
  expect(isCutDue({ journalBytes: 1, snapshotBytes: 9, ageMs }, cutPolicy)).toBe(false);
  expect(isCutDue({ journalBytes: 0, snapshotBytes: 0, ageMs: 10 * ageMs }, cutPolicy)).toBe(false);
});
