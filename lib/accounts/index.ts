export { clusterToken, dataFolder, isClusterToken } from './secret';
export { ensureViewer, getViewer, handleAuth, isInstructor, type Role, type Viewer } from './viewer';
