export { type StaticToken, type User } from './authentication';
export { type Authorizer, type Decision, type PolicyRule } from './authorization';
export { type AdmissionPlugin, type AdmissionRequest } from './admission/plugin';
export { admissionPlugins, selectPlugins } from './admission/registry';
export { type ExecOptions, type KubeletDialer, type LogOptions } from './kubelet-dialer';
export { authorizationModes, createApiServer, type ApiServer, type ApiServerOptions, type AuthorizationMode } from './server';
export { type ServiceRanges } from './service-addresses';
export { decodingText } from './text-values';
