import type { Json } from '@/lib/base';
import { defineCheck, nameOf, notYet, pass } from '../check';
import { compare } from '../match';
import { candidatesOf, partialObject, whatOf, type PartialObject } from './assert';

/** No object contains what this partial one says. */
export const absentCheck = defineCheck<PartialObject>({
  key: 'absent',
  spec: partialObject,
  title: (partial) => `${whatOf(partial)} is gone`,
  reach: 'look',
  run(partial, observer) {
    const found = candidatesOf(partial, observer).find((object) => !compare(partial as Json, object as unknown as Json).mismatch);
    return found ? notYet(`${nameOf(found)} is still there.`, { resource: found }) : pass(`${whatOf(partial)} is not there.`);
  },
});
