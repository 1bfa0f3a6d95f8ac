import type { CheckKind } from '../check';
import { absentCheck } from './absent';
import { assertCheck } from './assert';
import { celCheck } from './cel';
import { createExperimentCheck } from './experiment';
import { httpCheck } from './http';

/** Every kind of check. One file each, one line here. */
const claims: readonly CheckKind[] = [assertCheck, absentCheck, celCheck, httpCheck];

export const checkKinds: readonly CheckKind[] = [...claims, createExperimentCheck(claims)];
