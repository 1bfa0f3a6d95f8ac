# fails: as-declared, rolled-out
kubectl set image -n shop deployment/web nginx=nginx:1.26
kubectl rollout status -n shop deployment/web
