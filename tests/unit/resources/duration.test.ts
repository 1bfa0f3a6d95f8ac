import { humanDuration } from '@/lib/cluster/resources';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-2 * second, '<invalid>'],
  [-1 * second, '0s'],
  [0, '0s'],
  [119 * second, '119s'],
  [120 * second, '2m'],
  [3 * minute + 7 * second, '3m7s'],
  [10 * minute + 59 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 5 * minute, '3h5m'],
  [8 * hour + 5 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day + 4 * hour, '2d4h'],
  [8 * day + 4 * hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [800 * day, '2y70d'],
  [3000 * day, '8y'],
])('an age of %d ms is shown as %s', (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
