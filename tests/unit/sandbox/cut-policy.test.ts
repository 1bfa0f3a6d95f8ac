import { cutPolicy, isCutDue } from '@/lib/sandbox/cut-policy';

const { journalBytes, ageMs } = cutPolicy;

test('a snapshot is due when the journal has grown, however young it is', () => {
  expect(isCutDue({ journalBytes: journalBytes + 1, ageMs: 0 }, cutPolicy)).toBe(true);
  expect(isCutDue({ journalBytes, ageMs: 0 }, cutPolicy)).toBe(false);
});

test('a snapshot is due when the last is old and anything was written since', () => {
  expect(isCutDue({ journalBytes: 1, ageMs: ageMs + 1 }, cutPolicy)).toBe(true);
  expect(isCutDue({ journalBytes: 1, ageMs }, cutPolicy)).toBe(false);
  expect(isCutDue({ journalBytes: 0, ageMs: 10 * ageMs }, cutPolicy)).toBe(false);
});
