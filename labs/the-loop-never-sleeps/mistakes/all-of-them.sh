# fails: set-free
kubectl label pods -n shop -l app=web app=suspect --overwrite
