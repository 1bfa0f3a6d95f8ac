export { kubeProxy } from './kube-proxy';
export { buildRuleset } from './ruleset';
