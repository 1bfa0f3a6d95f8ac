export { defineCheck, notYet, pass, type CheckKind, type Finding } from './check';
export { checkKinds } from './checks/registry';
export { checkSchema, engineVersion, grade, gradeInSlices, runChecks, stateHash, type Check, type Gradable } from './grade';
export { durationSchema, parseDuration } from './duration';
export { faultForms, happen, type Fault } from './fault';
export { Observer, Unobservable } from './observer';
export type { CheckResult, GradingResult, Verdict } from './verdict';
