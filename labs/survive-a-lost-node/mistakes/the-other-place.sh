# fails: on-both-workers, serves-without-either
sed -i "s/worker-2/worker-1/; s/replicas: 1/replicas: 4/" web.yaml
kubectl apply -f web.yaml
kubectl rollout status deployment/web
