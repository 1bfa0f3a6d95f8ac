export { createKubelet, type KubeletOptions } from './kubelet';
export { createKubeletDialer } from './dialer';
