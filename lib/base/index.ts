export { assert, AssertionError, unreachable } from './assert';
export type { Brand } from './brand';
export { compareBytes } from './compare';
export { appended, type Growing } from './growing';
export { hash32 } from './hash';
export { deepCopy, deepEqual, deepFreeze, type Json, type JsonObject } from './json';
export { memo } from './memo';
export { Random } from './random';
export { prefixEnd, SortedMap } from './sorted-map';
