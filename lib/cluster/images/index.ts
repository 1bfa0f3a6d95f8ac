export { createImageRegistry } from './registry';
