export type { HostedSession, SessionChange, SessionListener, SessionMessage } from './hosted-session';
export { allVariants, drawVariant, LabError, parseLab, substitute, type Lab, type LabSource, type LabStep, type Variant } from './lab';
export { patiently } from './patience';
export { Session, type SessionHost, type SessionOptions } from './session';
export { bootedCluster } from './templates';
