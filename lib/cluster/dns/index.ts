export { coredns } from './coredns';
