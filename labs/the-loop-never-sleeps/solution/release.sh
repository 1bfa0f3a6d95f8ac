kubectl label -n shop $(kubectl get pods -n shop -l app=web -o name | head -n 1) app=suspect --overwrite
