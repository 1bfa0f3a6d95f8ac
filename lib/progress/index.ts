export { listCourses } from './courses';
export { answerQuiz, completeLesson, getLesson, rememberPlace } from './lessons';
export { getAttempt, getLab, getSandboxPage, startAttempt } from './attempts';
export { getGradebook, gradebookCsv } from './gradebook';
export { kubeconfigFor } from './kubeconfig';
export { NotAllowed, NotFound } from './errors';
export type * from './types';
