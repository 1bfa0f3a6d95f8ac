kubectl apply -f web.yaml && kubectl rollout status -n shop deployment/web
