# fails: pod-returned
kubectl scale deployment web -n shop --replicas=2
