import { defaultClass } from './default-class';
import { defineAdmissionPlugin } from './plugin';

/** An Ingress that names no class gets the default one (`plugin/pkg/admission/network/defaultingressclass`). */
export const DefaultIngressClass = defineAdmissionPlugin({
  name: 'DefaultIngressClass',
  kinds: ['Ingress'],
  mutate({ operation, subresource, object: ingress }, lookup) {
    if (subresource || operation !== 'CREATE' || !ingress) return;
    if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
    const found = defaultClass(lookup, 'IngressClass', ['ingressclass.kubernetes.io/is-default-class']);
    if (found) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
  },
});
