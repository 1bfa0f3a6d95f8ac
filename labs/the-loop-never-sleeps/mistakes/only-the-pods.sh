# fails: replicaset-returned
kubectl delete pods -n shop -l app=web
