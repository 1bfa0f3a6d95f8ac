export { clusterToken, dataFolder, isClusterToken, siteSecret } from './secret';
export { ensureViewer, getViewer, handleAuth, isInstructor, type Role, type Viewer } from './viewer';
