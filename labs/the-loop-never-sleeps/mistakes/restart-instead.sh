# fails: replicaset-returned
kubectl rollout restart deployment/web -n shop
kubectl rollout status deployment/web -n shop
