export { proxyToNode, proxyToPod, proxyToService, type ProxyDialer } from './proxy';
