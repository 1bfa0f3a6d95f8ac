# fails: pod-returned
kubectl delete deployment web -n shop
