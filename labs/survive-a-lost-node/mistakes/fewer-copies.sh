# fails: neither-nervous-nor-slow
kubectl scale deployment web --replicas=2
kubectl patch deployment web -p '{"spec":{"template":{"spec":{"tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":30}]}}}}'
kubectl rollout status deployment/web
