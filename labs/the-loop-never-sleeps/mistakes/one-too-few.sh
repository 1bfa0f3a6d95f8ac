# fails: as-declared, rolled-out
kubectl apply -f web.yaml
kubectl rollout status -n shop deployment/web
kubectl scale -n shop deployment/web --replicas=2
