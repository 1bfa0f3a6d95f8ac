# fails: on-both-workers, serves-without-either
kubectl scale deployment web --replicas=4
kubectl rollout status deployment/web
