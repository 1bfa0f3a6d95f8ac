kubectl delete replicaset -n shop -l app=web
